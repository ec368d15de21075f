import type { NodeId } from '@quorate/records';
import type { HostPort } from './endpoint.js';
import type { Listener } from './listener-rules.js';
import type { ProcessRole } from './process-roles.js';
import type { StaticVoter } from './voters.js';

/** What every process is told. */
export interface CommonConfig {
  /** `cluster.id`, to be compared with meta.properties and with other nodes; undefined: not given. */
  readonly clusterId: string | undefined;
  /** Controllers to ask who leads; from `controller.quorum.bootstrap.servers`, else from `controller.quorum.voters`. */
  readonly bootstrapServers: readonly HostPort[];
  /** `nats://host:port`; empty: changes spread over gRPC alone. */
  readonly natsServers: readonly string[];
  /** Where to serve /metrics and /healthz; undefined: nowhere. */
  readonly httpListener: HostPort | undefined;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  /** URL for traces; undefined: no tracing. */
  readonly otlpEndpoint: string | undefined;
  readonly requestTimeoutMs: number;
  readonly shutdownGraceMs: number;
}

/** Timers and sizes of Raft; the timers have the names that raft-core gives them. */
export interface RaftConfig {
  readonly electionTimeoutMs: number;
  readonly fetchTimeoutMs: number;
  readonly electionBackoffMaxMs: number;
  readonly requestTimeoutMs: number;
  readonly leaderSilenceTimeoutMs: number;
  /** While this controller is no voter it asks to be made one. */
  readonly autoJoin: boolean;
  readonly leaderFlushLagMaxMs: number;
  readonly fetchMaxBytes: number;
  readonly fetchSnapshotMaxBytes: number;
}

/** Sizes and ages of the metadata log and its snapshots. */
export interface MetadataLogConfig {
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly maxBatchBytes: number;
  /** Undefined: no limit. */
  readonly maxRetentionBytes: number | undefined;
  /** Undefined: no limit. */
  readonly maxRetentionMs: number | undefined;
  readonly maxRecordBytesBetweenSnapshots: number;
  /** Undefined: no snapshots by time. */
  readonly maxSnapshotIntervalMs: number | undefined;
  /** Undefined: no snapshots by number of records. */
  readonly maxRecordsBetweenSnapshots: number | undefined;
}

/** What the active controller goes by. */
export interface ControllerSettings {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly numPartitions: number;
  readonly defaultReplicationFactor: number;
  readonly minInsyncReplicas: number;
  readonly uncleanLeaderElectionEnable: boolean;
  readonly deleteTopicEnable: boolean;
  /** Undefined: no NoOp records. */
  readonly maxIdleIntervalMs: number | undefined;
}

/** What a broker goes by. */
export interface BrokerSettings {
  readonly heartbeatIntervalMs: number;
  readonly sessionTimeoutMs: number;
  readonly registrationTimeoutMs: number;
  readonly rack: string | undefined;
}

/** A controller, a broker, or both in one process. */
export interface ServerConfig extends CommonConfig {
  readonly program: 'server';
  /** Broker before controller. */
  readonly roles: readonly ProcessRole[];
  readonly nodeId: NodeId;
  readonly listeners: readonly Listener[];
  /** Names of the controllers' listeners, here or (on a broker alone) elsewhere. */
  readonly controllerListenerNames: readonly string[];
  /** On brokers. */
  readonly interBrokerListenerName: string | undefined;
  /** `controller.quorum.voters`; empty on controllers, which refuse it for now. */
  readonly staticVoters: readonly StaticVoter[];
  /** Where `__cluster_metadata-0` lies. */
  readonly metadataLogDir: string;
  /** The broker's data directories; on a controller alone, where the metadata lies. */
  readonly logDirs: readonly string[];
  readonly raft: RaftConfig;
  readonly metadataLog: MetadataLogConfig;
  readonly controller: ControllerSettings;
  readonly broker: BrokerSettings;
}

/** The gateway, or the exporter. */
export interface ClientConfig extends CommonConfig {
  readonly program: 'gateway' | 'exporter';
  /** Where it serves gRPC; `0.0.0.0` for all interfaces, port 0 for any free one. */
  readonly listener: HostPort;
  /** Where it may keep what it has followed; undefined: in memory alone. */
  readonly metadataLogDir: string | undefined;
}

export type QuorateConfig = ServerConfig | ClientConfig;
