import type { Epoch, NodeId, Offset, Uuid } from '@quorate/records';
import { isVoter, leaderHint, voterSet, type CoreState } from './core-state.js';
import { OBSERVER_SESSION_MS } from './election-timing.js';
import { voterProgress } from './leader-replication.js';
import type { Endpoint, ReplicaKey, Voter } from './replica-key.js';
import type { ReplicaProgress } from './replica-progress.js';
import type { Role, RoleKind } from './role.js';
import type { VoterSet } from './voter-set.js';

/** One replica as DescribeQuorum shows it. Times are monotonic milliseconds of the leader. */
export interface ReplicaStatus {
  readonly id: NodeId;
  readonly directoryId: Uuid | undefined;
  readonly isVoter: boolean;
  /** Undefined when it has not fetched in this epoch. */
  readonly logEndOffset: Offset | undefined;
  readonly lastFetchMs: number | undefined;
  readonly lastCaughtUpMs: number | undefined;
  readonly recovering: boolean;
  /** Where it listens: of a voter as the voter set says, of a spare controller as it says itself; empty for all others. */
  readonly endpoints: readonly Endpoint[];
}

/** A core as others may see it: what the describe RPC, health, metrics and tests read. A copy; it does not change. */
export interface RaftStatus {
  readonly nodeId: NodeId;
  readonly directoryId: Uuid;
  readonly role: RoleKind;
  readonly isVoter: boolean;
  readonly epoch: Epoch;
  readonly leaderId: NodeId | undefined;
  readonly leaderEndpoints: readonly Endpoint[];
  readonly votedKey: ReplicaKey | undefined;
  /** The highest announced to this node's state machine. */
  readonly highWatermark: Offset | undefined;
  /** Leader only: what it established in its own epoch; undefined until then. */
  readonly leaderHighWatermark: Offset | undefined;
  readonly epochStartOffset: Offset | undefined;
  readonly logStartOffset: Offset;
  readonly logEndOffset: Offset;
  readonly flushedOffset: Offset;
  readonly logGeneration: number;
  readonly lastEpoch: Epoch;
  readonly voters: readonly Voter[];
  /** Offset of the record that the voter set in force came from; undefined for the bootstrap checkpoint. */
  readonly votersOffset: Offset | undefined;
  /** The newest set that this node knows to be committed; differs from `voters` while a change is under way. */
  readonly committedVoters: readonly Voter[];
  /** Leader only: the voter change that is under way. */
  readonly voterChange: { readonly kind: 'addRaftVoter' | 'removeRaftVoter' | 'updateRaftVoter'; readonly voter: ReplicaKey; readonly isAppended: boolean } | undefined;
  /** Leader only: every voter, itself included, then the observers that have fetched lately. */
  readonly replicas: readonly ReplicaStatus[];
  readonly readRound: number;
  readonly recovering: boolean;
  /** Leader, or follower that hears its leader. */
  readonly hearsLeader: boolean;
  readonly lastLeaderContactMs: number | undefined;
  /** Rounds lost since a leader was last heard. */
  readonly lostRounds: number;
  /** Leader only: it takes no proposals any more and waits for a successor to catch up. */
  readonly handingOver: boolean;
  readonly shutdown: 'no' | 'begun' | 'complete';
}

export function statusOf(core: CoreState): RaftStatus {
  const { role, log, election } = core;
  const { leaderId, leaderEndpoints } = leaderHint(core);
  return {
    nodeId: core.self.id,
    directoryId: core.self.directoryId,
    role: role.kind,
    isVoter: isVoter(core),
    epoch: election.epoch,
    leaderId,
    leaderEndpoints,
    votedKey: election.votedKey,
    highWatermark: core.highWatermark,
    leaderHighWatermark: role.kind === 'leader' ? role.highWatermark : undefined,
    epochStartOffset: role.kind === 'leader' ? role.epochStartOffset : undefined,
    logStartOffset: log.startOffset,
    logEndOffset: log.endOffset,
    flushedOffset: log.flushedOffset,
    logGeneration: log.generation,
    lastEpoch: log.lastEpoch,
    voters: voterSet(core).voters,
    votersOffset: core.voters.latestOffset,
    committedVoters: committedVoters(core).voters,
    voterChange: voterChange(role),
    replicas: replicas(core),
    readRound: role.kind === 'leader' || role.kind === 'follower' ? role.readRound : 0,
    recovering: log.recovering,
    hearsLeader: role.kind === 'leader' || (role.kind === 'follower' && role.hasFetched && role.lost === undefined),
    lastLeaderContactMs: core.lastLeaderContactMs,
    lostRounds: core.lostRounds,
    handingOver: role.kind === 'leader' && role.handOver !== undefined,
    shutdown: core.shutdown,
  };
}

/** What the high watermark covers; a leader that has none yet in its epoch goes by what it knew before. */
export function committedVoters(core: CoreState): VoterSet {
  return core.voters.asOf(core.highWatermark ?? (0 as Offset)).set;
}

function voterChange(role: Role): RaftStatus['voterChange'] {
  if (role.kind !== 'leader' || role.voterChange === undefined) return undefined;
  const { request, phase } = role.voterChange;
  return { kind: request.kind, voter: request.voter, isAppended: phase.kind === 'appended' };
}

export function replicas(core: CoreState): readonly ReplicaStatus[] {
  const { role, nowMs, self, log } = core;
  if (role.kind !== 'leader') return [];
  const own: ReplicaStatus = {
    ...self, isVoter: isVoter(core), logEndOffset: log.endOffset, lastFetchMs: nowMs, lastCaughtUpMs: nowMs, recovering: log.recovering,
    endpoints: core.config.self.endpoints,
  };
  const voters = voterProgress(core, role).map((progress) => ({ ...replicaStatus(progress, true), endpoints: voterSet(core).endpointsOf(progress.id) }));
  const recent = [...role.observers.values()].filter(({ lastFetchMs }) => (lastFetchMs ?? nowMs) + OBSERVER_SESSION_MS >= nowMs);
  return [own, ...voters, ...recent.map((progress) => replicaStatus(progress, false))];
}

function replicaStatus(progress: ReplicaProgress, isVoterNow: boolean): ReplicaStatus {
  const { id, directoryId, endOffset, lastFetchMs, lastCaughtUpMs, recovering, endpoints } = progress;
  return { id, directoryId, isVoter: isVoterNow, logEndOffset: endOffset, lastFetchMs, lastCaughtUpMs, recovering, endpoints };
}
