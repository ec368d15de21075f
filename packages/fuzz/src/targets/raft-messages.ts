import * as wire from '@quorate/records/gen/quorate/raft/v1/raft';
import { uuidToBytes } from '@quorate/records';
import {
  WireFormatError,
  addRequestFromWire,
  beginRequestFromWire,
  beginResponseFromWire,
  changeResponseFromWire,
  describeResponseFromWire,
  endRequestFromWire,
  endResponseFromWire,
  fetchRequestFromWire,
  fetchResponseFromWire,
  fetchSnapshotRequestFromWire,
  fetchSnapshotResponseFromWire,
  removeRequestFromWire,
  updateRequestFromWire,
  voteRequestFromWire,
  voteResponseFromWire,
} from '@quorate/rpc/decoders';
import type { Random } from '../random.js';
import type { FuzzTarget } from '../target.js';
import { batches, CLUSTER_ID, joined, someEpoch, someNode, someOffset, uuid } from './made.js';

interface Codec<M> {
  encode(message: M): { finish(): Uint8Array };
  decode(bytes: Uint8Array): M;
}

/**
 * One Raft message from its bytes to what the core is handed. gRPC answers whatever the generated decoder throws with
 * INTERNAL and the stream or call ends; behind it only WireFormatError may come.
 */
function messageTarget<M>(name: string, codec: Codec<M>, make: (random: Random) => M, fromWire: (message: M) => unknown): FuzzTarget {
  return {
    name: `raft-${name}`,
    shape: 'protobuf',
    valid: (random) => codec.encode(make(random)).finish(),
    decode: (bytes) => {
      let message: M;
      try {
        message = codec.decode(bytes);
      } catch {
        return 'refused';
      }
      try {
        fromWire(message);
        return 'read';
      } catch (error) {
        if (error instanceof WireFormatError) return 'refused';
        throw error;
      }
    },
  };
}

const cluster = (random: Random) => ({ clusterId: CLUSTER_ID, recoveryId: random.bytes(16) });
const replica = (random: Random) => ({ id: someNode(random), directoryId: random.oneIn(3) ? undefined : random.bytes(16) });
const endpoints = (random: Random) => Array.from({ length: random.below(3) }, () => ({ name: 'CONTROLLER', host: 'localhost', port: random.between(1, 65_535) }));
const feature = (random: Random) => ({ minSupportedVersion: random.below(2), maxSupportedVersion: random.below(3) });
const voters = (random: Random) => Array.from({ length: random.below(4) }, () => ({ key: { id: someNode(random), directoryId: random.bytes(16) }, endpoints: endpoints(random), kraftVersionFeature: feature(random) }));
const leader = (random: Random) => ({ leaderId: random.oneIn(3) ? undefined : someNode(random), leaderEpoch: someEpoch(random), endpoints: endpoints(random) });
const edge = (random: Random) => (random.oneIn(2) ? undefined : { epoch: someEpoch(random), endOffset: someOffset(random) });
const error = (random: Random): number => random.pick([0, 6, 74, 75, 94, 104]);

