import { adoptEpoch } from './adoption.js';
import { canStand, isVoter, leaderHint, standAfter, type CoreState } from './core-state.js';
import type { VoteRefusal } from './core-event.js';
import { CONNECTION_CHECK_INTERVAL_MS, FIRST_BACKOFF_MS, GRANTED_WAIT_MS, LOST_LEADER_DELAY_MS, roundLimitMs } from './election-timing.js';
import type { ReplyToken } from './input.js';
import type { RaftErrorName, VoteRequest } from './messages.js';
import type { ReplicaKey } from './replica-key.js';
import type { Standing } from './role.js';
import { yieldRound } from './rounds.js';
import { castVote } from './transitions.js';
import { compareLogs, decideVote, type VoterSituation } from './vote.js';

/**
 * Answers a request for a vote or a pre-vote. The newer epoch is taken up first, whatever the answer will be; a vote that is
 * given is on disk before the answer leaves.
 */
export function handleVote(core: CoreState, token: ReplyToken, request: VoteRequest): void {
  if (!isPlausible(core, request)) return answer(core, token, request, 'INVALID_REQUEST', undefined);
  if (request.candidateEpoch < core.election.epoch) return answer(core, token, request, 'FENCED_LEADER_EPOCH', 'older-epoch');
  adoptEpoch(core, request.candidateEpoch, `${request.preVote ? 'pre-vote' : 'vote'} of n${request.candidate.id} names a newer epoch`);
  if (!isForThisReplica(core, request.voter) || isAnonymous(core, request.voter)) return answer(core, token, request, 'INVALID_VOTER_KEY', 'unknown-voter-key');
  const verdict = decideVote(situation(core), { ...request.candidate, ...request }, request.preVote);
  if (verdict.granted) {
    grant(core, request);
    answer(core, token, request, 'NONE', undefined);
    return;
  }
  answer(core, token, request, 'NONE', verdict.refusal);
  if (verdict.refusal === 'hears-leader') checkConnectionToLeader(core);
  if (verdict.refusal === 'log-behind') standSoon(core);
}

/** Whether a request that names a voter means this replica; one that leaves the directory out means the node. */
export function isForThisReplica(core: CoreState, voter: ReplicaKey): boolean {
  return voter.id === core.self.id && (voter.directoryId === undefined || voter.directoryId === core.self.directoryId);
}

function isPlausible(core: CoreState, request: VoteRequest): boolean {
  const { candidateEpoch, lastEpoch, endOffset, preVote, candidate, voter } = request;
  if (candidate.id === core.self.id || lastEpoch < 0 || endOffset < 0) return false;
  // From kraft.version 1 on a vote is given by a replica to a replica: without the directory ids it could be another disk of the node (KIP-853).
  if (core.kraftVersions.latest >= 1 && (candidate.directoryId === undefined || voter.directoryId === undefined)) return false;
  return preVote ? lastEpoch <= candidateEpoch : lastEpoch < candidateEpoch;
}

/** From kraft.version 1 on a vote is between disks, not between nodes: a key without directory id names nobody (KIP-853). */
function isAnonymous(core: CoreState, { directoryId }: ReplicaKey): boolean {
  return directoryId === undefined && core.kraftVersions.latest >= 1;
}

function situation(core: CoreState): VoterSituation {
  const { role, election } = core;
  return {
    role: role.kind,
    votedKey: election.votedKey,
    knowsLeader: election.leaderId !== undefined,
    hearsLeader: role.kind === 'follower' && role.hasFetched && role.lost === undefined,
    recovering: core.log.recovering,
    log: core.log.end,
  };
}

function grant(core: CoreState, request: VoteRequest): void {
  core.notBeforeMs = core.nowMs + GRANTED_WAIT_MS;
  if (!request.preVote) return grantVote(core, request);
  const { role } = core;
  const waitMs = GRANTED_WAIT_MS + core.config.random() * LOST_LEADER_DELAY_MS;
  if (role.kind === 'prospective') {
    if (isPreferred(core, request)) yieldRound(core, role, standAfter(core, role.campaign.trigger, waitMs));
    return;
  }
  if (role.kind === 'unattached') postpone(core, role.standing, waitMs);
  if (role.kind === 'follower' && role.lost !== undefined) postpone(core, role.lost, waitMs);
  if (role.kind === 'candidate' && role.phase.kind === 'waiting') postpone(core, role.phase.standing, waitMs);
}

/**
 * The candidate gives its round up after a time that follows from its attempt; whoever voted for it waits that long, and a
 * random little more, before it stands itself. Kafka waits a whole election timeout.
 */
function grantVote(core: CoreState, request: VoteRequest): void {
  const before = core.election.votedKey;
  if (before === undefined) castVote(core, request.candidate);
  const roundMs = roundLimitMs(Math.max(request.attempt, 1), core.config.timers.electionTimeoutMs);
  const standing = standAfter(core, 'election-timeout', roundMs + core.config.random() * FIRST_BACKOFF_MS);
  const { role } = core;
  if (role.kind === 'prospective') yieldRound(core, role, standing);
  if (role.kind === 'unattached') role.standing = standing;
}

/** A better log, or an equal one with the higher id: of two who ask each other, exactly one goes on. */
function isPreferred(core: CoreState, request: VoteRequest): boolean {
  return compareLogs(request, core.log.end) > 0 || request.candidate.id > core.self.id;
}

function postpone(core: CoreState, standing: Standing, waitMs: number): void {
  if (standing.atMs >= core.nowMs + waitMs) return;
  standing.atMs = core.nowMs + waitMs;
  standing.waitMs = waitMs;
}

/** Somebody who cannot win is standing, so nobody hears a leader, and this node's log is better: do not wait long. */
function standSoon(core: CoreState): void {
  const { role } = core;
  if (role.kind !== 'unattached' || !canStand(core)) return;
  const soon = standAfter(core, role.standing.trigger, core.config.random() * LOST_LEADER_DELAY_MS);
  if (soon.atMs < role.standing.atMs) role.standing = soon;
}

/** Somebody else does not hear our leader. Perhaps we only have not noticed yet. */
function checkConnectionToLeader(core: CoreState): void {
  const { role, nowMs } = core;
  if (role.kind !== 'follower' || !isVoter(core) || nowMs < core.connectionCheckedMs + CONNECTION_CHECK_INTERVAL_MS) return;
  core.connectionCheckedMs = nowMs;
  core.outbox.emit({ kind: 'checkConnection', peer: role.leader.id, endpoints: role.leader.endpoints });
}

function answer(core: CoreState, token: ReplyToken, request: VoteRequest, error: RaftErrorName, refusal: VoteRefusal | undefined): void {
  const granted = error === 'NONE' && refusal === undefined;
  const { candidate, candidateEpoch, preVote } = request;
  core.outbox.event({ kind: 'voteCast', candidateId: candidate.id, epoch: candidateEpoch, preVote, granted, refusal });
  core.outbox.emit({ kind: 'reply', token, response: { kind: 'vote', error, ...leaderHint(core), granted, refusal, ...core.log.end } });
}
