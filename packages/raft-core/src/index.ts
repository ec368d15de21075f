export { RaftCore } from './raft-core.js';
export type { RaftStatus, ReplicaStatus } from './status.js';
export type { RoleKind } from './role.js';
export { DEFAULT_FETCH_MAX_BYTES, DEFAULT_TIMERS, type RaftCoreConfig, type RaftTimers, type Recovery, type VoterSetAt } from './config.js';
export type { BallotEntry, CoreEvent, ElectionRecord, ElectionTrigger, VoteRefusal } from './core-event.js';
export type { Effect } from './effect.js';
export type { ElectionState } from './election-state.js';
export type { TransferInput, TransferOutcome, TransferRefusal } from './transfer.js';
export type { Input, ReadToken, ReplyToken, RequestFailure, RequestId, TransferToken } from './input.js';
export type {
  AddRaftVoterRequest,
  AddRaftVoterResponse,
  BeginQuorumEpochRequest,
  BeginQuorumEpochResponse,
  ClusterIdentity,
  DescribeQuorumRequest,
  DescribeQuorumResponse,
  EndQuorumEpochRequest,
  EndQuorumEpochResponse,
  FetchRequest,
  FetchResponse,
  FetchSnapshotRequest,
  FetchSnapshotResponse,
  ImageDigest,
  LeaderHint,
  RaftErrorName,
  RaftRequest,
  RaftResponse,
  RemoveRaftVoterRequest,
  RemoveRaftVoterResponse,
  ReplicaState,
  SnapshotId,
  UpdateRaftVoterRequest,
  UpdateRaftVoterResponse,
  VoteRequest,
  VoteResponse,
  VoterChangeRequest,
  VoterChangeResponse,
} from './messages.js';
export type { Endpoint, NodeEndpoints, ReplicaKey, Voter } from './replica-key.js';
export { RAFT_ERRORS, RaftInvariantError, raftErrorName, type RaftErrorReaction } from './errors.js';
export { SUPPORTED_KRAFT_VERSIONS, VoterSet, sameVoter } from './voter-set.js';
export { kraftVersionRecord, votersFromRecord, votersRecord } from './voters-record.js';
export type { RaftContent, SnapshotPointRefusal } from './snapshots.js';
export { describeCoreEvent, describeElection, describeStatus, ROLE_LABEL } from './describe.js';
