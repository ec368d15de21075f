import type {
  AddRaftVoterRequest,
  BeginQuorumEpochRequest,
  BeginQuorumEpochResponse,
  DescribeQuorumRequest,
  DescribeQuorumResponse,
  ElectionTrigger,
  Endpoint,
  EndQuorumEpochRequest,
  EndQuorumEpochResponse,
  FetchRequest,
  FetchResponse,
  FetchSnapshotRequest,
  FetchSnapshotResponse,
  RaftErrorName,
  RemoveRaftVoterRequest,
  ReplicaKey,
  UpdateRaftVoterRequest,
  VoteRefusal,
  VoteRequest,
  VoteResponse,
  VoterChangeRequest,
  VoterChangeResponse,
} from '@quorate/raft-core';
import { uuidFromBytes, type EncodedBatch, type Epoch, type NodeId, type Offset, type Uuid } from '@quorate/records';
import * as fc from 'fast-check';
import { batchChain } from './batches.js';

/** Raft messages with any value that their fields may have. A fast-check tuple of edges: 0, the largest, and between. */

const TRIGGERS: readonly ElectionTrigger[] = ['start-up', 'fetch-timeout', 'leader-silent', 'connection-lost', 'succession', 'check-quorum', 'election-timeout', 'operator'];
const REFUSALS: readonly VoteRefusal[] = [
  'hears-leader', 'is-leader', 'already-voted', 'log-behind', 'older-epoch', 'unknown-voter-key',
  'knows-leader', 'is-candidate', 'recovering', 'shutting-down', 'unreachable', 'timed-out',
];
const ERRORS: readonly RaftErrorName[] = [
  'NONE', 'INCONSISTENT_CLUSTER_ID', 'INCONSISTENT_RECOVERY_ID', 'INVALID_REQUEST', 'FENCED_LEADER_EPOCH', 'UNKNOWN_LEADER_EPOCH',
  'NOT_LEADER_OR_FOLLOWER', 'BROKER_NOT_AVAILABLE', 'INVALID_VOTER_KEY', 'UNSUPPORTED_VERSION', 'SNAPSHOT_NOT_FOUND',
  'POSITION_OUT_OF_RANGE', 'REQUEST_TIMED_OUT', 'DUPLICATE_VOTER', 'VOTER_NOT_FOUND', 'CHAIN_MISMATCH', 'UNKNOWN_SERVER_ERROR',
];

const natural = (max: number) => fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max }), fc.constant(max));
const int32 = natural(2 ** 31 - 1);
const uint32 = natural(2 ** 32 - 1);
const offset = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER)).map((value) => value as Offset);
const epoch = int32.map((value) => value as Epoch);
const nodeId = int32.map((value) => value as NodeId);
const bytes = fc.uint8Array({ maxLength: 40 });
const uuid: fc.Arbitrary<Uuid> = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(uuidFromBytes);
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const cluster = { clusterId: text, recoveryId: uuid };
const replica: fc.Arbitrary<ReplicaKey> = fc.record({ id: nodeId, directoryId: maybe(uuid) });
const endpoint: fc.Arbitrary<Endpoint> = fc.record({ name: text, host: text.filter((host) => host !== ''), port: fc.integer({ min: 1, max: 65_535 }) });
const endpoints = fc.array(endpoint, { maxLength: 3 });
const leader = { leaderId: maybe(nodeId), leaderEpoch: epoch, leaderEndpoints: endpoints };
const error = fc.constantFrom(...ERRORS);
const edge = maybe(fc.record({ epoch, endOffset: offset }));
const digest = maybe(fc.record({ lastStableOffset: offset, version: uint32, value: bytes }));
const batches: fc.Arbitrary<readonly EncodedBatch[]> = fc.tuple(fc.nat({ max: 1000 }), fc.integer({ min: 0, max: 4 })).map(([from, count]) => batchChain(from, count));

