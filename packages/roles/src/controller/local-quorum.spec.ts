import { describe, expect, it } from 'vitest';
import type { BrokerProgress } from '@quorate/controller-core';
import type { ControllerNode } from '@quorate/controller-node';
import { MetadataImage } from '@quorate/metadata-image';
import type { ElectionRecord, RaftStatus } from '@quorate/raft-core';
import type { Epoch, NodeId, Offset, Uuid } from '@quorate/records';
import { ElectionOutcome, ReplicaStatus } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { ElectionTrigger, VoteRefusal } from '@quorate/records/gen/quorate/raft/v1/raft';
import { electionToWire, LocalQuorum } from './local-quorum.js';

const DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAZA' as Uuid;
const voter = (id: number) => ({ id: id as NodeId, directoryId: DIRECTORY, endpoints: [{ name: 'CONTROLLER', host: 'h', port: 9000 + id }], kraftVersion: { min: 0, max: 1 } });

const snapshot = (endOffset: number, epoch: number) => ({ id: { endOffset: endOffset as Offset, epoch: epoch as Epoch }, sizeBytes: 70, lastContainedTimestampMs: Date.now() - 2000, chainChecksum: 1 });
const SNAPSHOTS = [snapshot(5, 2), snapshot(9, 3)];

function quorum(status: Partial<RaftStatus>, brokers: readonly BrokerProgress[] = []): LocalQuorum {
  const full = { nodeId: 1, role: 'leader', epoch: 3, leaderId: 1, highWatermark: 10, logEndOffset: 12, voters: [voter(1), voter(2), voter(3)], committedVoters: [voter(1), voter(2)], votersOffset: 2, replicas: [], ...status } as unknown as RaftStatus;
  return new LocalQuorum({ clusterId: 'cluster', raft: { status: () => full, elections: () => [], snapshots: () => SNAPSHOTS, addVoter: () => {}, removeVoter: () => {} }, leader: { view: {} as never }, requestTimeoutMs: 1000, transfer: () => Promise.reject(new Error('not asked for')), controller: { image: new MetadataImage(), active: { controller: { brokerProgress: () => brokers } } as unknown as ControllerNode['active'] }, digests: { differing: 0 } });
}

const replica = (id: number, logEndOffset: number | undefined, agoMs: number | undefined, isVoter = true) => ({
  id: id as NodeId,
  directoryId: isVoter ? DIRECTORY : undefined,
  isVoter,
  logEndOffset: logEndOffset as Offset | undefined,
  lastFetchMs: agoMs === undefined ? undefined : performance.now() - agoMs,
  lastCaughtUpMs: agoMs === undefined ? undefined : performance.now() - agoMs,
  recovering: false,
  endpoints: isVoter ? voter(id).endpoints : [],
});

describe('the snapshots of the controller that answers', () => {
  it('are told: where the log begins, the newest one, and how many there are', async () => {
    const described = await quorum({ role: 'follower', logStartOffset: 5 as Offset }).describe();

    expect(described).toMatchObject({ logStartOffset: 5, snapshotCount: 2, latestSnapshot: { endOffset: 9, epoch: 3, sizeBytes: 70 }, differingImages: 0 });
    expect(described.latestSnapshot?.ageMs).toBeGreaterThanOrEqual(2000);
  });
});

