import type { EncodedBatch, Epoch, NodeId, Offset, Uuid } from '@quorate/records';
import type { ElectionTrigger, VoteRefusal } from './core-event.js';
import type { Endpoint, ReplicaKey } from './replica-key.js';

/**
 * The Raft RPCs as the core sees them. Field for field those of proto/quorate/raft/v1/raft.proto; the transport translates.
 * Source: KIP-595, KIP-853, KIP-996; the fields that Kafka does not have are marked "ours".
 */

/** Names of Kafka's error codes that Raft RPCs answer with; the numbers are Kafka's (see `errors.ts`). */
export type RaftErrorName =
  | 'NONE'
  | 'INCONSISTENT_CLUSTER_ID'
  /** Ours: same cluster id, but the sender belongs to another history of it (a lost majority was overridden). */
  | 'INCONSISTENT_RECOVERY_ID'
  | 'INVALID_REQUEST'
  | 'FENCED_LEADER_EPOCH'
  | 'UNKNOWN_LEADER_EPOCH'
  | 'NOT_LEADER_OR_FOLLOWER'
  | 'BROKER_NOT_AVAILABLE'
  | 'INVALID_VOTER_KEY'
  | 'UNSUPPORTED_VERSION'
  | 'SNAPSHOT_NOT_FOUND'
  | 'POSITION_OUT_OF_RANGE'
  | 'REQUEST_TIMED_OUT'
  /** Ours: equal offset and epoch, different bytes: one of the two copies is damaged. */
  | 'CHAIN_MISMATCH'
  | 'UNKNOWN_SERVER_ERROR';

/** Every request names the cluster and its history; a receiver refuses another's. */
export interface ClusterIdentity {
  readonly clusterId: string;
  /** Zero UUID until an operator overrides a lost majority (ours). */
  readonly recoveryId: Uuid;
}

/** What every answer says of the leader, so that any answer doubles as discovery. */
export interface LeaderHint {
  readonly leaderId: NodeId | undefined;
  readonly leaderEpoch: Epoch;
  /** Empty when the leader is unknown or its endpoints are. */
  readonly leaderEndpoints: readonly Endpoint[];
}

export interface VoteRequest extends ClusterIdentity {
  readonly kind: 'vote';
  /** The voter that is asked; the receiver refuses a key that is not its own (INVALID_VOTER_KEY). */
  readonly voter: ReplicaKey;
  readonly candidate: ReplicaKey;
  /** A pre-vote carries the candidate's current epoch, a real vote the epoch it stands for. */
  readonly candidateEpoch: Epoch;
  readonly lastEpoch: Epoch;
  readonly endOffset: Offset;
  readonly preVote: boolean;
  /** Ours: why the candidate stands, and which attempt of this election it is (from 1). For the record only. */
  readonly trigger: ElectionTrigger;
  readonly attempt: number;
}

export interface VoteResponse extends LeaderHint {
  readonly kind: 'vote';
  readonly error: RaftErrorName;
  readonly granted: boolean;
  /** Ours: why not, and how complete the voter's own log is. */
  readonly refusal: VoteRefusal | undefined;
  readonly lastEpoch: Epoch;
  readonly endOffset: Offset;
}

export interface BeginQuorumEpochRequest extends ClusterIdentity {
  readonly kind: 'beginQuorumEpoch';
  readonly voter: ReplicaKey;
  readonly leaderId: NodeId;
  readonly leaderEpoch: Epoch;
  readonly leaderEndpoints: readonly Endpoint[];
}

export interface BeginQuorumEpochResponse extends LeaderHint {
  readonly kind: 'beginQuorumEpoch';
  readonly error: RaftErrorName;
}

export interface EndQuorumEpochRequest extends ClusterIdentity {
  readonly kind: 'endQuorumEpoch';
  readonly leaderId: NodeId;
  readonly leaderEpoch: Epoch;
  /** Best first, by fetch offset. */
  readonly preferredCandidates: readonly ReplicaKey[];
  readonly leaderEndpoints: readonly Endpoint[];
}

export interface EndQuorumEpochResponse extends LeaderHint {
  readonly kind: 'endQuorumEpoch';
  readonly error: RaftErrorName;
}