export const voteRequests: fc.Arbitrary<VoteRequest> = fc.record({
  kind: fc.constant('vote'), ...cluster, voter: replica, candidate: replica, candidateEpoch: epoch, lastEpoch: epoch,
  endOffset: offset, preVote: fc.boolean(), trigger: fc.constantFrom(...TRIGGERS), attempt: uint32,
});
export const voteResponses: fc.Arbitrary<VoteResponse> = fc.record({
  kind: fc.constant('vote'), error, ...leader, granted: fc.boolean(), refusal: maybe(fc.constantFrom(...REFUSALS)), lastEpoch: epoch, endOffset: offset,
});
export const beginRequests: fc.Arbitrary<BeginQuorumEpochRequest> = fc.record({
  kind: fc.constant('beginQuorumEpoch'), ...cluster, voter: replica, leaderId: nodeId, leaderEpoch: epoch, leaderEndpoints: endpoints,
});
export const beginResponses: fc.Arbitrary<BeginQuorumEpochResponse> = fc.record({ kind: fc.constant('beginQuorumEpoch'), error, ...leader });
export const endRequests: fc.Arbitrary<EndQuorumEpochRequest> = fc.record({
  kind: fc.constant('endQuorumEpoch'), ...cluster, leaderId: nodeId, leaderEpoch: epoch, preferredCandidates: fc.array(replica, { maxLength: 4 }), leaderEndpoints: endpoints,
});
export const endResponses: fc.Arbitrary<EndQuorumEpochResponse> = fc.record({ kind: fc.constant('endQuorumEpoch'), error, ...leader });
export const fetchRequests: fc.Arbitrary<FetchRequest> = fc.record({
  kind: fc.constant('fetch'), ...cluster, replica: fc.record({ id: maybe(nodeId), directoryId: maybe(uuid) }), currentLeaderEpoch: epoch,
  fetchOffset: offset, lastFetchedEpoch: epoch, maxWaitMs: uint32, maxBytes: uint32, highWatermark: maybe(offset), chainChecksum: maybe(uint32),
  readRound: uint32, imageDigest: digest, recovering: fc.boolean(), committedOnly: fc.boolean(), endpoints: fc.array(endpoint, { minLength: 1, maxLength: 3 }),
});
export const fetchResponses: fc.Arbitrary<FetchResponse> = fc.record({
  kind: fc.constant('fetch'), error, ...leader, highWatermark: maybe(offset), logStartOffset: offset, diverging: edge, snapshotId: edge,
  batches, readRound: uint32, feedPublishedOffset: maybe(offset), feedKey: maybe(bytes),
});

const snapshotId = fc.record({ endOffset: offset, epoch });
export const fetchSnapshotRequests: fc.Arbitrary<FetchSnapshotRequest> = fc.record({
  kind: fc.constant('fetchSnapshot'), ...cluster, replica: fc.record({ id: maybe(nodeId), directoryId: maybe(uuid) }), currentLeaderEpoch: epoch,
  snapshotId, position: fc.maxSafeNat(), maxBytes: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
});
export const fetchSnapshotResponses: fc.Arbitrary<FetchSnapshotResponse> = fc
  .record({ kind: fc.constant('fetchSnapshot' as const), error, ...leader, snapshotId, position: fc.nat({ max: 2 ** 40 }), bytes, chainChecksum: uint32, left: natural(1000) })
  .map(({ left, ...response }) => ({ ...response, size: response.position + response.bytes.length + left }));

const kraftVersion = fc.record({ min: uint32, max: uint32 });
const voter = fc.record({ id: nodeId, directoryId: uuid, endpoints, kraftVersion });
const ageMs = maybe(fc.double({ min: 0, max: 1e12, noNaN: true }));

export const addRequests: fc.Arbitrary<AddRaftVoterRequest> = fc.record({
  kind: fc.constant('addRaftVoter'), ...cluster, timeoutMs: uint32, voter: replica, endpoints, ackWhenCommitted: fc.boolean(), validateOnly: fc.boolean(),
});
export const removeRequests: fc.Arbitrary<RemoveRaftVoterRequest> = fc.record({ kind: fc.constant('removeRaftVoter'), ...cluster, voter: replica, validateOnly: fc.boolean() });
export const updateRequests: fc.Arbitrary<UpdateRaftVoterRequest> = fc.record({
  kind: fc.constant('updateRaftVoter'), ...cluster, currentLeaderEpoch: epoch, voter: replica, endpoints, kraftVersion,
});
export const changeResponses = <Kind extends VoterChangeRequest['kind']>(kind: Kind): fc.Arbitrary<Extract<VoterChangeResponse, { kind: Kind }>> =>
  fc.record({ kind: fc.constant(kind), error, ...leader, message: text, endOffset: maybe(offset) }) as unknown as fc.Arbitrary<Extract<VoterChangeResponse, { kind: Kind }>>;
export const describeRequests: fc.Arbitrary<DescribeQuorumRequest> = fc.record({ kind: fc.constant('describeQuorum'), ...cluster });
export const describeResponses: fc.Arbitrary<DescribeQuorumResponse> = fc.record({
  kind: fc.constant('describeQuorum'), error, ...leader, replica, kraftVersion, highWatermark: maybe(offset), logEndOffset: offset,
  voters: fc.array(voter, { maxLength: 3 }), committedVoters: fc.array(voter, { maxLength: 3 }),
  replicas: fc.array(
    fc.record({ key: replica, isVoter: fc.boolean(), logEndOffset: maybe(offset), lastFetchAgeMs: ageMs, lastCaughtUpAgeMs: ageMs, recovering: fc.boolean(), endpoints }),
    { maxLength: 3 },
  ),
});
