import type { Epoch, NodeId, Offset, Uuid } from '@quorate/records';
import type { AclRow } from './acls/image.js';
import type { QuotaEntity } from './client-quotas/image.js';
import type { BrokerRow, ControllerRow } from './view.js';

/** What of a partition its readers wait for. */
export interface PartitionSummary {
  readonly leader: NodeId | undefined;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly replicas: readonly NodeId[];
  readonly isr: readonly NodeId[];
}

/** One thing that changed; `offset` is that of the record that did it. Values are the reader's to keep. */
export type MetadataChange = { readonly offset: Offset } & ChangeKind;

type ChangeKind =
  | { readonly kind: 'featureChanged'; readonly name: string; readonly before: number; readonly after: number }
  | { readonly kind: 'brokerRegistered'; readonly before: BrokerRow | undefined; readonly after: BrokerRow }
  | { readonly kind: 'brokerFenced'; readonly before: BrokerRow; readonly after: BrokerRow }
  | { readonly kind: 'brokerUnfenced'; readonly before: BrokerRow; readonly after: BrokerRow }
  /** Its shutdown mark or its directories; fenced as before. */
  | { readonly kind: 'brokerChanged'; readonly before: BrokerRow; readonly after: BrokerRow }
  | { readonly kind: 'brokerUnregistered'; readonly before: BrokerRow }
  | { readonly kind: 'controllerRegistered'; readonly before: ControllerRow | undefined; readonly after: ControllerRow }
  | { readonly kind: 'controllerUnregistered'; readonly before: ControllerRow }
  | { readonly kind: 'topicCreated'; readonly topicId: Uuid; readonly name: string }
  /** Its partitions and configs are gone with it; they are not told apart. */
  | { readonly kind: 'topicDeleted'; readonly topicId: Uuid; readonly name: string; readonly partitionCount: number }
  | { readonly kind: 'partitionCreated'; readonly topicId: Uuid; readonly partitionId: number; readonly after: PartitionSummary }
  | {
      readonly kind: 'partitionChanged';
      readonly topicId: Uuid;
      readonly partitionId: number;
      readonly before: PartitionSummary;
      readonly after: PartitionSummary;
    }
  /** The values may be secrets: whoever prints them asks first what the key is. Undefined: not set. */
  | {
      readonly kind: 'configChanged';
      readonly resourceType: number;
      readonly resourceName: string;
      readonly name: string;
      readonly before: string | undefined;
      readonly after: string | undefined;
    }
  | {
      readonly kind: 'clientQuotaChanged';
      readonly entity: QuotaEntity;
      readonly key: string;
      readonly before: number | undefined;
      readonly after: number | undefined;
    }
  | { readonly kind: 'producerIdsAllocated'; readonly before: number; readonly after: number }
  | { readonly kind: 'aclCreated'; readonly acl: AclRow }
  | { readonly kind: 'aclDeleted'; readonly acl: AclRow }
  | { readonly kind: 'scramCredentialChanged'; readonly user: string; readonly mechanism: number }
  | { readonly kind: 'scramCredentialRemoved'; readonly user: string; readonly mechanism: number }
  | { readonly kind: 'delegationTokenChanged'; readonly tokenId: string }
  | { readonly kind: 'delegationTokenRemoved'; readonly tokenId: string };

export type MetadataChangeKind = MetadataChange['kind'];

/** Takes changes as they are made; undefined where nobody wants to know (loading a snapshot, the overlay). */
export type ChangeSink = ((change: MetadataChange) => void) | undefined;

/** What one stable step did to the image, in the order of the log. */
export interface MetadataDelta {
  /** Last stable offset before and after, exclusive. Equal: nothing is stable yet. */
  readonly fromOffset: Offset;
  readonly endOffset: Offset;
  /** Of the last batch folded. */
  readonly epoch: Epoch;
  /** Append time of that batch, milliseconds since 1970. */
  readonly timestampMs: number;
  readonly changes: readonly MetadataChange[];
}

/** Topic id → name. */
export interface NetTopics {
  readonly created: ReadonlyMap<Uuid, string>;
  readonly deleted: ReadonlyMap<Uuid, string>;
}

/**
 * The topics that a delta leaves behind as created or deleted. One that was created and deleted inside the delta is
 * neither (KAFKA-19497).
 */
export function netTopics(delta: MetadataDelta): NetTopics {
  const created = new Map<Uuid, string>();
  const deleted = new Map<Uuid, string>();
  for (const change of delta.changes) {
    if (change.kind === 'topicCreated') created.set(change.topicId, change.name);
    if (change.kind === 'topicDeleted' && !created.delete(change.topicId)) deleted.set(change.topicId, change.name);
  }
  return { created, deleted };
}
