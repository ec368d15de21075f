import type { Epoch, NodeId, Offset } from '@quorate/records';
import { assert } from './assert.js';
import { Ballot } from './ballot.js';
import { electionRecord, type Campaign } from './campaign.js';
import { describeEvent, isBeingRemoved, isVoter, knownLeaderId, standAfter, voterSet, type CoreState } from './core-state.js';
import type { ElectionRecord, ElectionTrigger } from './core-event.js';
import { MAX_EPOCH, type ElectionState } from './election-state.js';
import { checkQuorumMs, electionTimeoutMs, roundLimitMs, upkeepPeriodMs } from './election-timing.js';
import { newLeaderHealth } from './leader-health.js';
import { refuseParked } from './fetch-replies.js';
import { ParkedFetches } from './parked-fetches.js';
import { refuseReads } from './read-rounds.js';
import type { ReplicaKey } from './replica-key.js';
import { dropDownload } from './snapshot-download.js';
import { releaseWaiting } from './verify-copies.js';
import type { KnownLeader, LeaderLost, Role, RoleKind, Standing, LeaderRole } from './role.js';
import { abandonVoterChange } from './voter-change-replies.js';

/**
 * The one place where a role is made. Which moves are legal, what must be durable for each, and what everybody is told.
 *
 * Source: KIP-595, KIP-853, KIP-996. Moves to the same kind are moves within it: a newer epoch, another leader.
 */
export const LEGAL_MOVES: Readonly<Record<RoleKind, readonly RoleKind[]>> = {
  unattached: ['unattached', 'prospective', 'follower'],
  /** Only here can a candidacy begin (KIP-996). */
  prospective: ['candidate', 'follower', 'unattached'],
  candidate: ['leader', 'prospective', 'follower', 'unattached'],
  leader: ['resigned', 'follower', 'unattached'],
  follower: ['prospective', 'follower', 'unattached'],
  /** Never back to candidate or leader of its epoch: offset and epoch together must stay unique. */
  resigned: ['unattached', 'follower'],
};

type Outcome = ElectionRecord['outcome'];

export interface ToUnattached {
  readonly epoch: Epoch;
  readonly leaderId?: NodeId | undefined;
  /** Absent: a random election timeout from now, except that an election time that is running already is kept. */
  readonly standing?: Standing | undefined;
  /** When to ask around for a leader first. */
  readonly fetchAtMs: number;
  readonly reason: string;
  readonly outcome?: Outcome | undefined;
}

export function becomeUnattached(core: CoreState, to: ToUnattached): void {
  const running = core.role.kind === 'unattached' ? core.role.standing : undefined;
  const standing = to.standing ?? running ?? standAfter(core, 'election-timeout', electionTimeoutMs(core.config.timers.electionTimeoutMs, core.config.random()));
  const role: Role = { kind: 'unattached', standing, fetcher: { nextMs: to.fetchAtMs, failures: 0, askAround: true } };
  const leaderId = to.leaderId ?? (to.epoch === core.election.epoch ? core.election.leaderId : undefined);
  moveTo(core, role, { epoch: to.epoch, leaderId, votedKey: keptVote(core, to.epoch) }, to.reason, to.outcome ?? 'higher-epoch');
}

export interface ToFollower {
  readonly epoch: Epoch;
  readonly leader: KnownLeader;
  /** The leader is known of, but not heard: goes on counting down to the next round. */
  readonly lost?: LeaderLost | undefined;
  readonly reason: string;
  readonly outcome?: Outcome | undefined;
}

export function becomeFollower(core: CoreState, to: ToFollower): void {
  assert(to.leader.id !== core.self.id, `a node cannot follow itself (epoch ${to.epoch})`);
  const { nowMs } = core;
  const role: Role = {
    kind: 'follower',
    leader: to.leader,
    hasFetched: false,
    lastContactMs: nowMs,
    fetchDeadlineMs: nowMs + core.config.timers.fetchTimeoutMs,
    lost: to.lost,
    fetcher: { nextMs: nowMs, failures: 0, askAround: false },
    readRound: 0,
    upkeepMs: isVoter(core) ? nowMs : nowMs + upkeepPeriodMs(core.config.timers.fetchTimeoutMs),
    hasUpdatedLeader: false,
  };
  moveTo(core, role, { epoch: to.epoch, leaderId: to.leader.id, votedKey: keptVote(core, to.epoch) }, to.reason, to.outcome ?? 'found-leader');
}