describe('the quorum as the leader tells it', () => {
  it('shows how far each replica is behind, in records and in time', async () => {
    const described = await quorum({ replicas: [replica(1, 12, 0), replica(2, 12, 5), replica(3, 4, 900), replica(101, 10, 50, false)] }).describe();

    expect(described).toMatchObject({ clusterId: 'cluster', leaderId: 1, leaderEpoch: 3, highWatermark: 10, maxFollowerLag: 8, answeredBy: 1, answeredByLeader: true, answeredAs: 'leader' });
    expect(described.maxFollowerLagTimeMs).toBeGreaterThanOrEqual(900);
    expect(described.voters.map(({ replicaId, status, lag }) => [replicaId, status, lag])).toEqual([
      [1, ReplicaStatus.REPLICA_STATUS_LEADER, 0],
      [2, ReplicaStatus.REPLICA_STATUS_FOLLOWER, 0],
      [3, ReplicaStatus.REPLICA_STATUS_FOLLOWER, 8],
    ]);
    expect(described.voters[0]).toMatchObject({ lastFetchAgeMs: 0, listeners: [{ port: 9001 }] });
    expect(described.observers).toMatchObject([{ replicaId: 101, status: ReplicaStatus.REPLICA_STATUS_OBSERVER, lag: 2, directoryId: '' }]);
  });

  it('shows brokers by what they fetched or said by heartbeat, whichever is more, and those that never fetched', async () => {
    const nowMs = performance.now();
    const said = (id: number, metadataOffset: number): BrokerProgress => ({ id: id as NodeId, metadataOffset: metadataOffset as Offset, saidMs: nowMs, lastCaughtUpMs: undefined });

    const { observers, voters } = await quorum({ replicas: [replica(1, 12, 0), replica(101, 4, 5_000, false), replica(102, 11, 5, false)] }, [said(1, 3), said(101, 12), said(102, 10), said(103, 9)]).describe();

    expect(observers.map(({ replicaId, logEndOffset, lag }) => [replicaId, logEndOffset, lag])).toEqual([[101, 12, 0], [102, 11, 1], [103, 9, 3]]);
    expect(observers[0]?.lastFetchAgeMs).toBeLessThan(5_000);
    expect(observers[0]?.lastCaughtUpAgeMs).toBeGreaterThanOrEqual(5_000);
    expect(voters).toMatchObject([{ replicaId: 1, logEndOffset: 12 }]);
  });

  it('shows every voter, also when somebody else fetches under its node id', async () => {
    const { observers, voters } = await quorum({ replicas: [replica(1, 12, 0), replica(2, 12, 5), replica(3, 12, 5), replica(2, 7, 1, false)] }).describe();

    expect(voters.map(({ replicaId, logEndOffset }) => [replicaId, logEndOffset])).toEqual([[1, 12], [2, 12], [3, 12]]);
    expect(observers.map(({ replicaId, logEndOffset }) => [replicaId, logEndOffset])).toEqual([[2, 7]]);
  });

  it('tells the voters in force from those that are committed', async () => {
    const described = await quorum({ replicas: [replica(1, 12, 0), replica(2, 12, 5), replica(3, 12, 5)] }).describe();

    expect(described.voters.map(({ replicaId }) => replicaId)).toEqual([1, 2, 3]);
    expect(described.committedVoters).toMatchObject([{ voterId: 1, directoryId: DIRECTORY, listeners: [{ port: 9001 }] }, { voterId: 2 }]);
    expect(described.votersOffset).toBe(2);
  });

  it('lists a leader that is no voter any more apart from the voters', async () => {
    const { observers, voters } = await quorum({ voters: [voter(2), voter(3)], replicas: [{ ...replica(1, 12, 0), isVoter: false }, replica(2, 12, 5), replica(3, 12, 5)] }).describe();

    expect(voters.map(({ replicaId }) => replicaId)).toEqual([2, 3]);
    expect(observers).toMatchObject([{ replicaId: 1, status: ReplicaStatus.REPLICA_STATUS_LEADER }]);
  });

  it('gives no figure that it does not have', async () => {
    const described = await quorum({ replicas: [replica(1, 12, 0), replica(2, undefined, undefined), replica(3, 12, 1)] }).describe();

    expect(described.maxFollowerLag).toBeUndefined();
    expect(described.voters[1]).toMatchObject({ logEndOffset: undefined, lag: undefined, lastFetchAgeMs: undefined });
  });
});

describe('the quorum as a follower tells it', () => {
  it('names the leader that it knows, and no lags', async () => {
    const described = await quorum({ role: 'follower', leaderId: 2 as NodeId }).describe();

    expect(described).toMatchObject({ leaderId: 2, answeredByLeader: false, answeredAs: 'follower', maxFollowerLag: undefined });
    expect(described.voters.map(({ status }) => status)).toEqual([ReplicaStatus.REPLICA_STATUS_FOLLOWER, ReplicaStatus.REPLICA_STATUS_LEADER, ReplicaStatus.REPLICA_STATUS_FOLLOWER]);
  });

  it('names nobody when it knows nobody', async () => {
    expect((await quorum({ role: 'unattached', leaderId: undefined }).describe()).leaderId).toBeUndefined();
  });
});

describe('an election as it is told', () => {
  const election: ElectionRecord = {
    nodeId: 2 as NodeId,
    epoch: 4 as Epoch,
    trigger: 'connection-lost',
    attempt: 2,
    waitMs: 3,
    lastLeaderContactMs: 1000,
    previousLeaderId: 1 as NodeId,
    startedMs: 1020,
    lastEpoch: 3 as Epoch,
    endOffset: 40 as Offset,
    preVotes: [{ voterId: 3 as NodeId, granted: true, refusal: undefined, lastEpoch: 3 as Epoch, endOffset: 40 as Offset, afterMs: 4 }],
    votes: [
      { voterId: 1 as NodeId, granted: false, refusal: 'unreachable', lastEpoch: undefined, endOffset: undefined, afterMs: 1 },
      { voterId: 3 as NodeId, granted: true, refusal: undefined, lastEpoch: 3 as Epoch, endOffset: 39 as Offset, afterMs: 5 },
    ],
    voteStartedMs: 1024,
    endedMs: 1030,
    outcome: 'won',
  };

  it('says why, who voted how, and how long each part took', () => {
    expect(electionToWire(election)).toMatchObject({
      nodeId: 2,
      epoch: 4,
      trigger: ElectionTrigger.ELECTION_TRIGGER_CONNECTION_LOST,
      outcome: ElectionOutcome.ELECTION_OUTCOME_WON,
      previousLeaderId: 1,
      phases: { noticingMs: 20, waitingMs: 3, preVoteMs: 4, voteMs: 6, totalMs: 30 },
      votes: [
        { voterId: 1, granted: false, refusal: VoteRefusal.VOTE_REFUSAL_UNREACHABLE, lastEpoch: undefined },
        { voterId: 3, granted: true, refusal: VoteRefusal.VOTE_REFUSAL_UNSPECIFIED, endOffset: 39 },
      ],
    });
  });

  it('tells the same time for it whenever it is asked', () => {
    expect(electionToWire(election).startedAt).toEqual(electionToWire(election).startedAt);
  });

  it('has no vote phase when the pre-vote was lost, and no noticing when there was no leader', () => {
    const { phases } = electionToWire({ ...election, voteStartedMs: undefined, lastLeaderContactMs: undefined, outcome: 'lost-pre-vote' });

    expect(phases).toEqual({ noticingMs: undefined, waitingMs: 3, preVoteMs: 10, voteMs: undefined, totalMs: 10 });
  });
});
