import type { EncodedBatch, Epoch, NodeId, Offset, Uuid } from '@quorate/records';
import type { ElectionTrigger, VoteRefusal } from './core-event.js';
import type { Endpoint, ReplicaKey, Voter } from './replica-key.js';

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
  | 'DUPLICATE_VOTER'
  | 'VOTER_NOT_FOUND'
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
  /** Ours: where a spare controller listens, so that it can be made a voter by its id alone; others say nothing. */
  readonly endpoints?: readonly Endpoint[];
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

/** Asks the leader to make a replica a voter (KIP-853). */
export interface AddRaftVoterRequest extends ClusterIdentity {
  readonly kind: 'addRaftVoter';
  /** How long the asker waits, in milliseconds; the leader's own request timeout bounds it. */
  readonly timeoutMs: number;
  readonly voter: ReplicaKey;
  readonly endpoints: readonly Endpoint[];
  /** False: answer as soon as the new set is appended. A joining node must not wait for a commit that needs its own Fetch (KAFKA-19400). */
  readonly ackWhenCommitted: boolean;
  /** Ours: all checks, the probe included, and no change. */
  readonly validateOnly: boolean;
}

/** Asks the leader to take a replica out of the voter set (KIP-853). */
export interface RemoveRaftVoterRequest extends ClusterIdentity {
  readonly kind: 'removeRaftVoter';
  readonly voter: ReplicaKey;
  /** Ours: all checks and no change. */
  readonly validateOnly: boolean;
}

/** A voter tells the leader that its entry in the voter set is out of date (KIP-853). */
export interface UpdateRaftVoterRequest extends ClusterIdentity {
  readonly kind: 'updateRaftVoter';
  readonly currentLeaderEpoch: Epoch;
  readonly voter: ReplicaKey;
  readonly endpoints: readonly Endpoint[];
  readonly kraftVersion: Voter['kraftVersion'];
}

/** What the leader answers to a voter change. */
interface VoterChangeAnswer extends LeaderHint {
  readonly error: RaftErrorName;
  /** Why, for people; empty when there is no error. */
  readonly message: string;
  /** Ours: end (exclusive) of the batch with the new voter set; of a dry run, or a change that changed nothing, the high watermark. With an error it says that the set is in the log and may still commit; undefined when nothing happened. */
  readonly endOffset: Offset | undefined;
}

export interface AddRaftVoterResponse extends VoterChangeAnswer {
  readonly kind: 'addRaftVoter';
}

export interface RemoveRaftVoterResponse extends VoterChangeAnswer {
  readonly kind: 'removeRaftVoter';
}

export interface UpdateRaftVoterResponse extends VoterChangeAnswer {
  readonly kind: 'updateRaftVoter';
}

/**
 * Asks a controller what it knows of the quorum. Any of them answers: it says who it is and which kraft.version it supports,
 * and with that it is also how a leader finds out, before it stores an address, that the replica is really there (Kafka asks
 * ApiVersions).
 */
export interface DescribeQuorumRequest extends ClusterIdentity {
  readonly kind: 'describeQuorum';
}

export interface DescribeQuorumResponse extends LeaderHint {
  readonly kind: 'describeQuorum';
  readonly error: RaftErrorName;
  /** The replica that answers. */
  readonly replica: ReplicaKey;
  /** The `kraft.version` levels that its software supports. */
  readonly kraftVersion: Voter['kraftVersion'];
  readonly highWatermark: Offset | undefined;
  readonly logEndOffset: Offset;
  /** The set in force, committed or not. */
  readonly voters: readonly Voter[];
  /** The newest set that is known to be committed. */
  readonly committedVoters: readonly Voter[];
  /** Leader only: every voter, itself included, then the observers that have fetched lately. */
  readonly replicas: readonly ReplicaState[];
}

/** One replica as the leader sees it; ages in milliseconds, undefined when it never did in this epoch. */
export interface ReplicaState {
  readonly key: ReplicaKey;
  readonly isVoter: boolean;
  readonly logEndOffset: Offset | undefined;
  readonly lastFetchAgeMs: number | undefined;
  readonly lastCaughtUpAgeMs: number | undefined;
  readonly recovering: boolean;
  readonly endpoints: readonly Endpoint[];
}

export type VoterChangeRequest = AddRaftVoterRequest | RemoveRaftVoterRequest | UpdateRaftVoterRequest;
export type VoterChangeResponse = AddRaftVoterResponse | RemoveRaftVoterResponse | UpdateRaftVoterResponse;
export type RaftRequest = VoteRequest | BeginQuorumEpochRequest | EndQuorumEpochRequest | FetchRequest | FetchSnapshotRequest | VoterChangeRequest | DescribeQuorumRequest;
export type RaftResponse =
  | VoteResponse
  | BeginQuorumEpochResponse
  | EndQuorumEpochResponse
  | FetchResponse
  | FetchSnapshotResponse
  | VoterChangeResponse
  | DescribeQuorumResponse;