export const raftTargets: readonly FuzzTarget[] = [
  messageTarget(
    'vote-request',
    wire.VoteRequest,
    (r) => ({ cluster: cluster(r), voter: replica(r), candidate: replica(r), candidateEpoch: someEpoch(r), lastEpoch: someEpoch(r), endOffset: someOffset(r), preVote: r.oneIn(2), trigger: r.below(9) as wire.ElectionTrigger, attempt: r.below(9) }),
    voteRequestFromWire,
  ),
  messageTarget(
    'vote-response',
    wire.VoteResponse,
    (r) => ({ errorCode: error(r), leader: leader(r), granted: r.oneIn(2), refusal: r.below(12) as wire.VoteRefusal, lastEpoch: someEpoch(r), endOffset: someOffset(r) }),
    voteResponseFromWire,
  ),
  messageTarget(
    'begin-request',
    wire.BeginQuorumEpochRequest,
    (r) => ({ cluster: cluster(r), voter: replica(r), leaderId: someNode(r), leaderEpoch: someEpoch(r), leaderEndpoints: endpoints(r) }),
    beginRequestFromWire,
  ),
  messageTarget('begin-response', wire.BeginQuorumEpochResponse, (r) => ({ errorCode: error(r), leader: leader(r) }), beginResponseFromWire),
  messageTarget(
    'end-request',
    wire.EndQuorumEpochRequest,
    (r) => ({ cluster: cluster(r), leaderId: someNode(r), leaderEpoch: someEpoch(r), preferredCandidates: Array.from({ length: r.below(4) }, () => replica(r)), leaderEndpoints: endpoints(r) }),
    endRequestFromWire,
  ),
  messageTarget('end-response', wire.EndQuorumEpochResponse, (r) => ({ errorCode: error(r), leader: leader(r) }), endResponseFromWire),
  messageTarget(
    'fetch-request',
    wire.FetchRequest,
    (r) => ({
      correlationId: r.below(9),
      query: {
        cluster: cluster(r),
        replicaId: someNode(r),
        replicaDirectoryId: uuidToBytes(uuid(r)),
        currentLeaderEpoch: someEpoch(r),
        fetchOffset: someOffset(r),
        lastFetchedEpoch: someEpoch(r),
        maxWaitMs: r.below(500),
        maxBytes: r.word(),
        highWatermark: r.oneIn(3) ? undefined : someOffset(r),
        chainChecksum: r.oneIn(3) ? undefined : r.word(),
        readRound: r.word(),
        imageDigest: r.oneIn(2) ? undefined : { lastStableOffset: someOffset(r), version: 1, value: r.bytes(8) },
        recovering: r.oneIn(8),
        committedOnly: r.oneIn(8),
        endpoints: endpoints(r),
      },
    }),
    ({ query }) => query !== undefined && fetchRequestFromWire(query),
  ),
  messageTarget(
    'fetch-response',
    wire.FetchResponse,
    (r) => ({
      correlationId: r.below(9),
      result: {
        errorCode: error(r),
        leader: leader(r),
        highWatermark: r.oneIn(3) ? undefined : someOffset(r),
        logStartOffset: someOffset(r),
        diverging: edge(r),
        snapshotId: edge(r),
        batches: r.oneIn(3) ? new Uint8Array(0) : joined(batches(r)),
        readRound: r.word(),
        feedPublishedOffset: r.oneIn(2) ? undefined : someOffset(r),
        feedKey: r.oneIn(2) ? undefined : r.bytes(32),
      },
    }),
    ({ result }) => result !== undefined && fetchResponseFromWire(result, () => undefined),
  ),
  messageTarget(
    'fetch-snapshot-request',
    wire.FetchSnapshotRequest,
    (r) => ({
      correlationId: r.below(9),
      query: { cluster: cluster(r), replicaId: someNode(r), replicaDirectoryId: r.bytes(16), currentLeaderEpoch: someEpoch(r), snapshotId: { epoch: someEpoch(r), endOffset: someOffset(r) }, position: someOffset(r), maxBytes: r.word() },
    }),
    ({ query }) => query !== undefined && fetchSnapshotRequestFromWire(query),
  ),
  messageTarget(
    'fetch-snapshot-response',
    wire.FetchSnapshotResponse,
    (r) => {
      const size = someOffset(r);
      return {
        correlationId: r.below(9),
        result: { errorCode: error(r), leader: leader(r), snapshotId: { epoch: someEpoch(r), endOffset: someOffset(r) }, size: size + 64, position: r.below(size), unalignedRecords: r.bytes(r.below(64)), chainChecksum: r.word() },
      };
    },
    ({ result }) => result !== undefined && fetchSnapshotResponseFromWire(result),
  ),
  messageTarget(
    'add-voter-request',
    wire.AddRaftVoterRequest,
    (r) => ({ cluster: cluster(r), timeoutMs: r.word(), voter: replica(r), listeners: endpoints(r), ackWhenCommitted: r.oneIn(2), validateOnly: r.oneIn(2) }),
    addRequestFromWire,
  ),
  messageTarget('remove-voter-request', wire.RemoveRaftVoterRequest, (r) => ({ cluster: cluster(r), voter: replica(r), validateOnly: r.oneIn(2) }), removeRequestFromWire),
  messageTarget(
    'update-voter-request',
    wire.UpdateRaftVoterRequest,
    (r) => ({ cluster: cluster(r), currentLeaderEpoch: someEpoch(r), voter: replica(r), listeners: endpoints(r), kraftVersionFeature: feature(r) }),
    updateRequestFromWire,
  ),
  messageTarget(
    'voter-change-response',
    wire.AddRaftVoterResponse,
    (r) => ({ errorCode: error(r), errorMessage: 'why', leader: leader(r), endOffset: r.oneIn(2) ? undefined : someOffset(r) }),
    (message) => changeResponseFromWire('addRaftVoter', message),
  ),
  messageTarget(
    'describe-quorum-response',
    wire.DescribeQuorumResponse,
    (r) => ({
      errorCode: error(r),
      leader: leader(r),
      replica: replica(r),
      kraftVersionFeature: feature(r),
      highWatermark: r.oneIn(2) ? undefined : someOffset(r),
      logEndOffset: someOffset(r),
      voters: voters(r),
      committedVoters: voters(r),
      replicas: Array.from({ length: r.below(4) }, () => ({
        key: replica(r),
        isVoter: r.oneIn(2),
        logEndOffset: r.oneIn(2) ? undefined : someOffset(r),
        lastFetchAgeMs: r.oneIn(2) ? undefined : r.below(5000),
        lastCaughtUpAgeMs: r.oneIn(2) ? undefined : r.below(5000),
        recovering: r.oneIn(8),
        endpoints: endpoints(r),
      })),
    }),
    describeResponseFromWire,
  ),
];