/** Begins a round of pre-votes. Memory only: epoch, leader and vote stay as they are. */
export function becomeProspective(core: CoreState, standing: Standing): void {
  assert(isVoter(core) || isBeingRemoved(core), 'an observer never stands (KAFKA-17067)');
  const { nowMs, log } = core;
  const attempt = core.lostRounds + 1;
  const campaign: Campaign = {
    trigger: standing.trigger,
    attempt,
    waitMs: standing.waitMs,
    startedMs: nowMs,
    lastLeaderContactMs: core.lastLeaderContactMs,
    previousLeaderId: core.election.leaderId ?? core.previousLeaderId,
    log: log.end,
    preVotes: new Ballot(voterSet(core), { ...core.self, log: log.end }, nowMs),
    votes: undefined,
    roundEndsMs: nowMs + roundLimitMs(attempt, core.config.timers.electionTimeoutMs),
  };
  const leader = core.role.kind === 'follower' ? core.role.leader : undefined;
  moveTo(core, { kind: 'prospective', campaign, leader }, core.election, standing.trigger, 'timed-out');
}

/** Stands in the next epoch: a new epoch and a vote for itself in one durable write. */
export function becomeCandidate(core: CoreState): void {
  assert(core.role.kind === 'prospective', 'only a Prospective becomes a Candidate');
  const { campaign } = core.role;
  const { nowMs, log } = core;
  campaign.votes = new Ballot(voterSet(core), { ...core.self, log: log.end }, nowMs);
  campaign.roundEndsMs = nowMs + roundLimitMs(campaign.attempt, core.config.timers.electionTimeoutMs);
  const election: ElectionState = { epoch: (core.election.epoch + 1) as Epoch, leaderId: undefined, votedKey: core.self };
  moveTo(core, { kind: 'candidate', phase: { kind: 'voting', campaign } }, election, 'pre-vote won', 'timed-out');
}

/** Restart after a vote for itself: Candidate in the same epoch, which waits for its next round and asks for nothing. */
export function resumeCandidate(core: CoreState, standing: Standing): void {
  moveTo(core, { kind: 'candidate', phase: { kind: 'waiting', standing } }, core.election, 'restarted after its own vote', 'timed-out');
}

export function becomeLeader(core: CoreState, grantingVoters: readonly ReplicaKey[]): void {
  const role: Role = {
    kind: 'leader',
    epochStartOffset: core.log.endOffset as Offset,
    grantingVoters,
    highWatermark: undefined,
    voters: new Map(),
    observers: new Map(),
    announcements: new Map(),
    parkedVoters: new ParkedFetches(),
    parkedReaders: new ParkedFetches(),
    readersDue: false,
    heard: new Set(),
    checkQuorumMs: core.nowMs + checkQuorumMs(core.config.timers.fetchTimeoutMs),
    handOver: undefined,
    health: newLeaderHealth(),
    readersAnsweredMs: -Infinity,
    readRound: 0,
    reads: { running: undefined, waiting: [] },
    voterChange: undefined,
  };
  moveTo(core, role, { ...core.election, leaderId: core.self.id }, 'vote won', 'won');
}

export interface ToResigned {
  readonly trigger: ElectionTrigger;
  readonly reason: string;
  readonly deadlineMs: number;
  readonly preferredSuccessors: readonly ReplicaKey[];
}

/** Gives the epoch up for good. Memory only: on disk this node stays the leader of the epoch, so that it never leads it twice. */
export function becomeResigned(core: CoreState, to: ToResigned): void {
  const unacknowledged = new Map(voterSet(core).others(core.self.id).map((voter) => [voter.id, { nextMs: core.nowMs, failures: 0 }]));
  const { trigger, deadlineMs, preferredSuccessors } = to;
  moveTo(core, { kind: 'resigned', trigger, deadlineMs, preferredSuccessors, unacknowledged }, core.election, to.reason, 'timed-out');
}

/** Grants a vote in the present epoch; the role stays what it is. Durable before the answer. */
export function castVote(core: CoreState, votedKey: ReplicaKey): void {
  assert(core.role.kind === 'unattached' || core.role.kind === 'prospective', `a ${core.role.kind} does not vote`);
  setElection(core, { ...core.election, votedKey });
}

