import type { NodeId, Offset, Epoch, Uuid } from '@quorate/records';
import type { ElectionState } from './election-state.js';
import type { ClusterIdentity } from './messages.js';
import type { Endpoint, Voter } from './replica-key.js';

/** Timers of the protocol, all in milliseconds. Names and defaults: reference of configuration keys; ours are marked. */
export interface RaftTimers {
  /** `controller.quorum.election.timeout.ms`, T: how long an Unattached voter waits is random in [T, 2T). Default 1000. */
  readonly electionTimeoutMs: number;
  /** `controller.quorum.fetch.timeout.ms`: a follower's patience; check-quorum is 1.5 times it. Default 2000. */
  readonly fetchTimeoutMs: number;
  /** `controller.quorum.election.backoff.max.ms`: ceiling of the wait between rounds. Default 1000. */
  readonly electionBackoffMaxMs: number;
  /** `controller.quorum.request.timeout.ms`. Default 2000. */
  readonly requestTimeoutMs: number;
  /** `controller.quorum.leader.silence.timeout.ms` (ours): nothing from the leader for this long means it is not heard. Default 600. */
  readonly leaderSilenceTimeoutMs: number;
  /** `controller.quorum.leader.flush.lag.max.ms` (ours): a leader whose own disk lags behind what a majority has committed for so long hands over. Default 500. */
  readonly leaderFlushLagMaxMs: number;
}

export const DEFAULT_TIMERS: RaftTimers = {
  electionTimeoutMs: 1000,
  fetchTimeoutMs: 2000,
  electionBackoffMaxMs: 1000,
  requestTimeoutMs: 2000,
  leaderSilenceTimeoutMs: 600,
  leaderFlushLagMaxMs: 500,
};

/** Default of `controller.quorum.fetch.max.bytes` and of `controller.quorum.fetch.snapshot.max.bytes`: Kafka's. */
export const DEFAULT_FETCH_MAX_BYTES = 1024 * 1024;

/**
 * A voter set, and the offset of the KRaftVoters record it came from; undefined for the 0-0 bootstrap checkpoint. One that a
 * snapshot holds is as old as the snapshot's last record: offset is its end offset minus 1.
 */
export interface VoterSetAt {
  readonly offset: Offset | undefined;
  readonly voters: readonly Voter[];
}

/** What a node that has lost part of its log to damage must get back before it counts again (`recovery.ts`). Durable until then. */
export interface Recovery {
  /** The newest epoch that this node knew of when the damage was found: in no later one has it acknowledged what is lost. */
  readonly epoch: Epoch;
  /** Nothing that it has ever acknowledged lies behind this; undefined when nobody knows. */
  readonly endOffset: Offset | undefined;
}

/** Everything a core is made from. All of it was read from disk or configuration by the host; nothing has a default. */
export interface RaftCoreConfig {
  readonly cluster: ClusterIdentity;
  /** This replica. Its directory id is the one in meta.properties. */
  readonly self: { readonly id: NodeId; readonly directoryId: Uuid; readonly endpoints: readonly Endpoint[] };
  /** `controller.quorum.bootstrap.servers`, asked for a leader when none is known; may be empty. */
  readonly bootstrapServers: readonly Endpoint[];
  readonly timers: RaftTimers;
  /** `controller.quorum.fetch.max.bytes`: what one Fetch asks for; at least one batch comes all the same. */
  readonly fetchMaxBytes: number;
  /** `controller.quorum.fetch.snapshot.max.bytes`: what one FetchSnapshot asks for. */
  readonly fetchSnapshotMaxBytes: number;
  /** `controller.quorum.auto.join.enable`: while this node is an observer, it asks to be made a voter (KIP-1186). */
  readonly autoJoin: boolean;
  /** Uniform in [0, 1); the only randomness the core ever sees. */
  readonly random: () => number;
  /** As read from quorum-state; undefined when there is none yet. */
  readonly electionState: ElectionState | undefined;
  /** The log as recovered; all of it is durable (recovery wrote again what was readable but unproved). */
  readonly log: {
    readonly startOffset: Offset;
    /** Epoch of the record before `startOffset`, which is that of the snapshot that ends there; 0 when the log begins at 0. */
    readonly startEpoch: Epoch;
    readonly endOffset: Offset;
    readonly generation: number;
    /** Epochs of the log with their start offsets, both strictly rising. */
    readonly epochs: readonly { readonly epoch: Epoch; readonly startOffset: Offset }[];
    /** Id of the newest snapshot that can be served, the 0-0 checkpoint excepted. */
    readonly latestSnapshot: { readonly endOffset: Offset; readonly epoch: Epoch } | undefined;
    /** Damage before the flushed marker was found and cut off: neither votes nor stands nor counts until repaired. Undefined: none. */
    readonly recovering: Recovery | undefined;
  };
  /**
   * Voter sets found in the log (uncommitted tail included) and in the bootstrap checkpoint, oldest first; none on a node that
   * was formatted to join a quorum and has not read yet who is in it.
   */
  readonly voterSets: readonly VoterSetAt[];
  /** kraft.version in force; 1 from the first day. */
  readonly kraftVersion: number;
}
