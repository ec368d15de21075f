import type { BrokerEpoch, NodeId, Offset, Uuid } from '@quorate/records';

/**
 * What can be read of the metadata, by topic, partition, broker and so on. The committed image (columns) and the leader's
 * overlay (uncommitted changes over the columns) both offer it, so that a decision reads the same way everywhere.
 *
 * Rows are made on read and are the caller's to keep; nothing here can be written through.
 */
export interface MetadataView {
  /** Finalized level of a feature; undefined when it has none (level 0). */
  featureLevel(name: string): number | undefined;
  features(): ReadonlyMap<string, number>;

  broker(id: NodeId): BrokerRow | undefined;
  /** By rising id. */
  brokers(): Iterable<BrokerRow>;
  controller(id: NodeId): ControllerRow | undefined;
  controllers(): Iterable<ControllerRow>;

  readonly topicCount: number;
  readonly partitionCount: number;
  topicByName(name: string): TopicRow | undefined;
  topicById(id: Uuid): TopicRow | undefined;
  /** A topic whose name equals this one after mapping `.` to `_`, if there is any (collision rule). */
  topicCollidingWith(name: string): TopicRow | undefined;
  /** In no promised order; see `topicsSorted` in queries for paging by name. */
  topics(): Iterable<TopicRow>;
  partition(topicId: Uuid, partitionId: number): PartitionRow | undefined;
  /** Partitions that have this broker among their replicas, found through an index, not by a scan of the world. */
  partitionsWithReplica(brokerId: NodeId): Iterable<PartitionRef>;
  /** Partitions led by this broker. */
  partitionsLedBy(brokerId: NodeId): Iterable<PartitionRef>;
  /** Partitions whose ISR holds this broker. */
  partitionsWithIsr(brokerId: NodeId): Iterable<PartitionRef>;
  /** Partitions that have no leader. */
  partitionsWithoutLeader(): Iterable<PartitionRef>;

  /** Config of one resource, key → value; empty when it has none. Resource types are Kafka's: 2 topic, 4 broker … */
  config(resourceType: number, resourceName: string): ReadonlyMap<string, string>;
  configResources(): Iterable<{ readonly resourceType: number; readonly resourceName: string }>;

  readonly nextProducerId: number;
  /** Offset (exclusive) up to which this view has applied the log; of the committed image: the last stable offset. */
  readonly appliedOffset: Offset;
}

export interface EndpointRow {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Kafka's code: 0 PLAINTEXT. */
  readonly securityProtocol: number;
}

export interface FeatureRangeRow {
  readonly name: string;
  readonly minSupported: number;
  readonly maxSupported: number;
}

export interface BrokerRow {
  readonly id: NodeId;
  readonly epoch: BrokerEpoch;
  readonly incarnationId: Uuid;
  readonly endpoints: readonly EndpointRow[];
  readonly features: readonly FeatureRangeRow[];
  readonly rack: string | undefined;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
  readonly logDirs: readonly Uuid[];
  /** Undefined: not told (before record version 4). */
  readonly cordonedLogDirs: readonly Uuid[] | undefined;
  /** Offset of its latest registration record: unfencing waits until the broker has applied that one. */
  readonly registrationOffset: Offset;
}

export interface ControllerRow {
  readonly id: NodeId;
  readonly incarnationId: Uuid;
  readonly zkMigrationReady: boolean;
  readonly endpoints: readonly EndpointRow[];
  readonly features: readonly FeatureRangeRow[];
}

export interface TopicRow {
  readonly topicId: Uuid;
  readonly name: string;
  /** Partition ids run from 0 to `partitionCount` - 1. */
  readonly partitionCount: number;
}

export interface PartitionRef {
  readonly topicId: Uuid;
  readonly partitionId: number;
}

/** Kafka's leader recovery state: 0 RECOVERED, 1 RECOVERING. */
export type LeaderRecoveryState = 0 | 1;

export interface PartitionRow {
  readonly replicas: readonly NodeId[];
  readonly isr: readonly NodeId[];
  readonly removingReplicas: readonly NodeId[];
  readonly addingReplicas: readonly NodeId[];
  /** Undefined: no leader (−1 in records). */
  readonly leader: NodeId | undefined;
  readonly leaderRecoveryState: LeaderRecoveryState;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  /** One a replica, same order. */
  readonly directories: readonly Uuid[];
  /** Undefined: the record had none (null). */
  readonly eligibleLeaderReplicas: readonly NodeId[] | undefined;
  readonly lastKnownElr: readonly NodeId[] | undefined;
}

/** Where a record stood in the log, for replay. */
export interface RecordPosition {
  readonly offset: Offset;
  /** Epoch of the batch. */
  readonly epoch: number;
  /** Append time of the batch, milliseconds since 1970. */
  readonly wallMs: number;
}
