import type { NodeId } from '@quorate/records';

/** What an operator set for the controller, already checked by `config`. Nothing here has a hidden default. */
export interface ControllerConfig {
  /** Registrations that name another one are refused. */
  readonly clusterId: string;
  /** Node ids of the controllers, as the voter set says: no broker may have one of them. */
  readonly controllerIds: () => readonly NodeId[];
  /** `broker.session.timeout.ms`: a broker not heard of for this long is fenced. */
  readonly sessionTimeoutMs: number;
  /** `broker.heartbeat.interval.ms`: how often a broker means to be heard; the host gives a queued heartbeat half of it. */
  readonly heartbeatIntervalMs: number;
  /** `default.replication.factor`, for topics that name none; at least 1. */
  readonly defaultReplicationFactor: number;
  /** `num.partitions`, for topics that name no count; at least 1. */
  readonly numPartitions: number;
  /** `delete.topic.enable`. */
  readonly deleteTopicEnable: boolean;
  /** `min.insync.replicas` where neither topic nor cluster say otherwise. Only counts while the ELR feature is on. */
  readonly minInsyncReplicas: number;
  /** `unclean.leader.election.enable` where neither topic nor cluster say otherwise. */
  readonly uncleanLeaderElectionEnable: boolean;
  /** Records in one batch, for the host: a larger atomic decision becomes a metadata transaction, another is split. */
  readonly maxRecordsPerBatch: number;
  /**
   * Partitions that one request may create; more is POLICY_VIOLATION before anything is allocated. Kafka stops at 10,000;
   * here a larger result is a metadata transaction. It is decided and replayed in one go, so the bound is what the event
   * loop does well within the leader's silence timeout: 100,000 took 0.75 s of CPU and cost the leader its epoch.
   */
  readonly maxPartitionsPerRequest: number;
  /** Finalized level of `kraft.version`, which Raft's own records say; brokers must support it. */
  readonly kraftVersion: number;
  /** `metadata.version` that bootstrap finalizes where formatting asked for none. */
  readonly bootstrapMetadataVersion: number;
}

/** Kafka's defaults, and ours where Kafka has none. */
export const DEFAULT_CONTROLLER_CONFIG: Omit<ControllerConfig, 'clusterId'> = {
  controllerIds: () => [],
  sessionTimeoutMs: 9_000,
  heartbeatIntervalMs: 2_000,
  defaultReplicationFactor: 1,
  numPartitions: 1,
  deleteTopicEnable: true,
  minInsyncReplicas: 1,
  uncleanLeaderElectionEnable: false,
  maxRecordsPerBatch: 10_000,
  maxPartitionsPerRequest: 20_000,
  kraftVersion: 1,
  bootstrapMetadataVersion: 21,
};
