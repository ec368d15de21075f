import type { NodeId, Uuid } from '@quorate/records';
import type { AclRow } from './acls/image.js';
import type { QuotaRow } from './client-quotas/image.js';
import type { DirectoryTable } from './columns/directory-table.js';
import type { PartitionChangeDraft } from './columns/partition-change-draft.js';
import type { PartitionDecoder } from './columns/partition-decoder.js';
import type { PartitionDraft } from './columns/partition-draft.js';
import type { ConfigResource } from './configs/image.js';
import type { TokenRow } from './delegation-tokens/image.js';
import type { ChangeSink } from './delta.js';
import type { ScramRow } from './scram/image.js';
import type { BrokerRow, ControllerRow, PartitionRef, PartitionRow, RecordPosition, TopicRow } from './view.js';

/** Rows by key. Values are never changed in place: whoever changes a row puts a new one. */
export interface Table<K, V> {
  get(key: K): V | undefined;
  put(key: K, value: V): void;
  /** Does nothing when there is no such row. */
  remove(key: K): void;
  /** In no promised order. */
  entries(): Iterable<readonly [K, V]>;
}

/** Topics and partitions, which are too many for rows of their own. */
export interface TopicStore {
  readonly topicCount: number;
  readonly partitionCount: number;
  /** Slots for the directory ids in drafts. */
  readonly directories: DirectoryTable;
  byName(name: string): TopicRow | undefined;
  byId(id: Uuid): TopicRow | undefined;
  /** Topics whose names equal this one after mapping `.` to `_`. */
  collidingWith(name: string): Iterable<TopicRow>;
  all(): Iterable<TopicRow>;
  partition(topicId: Uuid, partitionId: number): PartitionRow | undefined;
  hasPartition(topicId: Uuid, partitionId: number): boolean;
  withReplica(brokerId: NodeId): Iterable<PartitionRef>;
  ledBy(brokerId: NodeId): Iterable<PartitionRef>;
  withIsr(brokerId: NodeId): Iterable<PartitionRef>;
  /** Partitions for which the condition holds. */
  where(condition: PartitionCondition): Iterable<PartitionRef>;

  /** Neither name nor id may be taken. */
  addTopic(id: Uuid, name: string): void;
  /** Removes the topic, which must be there, with its partitions. */
  removeTopic(id: Uuid): void;
  /** @returns false when there is no such partition; the draft is undefined then. */
  loadPartition(topicId: Uuid, partitionId: number, into: PartitionDraft): boolean;
  /** Adds or replaces a partition of a topic that is there. The draft is canonical, and copied. */
  savePartition(topicId: Uuid, partitionId: number, draft: PartitionDraft): void;
}

/** Conditions under which partitions are found and counted without a scan. */
export type PartitionCondition = 'withoutLeader' | 'underReplicated' | 'withElr' | 'reassigning' | 'notPreferredLeader';

/** All that the log says, to be read and written by the replay rules. The image and the overlay each are one. */
export interface MetadataStore {
  readonly features: Table<string, number>;
  readonly brokers: Table<NodeId, BrokerRow>;
  readonly controllers: Table<NodeId, ControllerRow>;
  readonly topics: TopicStore;
  readonly configs: Table<string, ConfigResource>;
  readonly clientQuotas: Table<string, QuotaRow>;
  readonly producerIds: Table<'next', number>;
  readonly acls: Table<Uuid, AclRow>;
  readonly scram: Table<string, ScramRow>;
  readonly delegationTokens: Table<string, TokenRow>;
}

/** What a replay rule works with besides the record. */
export interface ReplayContext {
  readonly store: MetadataStore;
  readonly at: RecordPosition;
  readonly sink: ChangeSink;
  readonly scratch: ReplayScratch;
}

/** Room for rows in the making, filled again for each record. */
export interface ReplayScratch {
  readonly before: PartitionDraft;
  readonly after: PartitionDraft;
  readonly change: PartitionChangeDraft;
  readonly decoder: PartitionDecoder;
}