/** Digest of a whole image at a last stable offset (ours); compared only at equal version. */
export interface ImageDigest {
  readonly lastStableOffset: Offset;
  readonly version: number;
  readonly value: Uint8Array;
}

export interface FetchRequest extends ClusterIdentity {
  readonly kind: 'fetch';
  /** Id absent for a reader that is no node of the cluster (a tool). */
  readonly replica: { readonly id: NodeId | undefined; readonly directoryId: Uuid | undefined };
  readonly currentLeaderEpoch: Epoch;
  readonly fetchOffset: Offset;
  readonly lastFetchedEpoch: Epoch;
  /** How long the leader may park the request when it has nothing to say, in milliseconds. */
  readonly maxWaitMs: number;
  /** Upper bound of the answer's batches in bytes; at least one batch comes back all the same. */
  readonly maxBytes: number;
  /** The sender's high watermark; absent means "do not wait on it" (KIP-1166). */
  readonly highWatermark: Offset | undefined;
  /** Ours: checksum of the batch that ends at `fetchOffset` in the sender's log; absent when its log is empty there. */
  readonly chainChecksum: number | undefined;
  /** Ours: the last read round that the leader announced to this replica; 0 when none. */
  readonly readRound: number;
  readonly imageDigest: ImageDigest | undefined;
  /** Ours: the sender found damage before its flushed marker and does not count towards any majority. */
  readonly recovering: boolean;
  /** Ours: a reader without Raft state (broker cache, gateway): answer below the high watermark only. */
  readonly committedOnly: boolean;
}

export interface FetchResponse extends LeaderHint {
  readonly kind: 'fetch';
  readonly error: RaftErrorName;
  readonly highWatermark: Offset | undefined;
  readonly logStartOffset: Offset;
  /** The sender's log diverges: largest epoch at or below its own, and where that epoch ends here. */
  readonly diverging: { readonly epoch: Epoch; readonly endOffset: Offset } | undefined;
  /** The sender needs this snapshot first. */
  readonly snapshotId: { readonly endOffset: Offset; readonly epoch: Epoch } | undefined;
  /** Whole batches in offset order, checksums verified by the transport; a bad tail was dropped there. */
  readonly batches: readonly EncodedBatch[];
  /** Ours: current read round of the leader; the next Fetch echoes it. */
  readonly readRound: number;
  /** Ours: lower bound of what the leader has published on the feed. */
  readonly feedPublishedOffset: Offset | undefined;
  /** Ours: key of the feed's HMAC for the leader's epoch; only to committed-only readers and voters. */
  readonly feedKey: Uint8Array | undefined;
}

/** Everything below `endOffset` of the log, whose last record was written in `epoch`. */
export interface SnapshotId {
  readonly endOffset: Offset;
  readonly epoch: Epoch;
}

/** Asks for the next bytes of a snapshot file (KIP-630). */
export interface FetchSnapshotRequest extends ClusterIdentity {
  readonly kind: 'fetchSnapshot';
  /** Id absent for a reader that is no node of the cluster (a tool). */
  readonly replica: { readonly id: NodeId | undefined; readonly directoryId: Uuid | undefined };
  readonly currentLeaderEpoch: Epoch;
  readonly snapshotId: SnapshotId;
  /** Bytes that the sender has already. */
  readonly position: number;
  readonly maxBytes: number;
}

export interface FetchSnapshotResponse extends LeaderHint {
  readonly kind: 'fetchSnapshot';
  readonly error: RaftErrorName;
  readonly snapshotId: SnapshotId;
  /** Of the whole file, in bytes. */
  readonly size: number;
  /** Of the first byte below; with `size` it says whether this is the last chunk. */
  readonly position: number;
  readonly bytes: Uint8Array;
  /** Ours: checksum of the batch that ends at the snapshot's end offset. */
  readonly chainChecksum: number;
}

export type RaftRequest = VoteRequest | BeginQuorumEpochRequest | EndQuorumEpochRequest | FetchRequest | FetchSnapshotRequest;
export type RaftResponse = VoteResponse | BeginQuorumEpochResponse | EndQuorumEpochResponse | FetchResponse | FetchSnapshotResponse;
