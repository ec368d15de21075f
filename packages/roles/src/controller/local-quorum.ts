import type { BrokerProgress } from '@quorate/controller-core';
import type { ControllerNode as ControllerLoop } from '@quorate/controller-node';
import type { BallotEntry, ElectionRecord, Endpoint, RaftStatus, ReplicaStatus as CoreReplica } from '@quorate/raft-core';
import type { RaftNode } from '@quorate/raft-node';
import type { ControllerNode } from '@quorate/records/gen/quorate/admin/v1/cluster';
import { ElectionOutcome, ReplicaStatus, type AddVoterRequest, type AddVoterResponse, type Ballot, type DescribeQuorumResponse, type Election, type QuorumReplica, type RemoveVoterRequest, type RemoveVoterResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';
import type { Listener } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import { electionTriggerToWire, voteRefusalToWire, type LeaderBoard, type QuorumAdmin } from '@quorate/rpc';
import { addVoter, quorumVoter, removeVoter } from './voter-changes.js';
import type { Timestamp } from '@quorate/records/gen/google/protobuf/timestamp';

export interface LocalQuorumOptions {
  readonly clusterId: string;
  readonly raft: Pick<RaftNode, 'status' | 'elections' | 'snapshots' | 'addVoter' | 'removeVoter'>;
  readonly leader: Pick<LeaderBoard, 'view'>;
  /** Longest wait for a voter change to commit, in milliseconds (`controller.quorum.request.timeout.ms`). */
  readonly requestTimeoutMs: number;
  readonly controller: Pick<ControllerLoop, 'image' | 'active'>;
  /** Hands leadership over. */
  readonly transfer: QuorumAdmin['transferLeadership'];
  /** Replicas whose image differs from ours. */
  readonly digests: { readonly differing: number };
}

/** The quorum as this controller sees it; complete on the leader, its own part on the others. */
export class LocalQuorum implements QuorumAdmin {
  readonly #options: LocalQuorumOptions;

  constructor(options: LocalQuorumOptions) {
    this.#options = options;
  }

  async describe(): Promise<DescribeQuorumResponse> {
    const status = this.#options.raft.status();
    const nowMs = performance.now();
    const isLeader = status.role === 'leader';
    const known = isLeader ? withBrokers(status.replicas, this.#options.controller.active?.controller.brokerProgress() ?? []) : [];
    const told = (replica: CoreReplica): QuorumReplica => this.#replica(status, replica, nowMs);
    const voters = isLeader ? known.filter(({ isVoter }) => isVoter).map(told) : status.voters.map((voter) => unheard(status, voter.id, voter.directoryId, voter.endpoints));
    return {
      clusterId: this.#options.clusterId,
      leaderId: status.leaderId,
      leaderEpoch: status.epoch,
      highWatermark: status.highWatermark,
      ...slowest(voters, isLeader),
      voters: voters.sort(byId),
      // A leader that is being removed is among them, with the status of a leader.
      observers: known.filter(({ isVoter }) => !isVoter).map(told).sort(byId),
      answeredBy: status.nodeId,
      answeredByLeader: isLeader,
      answeredAt: timestamp(Date.now()),
      unreachable: [],
      answeredAs: status.role,
      logEndOffset: status.logEndOffset,
      committedVoters: status.committedVoters.map(quorumVoter),
      votersOffset: status.votersOffset,
      logStartOffset: status.logStartOffset,
      ...this.#snapshots(),
      differingImages: this.#options.digests.differing,
    };
  }

  #snapshots(): Pick<DescribeQuorumResponse, 'latestSnapshot' | 'snapshotCount'> {
    const snapshots = this.#options.raft.snapshots();
    const latest = snapshots.at(-1);
    if (latest === undefined) return { latestSnapshot: undefined, snapshotCount: 0 };
    const { id, sizeBytes, lastContainedTimestampMs } = latest;
    return { latestSnapshot: { ...id, sizeBytes, ageMs: Math.max(0, Date.now() - lastContainedTimestampMs) }, snapshotCount: snapshots.length };
  }

  addVoter(request: AddVoterRequest, deadlineMs: number): Promise<AddVoterResponse> {
    return addVoter(this.#options, request, deadlineMs);
  }

  removeVoter(request: RemoveVoterRequest): Promise<RemoveVoterResponse> {
    return removeVoter(this.#options, request);
  }

  transferLeadership(...asked: Parameters<QuorumAdmin['transferLeadership']>): ReturnType<QuorumAdmin['transferLeadership']> {
    return this.#options.transfer(...asked);
  }

  async elections(): Promise<{ readonly elections: readonly Election[]; readonly unreachable: readonly number[] }> {
    return { elections: [...this.#options.raft.elections()].reverse().map(electionToWire), unreachable: [] };
  }

  /** This node alone knows itself; the others are listed with what the voter set says. */
  async controllers(): Promise<readonly ControllerNode[]> {
    const status = this.#options.raft.status();
    return status.voters
      .map((voter): ControllerNode => {
        const isSelf = voter.id === status.nodeId;
        return {
          id: voter.id,
          directoryId: voter.directoryId,
          listeners: voter.endpoints.map(listener),
          reachable: isSelf,
          role: isSelf ? status.role : '',
          leaderEpoch: isSelf ? status.epoch : 0,
          leaderId: isSelf ? status.leaderId : undefined,
          logEndOffset: isSelf ? status.logEndOffset : 0,
          highWatermark: isSelf ? (status.highWatermark ?? 0) : 0,
          problem: isSelf ? '' : 'a controller answers for itself alone: ask the gateway',
        };
      })
      .sort((a, b) => a.id - b.id);
  }

  #replica(status: RaftStatus, replica: CoreReplica, nowMs: number): QuorumReplica {
    const isSelf = replica.id === status.nodeId;
    const broker = this.#options.controller.image.broker(replica.id);
    const kind = isSelf ? ReplicaStatus.REPLICA_STATUS_LEADER : replica.isVoter ? ReplicaStatus.REPLICA_STATUS_FOLLOWER : ReplicaStatus.REPLICA_STATUS_OBSERVER;
    const age = (atMs: number | undefined): number | undefined => (isSelf ? 0 : atMs === undefined ? undefined : milliseconds(Math.max(0, nowMs - atMs)));
    return {
      replicaId: replica.id,
      directoryId: replica.directoryId ?? '',
      status: kind,
      logEndOffset: replica.logEndOffset,
      lag: replica.logEndOffset === undefined ? undefined : Math.max(0, status.logEndOffset - replica.logEndOffset),
      lastFetchAgeMs: age(replica.lastFetchMs),
      lastCaughtUpAgeMs: age(replica.lastCaughtUpMs),
      listeners: (replica.endpoints.length > 0 ? replica.endpoints : (broker?.endpoints ?? [])).map(listener),
    };
  }
}

/**
 * Brokers follow by the feed and rarely fetch: how far they have come is what they fetched last or what their heartbeat said,
 * whichever is more.
 */
function withBrokers(replicas: readonly CoreReplica[], brokers: readonly BrokerProgress[]): readonly CoreReplica[] {
  const voters = replicas.filter(({ isVoter }) => isVoter);
  const observers = replicas.filter(({ isVoter }) => !isVoter);
  for (const { id, metadataOffset, saidMs, lastCaughtUpMs } of brokers) {
    // By id alone, for a heartbeat names no directory; never in the place of a voter that somebody else borrows the id of.
    if (voters.some((voter) => voter.id === id)) continue;
    const at = observers.findIndex((replica) => replica.id === id);
    const fetched = observers[at];
    const broker: CoreReplica = {
      id,
      directoryId: fetched?.directoryId,
      isVoter: false,
      logEndOffset: latest(fetched?.logEndOffset, metadataOffset),
      lastFetchMs: latest(fetched?.lastFetchMs, saidMs),
      lastCaughtUpMs: latest(fetched?.lastCaughtUpMs, lastCaughtUpMs),
      recovering: false,
      endpoints: [],
    };
    observers.splice(at === -1 ? observers.length : at, 1, broker);
  }
  return [...voters, ...observers];
}

function latest<T extends number>(one: T | undefined, other: T | undefined): T | undefined {
  return one === undefined || (other !== undefined && other > one) ? other : one;
}

function unheard(status: RaftStatus, id: number, directoryId: string, endpoints: readonly Endpoint[]): QuorumReplica {
  const kind = id === status.leaderId ? ReplicaStatus.REPLICA_STATUS_LEADER : ReplicaStatus.REPLICA_STATUS_FOLLOWER;
  return { replicaId: id, directoryId, status: kind, logEndOffset: undefined, lag: undefined, lastFetchAgeMs: undefined, lastCaughtUpAgeMs: undefined, listeners: endpoints.map(listener) };
}

/** Kafka's two summary figures: how far behind the slowest voter is, in records and in time. */
function slowest(voters: readonly QuorumReplica[], isLeader: boolean): Pick<DescribeQuorumResponse, 'maxFollowerLag' | 'maxFollowerLagTimeMs'> {
  if (!isLeader || voters.some(({ lag }) => lag === undefined)) return { maxFollowerLag: undefined, maxFollowerLagTimeMs: undefined };
  const last = voters.reduce((a, b) => ((b.lag ?? 0) > (a.lag ?? 0) ? b : a));
  return { maxFollowerLag: last.lag ?? 0, maxFollowerLagTimeMs: (last.lag ?? 0) === 0 ? 0 : last.lastCaughtUpAgeMs };
}

export function listener(endpoint: Endpoint & { readonly securityProtocol?: number }): Listener {
  return { name: endpoint.name, host: endpoint.host, port: endpoint.port, securityProtocol: endpoint.securityProtocol ?? 0 };
}

const byId = (a: QuorumReplica, b: QuorumReplica): number => a.replicaId - b.replicaId;

const OUTCOMES: Readonly<Record<ElectionRecord['outcome'], ElectionOutcome>> = {
  won: ElectionOutcome.ELECTION_OUTCOME_WON,
  'lost-pre-vote': ElectionOutcome.ELECTION_OUTCOME_LOST_PRE_VOTE,
  'lost-vote': ElectionOutcome.ELECTION_OUTCOME_LOST_VOTE,
  'timed-out': ElectionOutcome.ELECTION_OUTCOME_TIMED_OUT,
  yielded: ElectionOutcome.ELECTION_OUTCOME_YIELDED,
  'found-leader': ElectionOutcome.ELECTION_OUTCOME_FOUND_LEADER,
  'higher-epoch': ElectionOutcome.ELECTION_OUTCOME_HIGHER_EPOCH,
};

/** An election as it is told; monotonic times become the node's wall clock as it stood when the process began. */
export function electionToWire(election: ElectionRecord): Election {
  const { startedMs, endedMs, voteStartedMs, lastLeaderContactMs } = election;
  return {
    nodeId: election.nodeId,
    epoch: election.epoch,
    trigger: electionTriggerToWire(election.trigger),
    attempt: election.attempt,
    outcome: OUTCOMES[election.outcome],
    previousLeaderId: election.previousLeaderId,
    startedAt: timestamp(performance.timeOrigin + startedMs),
    lastEpoch: election.lastEpoch,
    endOffset: election.endOffset,
    phases: {
      noticingMs: lastLeaderContactMs === undefined ? undefined : milliseconds(startedMs - lastLeaderContactMs),
      waitingMs: milliseconds(election.waitMs),
      preVoteMs: milliseconds((voteStartedMs ?? endedMs) - startedMs),
      voteMs: voteStartedMs === undefined ? undefined : milliseconds(endedMs - voteStartedMs),
      totalMs: milliseconds(endedMs - (lastLeaderContactMs ?? startedMs)),
    },
    preVotes: election.preVotes.map(ballotToWire),
    votes: election.votes.map(ballotToWire),
  };
}

function ballotToWire(entry: BallotEntry): Ballot {
  const { voterId, granted, lastEpoch, endOffset } = entry;
  return { voterId, granted, refusal: voteRefusalToWire(entry.refusal), lastEpoch, endOffset, afterMs: milliseconds(entry.afterMs) };
}

/** Whole microseconds are enough for people. */
const milliseconds = (value: number): number => Math.round(value * 1000) / 1000;

function timestamp(wallMs: number): Timestamp {
  const seconds = Math.floor(wallMs / 1000);
  return { seconds, nanos: Math.round((wallMs - seconds * 1000) * 1e6) };
}
