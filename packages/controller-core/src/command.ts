import type { BrokerEpoch, NodeId, Offset, Uuid } from '@quorate/records';
import type { ItemOutcome, MetadataRecord } from '@quorate/records';
import type { EndpointRow, FeatureRangeRow } from '@quorate/metadata-image';
import type { KafkaErrorName } from './errors.js';

/** What a decision may know of the world. Time and randomness come in from outside; the same inputs give the same records. */
export interface DecideContext {
  /** Offset that the first record decided here will have. */
  readonly nextOffset: Offset;
  /** Monotonic milliseconds: sessions. */
  readonly nowMs: number;
  /** Milliseconds since 1970: what becomes the append time. */
  readonly wallMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Kafka's error by name, with a message for the person who asked; `NONE` is success. */
export interface ItemError {
  readonly error: KafkaErrorName;
  readonly message: string | undefined;
}

export interface RegisterBrokerCommand {
  readonly kind: 'registerBroker';
  readonly clusterId: string;
  readonly brokerId: NodeId;
  readonly incarnationId: Uuid;
  readonly endpoints: readonly EndpointRow[];
  readonly features: readonly FeatureRangeRow[];
  readonly rack: string | undefined;
  readonly logDirs: readonly Uuid[];
  /** Epoch of the broker's previous life, told after a clean shutdown (KIP-966); undefined when unknown. */
  readonly previousBrokerEpoch: BrokerEpoch | undefined;
}
export interface RegisterBrokerReply extends ItemError {
  readonly kind: 'registerBroker';
  readonly brokerEpoch: BrokerEpoch | undefined;
}

export interface BrokerHeartbeatCommand {
  readonly kind: 'brokerHeartbeat';
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
  /** Highest offset (exclusive) that the broker has applied. */
  readonly currentMetadataOffset: Offset;
  readonly wantFence: boolean;
  readonly wantShutDown: boolean;
  readonly offlineLogDirs: readonly Uuid[];
}
export interface BrokerHeartbeatReply extends ItemError {
  readonly kind: 'brokerHeartbeat';
  readonly isCaughtUp: boolean;
  readonly isFenced: boolean;
  readonly shouldShutDown: boolean;
}

export interface UnregisterBrokerCommand {
  readonly kind: 'unregisterBroker';
  readonly brokerId: NodeId;
  readonly validateOnly: boolean;
}
export interface UnregisterBrokerReply extends ItemError {
  readonly kind: 'unregisterBroker';
}

export interface CreatableTopic {
  readonly name: string;
  /** Undefined: the controller's `num.partitions`. Must be undefined with manual assignments. */
  readonly partitionCount: number | undefined;
  /** Undefined: `default.replication.factor`. */
  readonly replicationFactor: number | undefined;
  /** Manual placement; index in the list is not the partition id, `partitionId` is. */
  readonly assignments: readonly { readonly partitionId: number; readonly brokerIds: readonly NodeId[] }[];
  readonly configs: readonly { readonly name: string; readonly value: string | undefined }[];
}
export interface CreateTopicsCommand {
  readonly kind: 'createTopics';
  readonly topics: readonly CreatableTopic[];
  readonly validateOnly: boolean;
  /** One bad topic fails all of them. */
  readonly atomic: boolean;
}
export interface CreatedTopic extends ItemError {
  readonly name: string;
  readonly topicId: Uuid | undefined;
  readonly partitionCount: number | undefined;
  readonly replicationFactor: number | undefined;
}
export interface CreateTopicsReply {
  readonly kind: 'createTopics';
  /** Same order as asked. */
  readonly topics: readonly CreatedTopic[];
}

export interface DeleteTopicsCommand {
  readonly kind: 'deleteTopics';
  /** By name or by id, one of the two each. */
  readonly topics: readonly { readonly name: string | undefined; readonly topicId: Uuid | undefined }[];
  readonly validateOnly: boolean;
  readonly atomic: boolean;
}
export interface DeleteTopicsReply {
  readonly kind: 'deleteTopics';
  readonly topics: readonly (ItemError & { readonly name: string | undefined; readonly topicId: Uuid | undefined })[];
}

export interface CreatePartitionsCommand {
  readonly kind: 'createPartitions';
  readonly topics: readonly {
    readonly name: string;
    /** The new total; must exceed the present one. */
    readonly totalCount: number;
    /** One list of broker ids for each added partition, or empty for automatic placement. */
    readonly assignments: readonly (readonly NodeId[])[];
  }[];
  readonly validateOnly: boolean;
  readonly atomic: boolean;
}
export interface CreatePartitionsReply {
  readonly kind: 'createPartitions';
  readonly topics: readonly (ItemError & { readonly name: string })[];
}

/** Fences at most one broker whose session has expired; the host repeats it while `more`. */
export interface ExpireSessionsCommand {
  readonly kind: 'expireSessions';
}
export interface ExpireSessionsReply {
  readonly kind: 'expireSessions';
  readonly fencedBrokerId: NodeId | undefined;
  readonly more: boolean;
}

/** A record that changes nothing, so that a stalled high watermark shows (KIP-835). */
export interface NoOpCommand {
  readonly kind: 'noOp';
}
export interface NoOpReply {
  readonly kind: 'noOp';
}

/** First decision of a new active controller: bootstrap records on an empty log, Abort of an open transaction, or nothing. */
export interface ActivateCommand {
  readonly kind: 'activate';
  /** Feature levels and other records that formatting asked for. */
  readonly bootstrapRecords: readonly MetadataRecord[];
  /** Whether no metadata record stands in the log yet. */
  readonly logIsEmpty: boolean;
  /** Whether the log ends inside a metadata transaction. */
  readonly transactionOpen: boolean;
}
export interface ActivateReply {
  readonly kind: 'activate';
  readonly summary: string;
}

export type Command =
  | RegisterBrokerCommand
  | BrokerHeartbeatCommand
  | UnregisterBrokerCommand
  | CreateTopicsCommand
  | DeleteTopicsCommand
  | CreatePartitionsCommand
  | ExpireSessionsCommand
  | NoOpCommand
  | ActivateCommand;

export type Reply =
  | RegisterBrokerReply
  | BrokerHeartbeatReply
  | UnregisterBrokerReply
  | CreateTopicsReply
  | DeleteTopicsReply
  | CreatePartitionsReply
  | ExpireSessionsReply
  | NoOpReply
  | ActivateReply;

export type ReplyTo<C extends Command> = Extract<Reply, { readonly kind: C['kind'] }>;

/** What the controller decided: the records to append, and what to answer once everything that it read is committed. */
export interface Decision<R extends Reply = Reply> {
  readonly records: readonly MetadataRecord[];
  readonly reply: R;
  /** Per item, in the order asked; travels in the batch so that a duplicate gets the same answer. */
  readonly outcomes: readonly ItemOutcome[];
  /** All records in one batch or one metadata transaction; otherwise the host may split them over batches. */
  readonly atomic: boolean;
}