/** Tells how a campaign ended. Each campaign ends once. */
export function endCampaign(core: CoreState, campaign: Campaign, outcome: Outcome): void {
  const epoch = campaign.votes === undefined ? ((core.election.epoch + 1) as Epoch) : core.election.epoch;
  core.outbox.event({ kind: 'electionEnded', election: electionRecord(campaign, { nodeId: core.self.id, epoch, nowMs: core.nowMs, outcome }) });
}

function moveTo(core: CoreState, next: Role, election: ElectionState, reason: string, outcome: Outcome): void {
  const from = core.role;
  const { epoch: epochBefore } = core.election;
  checkMove(core, next, election);
  leave(core, next, outcome);
  core.requests.clear();
  if (election.epoch > epochBefore) dropDownload(core, 'the epoch of its leader is over');
  setElection(core, election);
  core.role = next;
  core.outbox.event({ kind: 'roleChanged', from: from.kind, to: next.kind, epoch: election.epoch, leaderId: election.leaderId, reason });
  announceLeader(core);
  if (from.kind !== 'leader') return;
  core.outbox.emit({ kind: 'leadershipLost', epoch: epochBefore, reason });
  releaseWaiting(core);
  refuseParked(core, from.parkedVoters);
  refuseParked(core, from.parkedReaders);
  refuseReads(core, from);
  abandonVoterChange(core, from.voterChange, reason);
  answerTransfer(core, from);
}

/** Whoever asked for another leader sees who it is by the next epoch. */
function answerTransfer(core: CoreState, { handOver }: LeaderRole): void {
  if (handOver?.transfer === undefined) return;
  const { token, successorId } = handOver.transfer;
  core.outbox.emit({ kind: 'transferAnswered', token, outcome: { kind: 'ended', successorId } });
}

function checkMove(core: CoreState, next: Role, election: ElectionState): void {
  const { role, election: before } = core;
  const move = `${role.kind} of epoch ${before.epoch} to ${next.kind} of epoch ${election.epoch}`;
  const starting = core.announcedLeader === undefined;
  assert(starting || LEGAL_MOVES[role.kind].includes(next.kind), `illegal move: ${move}`);
  assert(election.epoch >= before.epoch, `an epoch never falls: ${move}`);
  assert(election.epoch <= MAX_EPOCH, `all ${MAX_EPOCH} epochs are used up: ${move}`);
  if (role.kind === 'resigned') assert(election.epoch > before.epoch, `a resigned leader leaves its epoch: ${move}`);
  if (election.epoch > before.epoch) return;
  assert(
    before.leaderId === undefined || election.leaderId === before.leaderId,
    `two leaders in epoch ${election.epoch}: ${before.leaderId} and ${election.leaderId}`,
  );
}

/** What the role that ends owes to others. */
function leave(core: CoreState, next: Role, outcome: Outcome): void {
  const { role } = core;
  if (role.kind === 'prospective' && next.kind !== 'candidate') endCampaign(core, role.campaign, outcome);
  if (role.kind === 'candidate' && role.phase.kind === 'voting') endCampaign(core, role.phase.campaign, outcome);
}

function setElection(core: CoreState, election: ElectionState): void {
  const { election: before } = core;
  core.election = election;
  if (before.leaderId !== undefined) core.previousLeaderId = before.leaderId;
  const same = before.epoch === election.epoch && before.leaderId === election.leaderId && before.votedKey === election.votedKey;
  if (!same) core.outbox.electionStateChanged(election);
}

/** Says who leads, when that differs from what was said before. A resigned leader is nobody's leader. */
export function announceLeader(core: CoreState): void {
  const { epoch } = core.election;
  const leaderId = knownLeaderId(core);
  const before = core.announcedLeader;
  if (before !== undefined && before.epoch === epoch && before.leaderId === leaderId) return;
  core.announcedLeader = { epoch, leaderId };
  core.outbox.emit({ kind: 'leaderChanged', epoch, leaderId });
  describeEvent(core, 'debug', 'raft.leader.changed', { leader: leaderId ?? 'none' });
}

function keptVote(core: CoreState, epoch: Epoch): ReplicaKey | undefined {
  return epoch === core.election.epoch ? core.election.votedKey : undefined;
}
