import { adoptLeader } from './adoption.js';
import { describeEvent, isVoter, voterSet, type CoreState } from './core-state.js';
import { beginHandOver } from './hand-over.js';
import type { ReplyToken, RequestFailure } from './input.js';
import { advanceHighWatermark, answerVoters, regroupReplicas } from './leader-replication.js';
import type { AddRaftVoterRequest, RaftResponse, UpdateRaftVoterRequest, VoterChangeRequest } from './messages.js';
import { putVoters } from './replicate.js';
import type { OpenRequest } from './request-table.js';
import { sendRequest } from './requests-out.js';
import type { LeaderRole, VoterChange } from './role.js';
import { answerVoterChange, endOf, replyVoterChange, type ChangeVerdict } from './voter-change-replies.js';
import { defaultEndpoint, describeAddress, describeChange, refusalBeforeProbe, refusalOfLaggard, refusalOfNode, refusalOfProbe, requestedEntry } from './voter-change-rules.js';
import { describeVoters, sameVoter, type VoterSet } from './voter-set.js';
import { votersRecord } from './voters-record.js';

/**
 * The leader's side of KIP-853: one voter in, out or changed at a time.
 *
 * The new set is in force as soon as it is in the log, for the leader and for every follower that has it; when it is lost with
 * its leader, the set before it is in force again. So the majorities of two sets that are in force at once always meet. Before
 * an address is stored, whoever answers there is asked who it is.
 */
export function handleVoterChange(core: CoreState, token: ReplyToken, request: VoterChangeRequest): void {
  const { role } = core;
  const ofNode = refusalOfNode(core, request);
  if (ofNode !== undefined || role.kind !== 'leader') return refuse(core, token, request, ofNode ?? { error: 'NOT_LEADER_OR_FOLLOWER', message: '' });
  makeWay(core, role, request);
  const refusal = refusalBeforeProbe(core, role, request);
  if (refusal !== undefined) return refuse(core, token, request, refusal);
  if (request.kind === 'removeRaftVoter') return remove(core, role, token, request);
  if (request.kind === 'updateRaftVoter' && isUpToDate(core, request)) return replyVoterChange(core, token, request, nothingToDo(role));
  probe(core, role, token, request);
}

/** A voter that cannot be reached asks for its update again and again; an operator's change does not wait for that (KAFKA-20661). */
function makeWay(core: CoreState, role: LeaderRole, request: VoterChangeRequest): void {
  const { voterChange: pending } = role;
  if (request.kind === 'updateRaftVoter' || pending?.request.kind !== 'updateRaftVoter' || pending.phase.kind !== 'probing') return;
  core.requests.take(pending.phase.requestId);
  end(core, role, pending, { error: 'REQUEST_TIMED_OUT', message: `an operator's change goes first: ${describeChange(request)}` });
}

function isUpToDate(core: CoreState, request: UpdateRaftVoterRequest): boolean {
  const stored = voterSet(core).find(request.voter.id);
  return stored !== undefined && sameVoter(stored, requestedEntry(core, request, request.kraftVersion));
}

// ---- is it there?

function probe(core: CoreState, role: LeaderRole, token: ReplyToken, request: AddRaftVoterRequest | UpdateRaftVoterRequest): void {
  const { requestTimeoutMs } = core.config.timers;
  const endpoint = defaultEndpoint(core, request.endpoints)!;
  const requestId = sendRequest(core, { id: request.voter.id, endpoints: [endpoint] }, { kind: 'describeQuorum', ...core.config.cluster });
  const patienceMs = request.kind === 'addRaftVoter' ? Math.min(request.timeoutMs, requestTimeoutMs) : requestTimeoutMs;
  role.voterChange = { request, token, deadlineMs: core.nowMs + patienceMs, phase: { kind: 'probing', requestId } };
}

/** Whoever is at the address has answered. */
export function takeProbe(core: CoreState, open: OpenRequest, response: RaftResponse): void {
  if (response.kind !== 'describeQuorum') return probeFailed(core, open, 'unavailable');
  const { role } = core;
  const change = probing(core, open);
  if (role.kind !== 'leader' || change === undefined) return;
  if (response.error !== 'NONE') {
    return end(core, role, change, { error: 'INVALID_REQUEST', message: `${describeAddress(core, change.request)} answers ${response.error}` });
  }
  adoptLeader(core, { epoch: response.leaderEpoch, leaderId: response.leaderId, endpoints: response.leaderEndpoints }, `answer of n${open.to}`);
  if (core.role !== role) return;
  const { request } = change;
  const refusal = refusalOfProbe(core, request, response) ?? (request.kind === 'addRaftVoter' ? refusalOfLaggard(core, role, request.voter) : undefined);
  if (refusal !== undefined) return end(core, role, change, refusal);
  if (request.kind === 'addRaftVoter' && request.validateOnly) return end(core, role, change, nothingToDo(role));
  const entry = requestedEntry(core, request, response.kraftVersion);
  const set = request.kind === 'addRaftVoter' ? voterSet(core).withVoter(entry) : voterSet(core).withEntry(entry);
  append(core, role, change, set);
}

export function probeFailed(core: CoreState, open: OpenRequest, failure: RequestFailure): void {
  const change = probing(core, open);
  if (core.role.kind !== 'leader' || change === undefined) return;
  end(core, core.role, change, { error: 'REQUEST_TIMED_OUT', message: `node ${change.request.voter.id} does not answer at ${describeAddress(core, change.request)} (${failure})` });
}

function probing(core: CoreState, open: OpenRequest): (VoterChange & { readonly request: AddRaftVoterRequest | UpdateRaftVoterRequest }) | undefined {
  const change = core.role.kind === 'leader' ? core.role.voterChange : undefined;
  if (change?.phase.kind !== 'probing' || change.phase.requestId !== open.requestId || change.request.kind === 'removeRaftVoter') return undefined;
  return change as VoterChange & { readonly request: AddRaftVoterRequest | UpdateRaftVoterRequest };
}

// ---- the new set

function remove(core: CoreState, role: LeaderRole, token: ReplyToken, request: Extract<VoterChangeRequest, { kind: 'removeRaftVoter' }>): void {
  if (request.validateOnly) return replyVoterChange(core, token, request, nothingToDo(role));
  const deadlineMs = core.nowMs + core.config.timers.requestTimeoutMs;
  append(core, role, { request, token, deadlineMs, phase: { kind: 'appended', offset: core.log.endOffset } }, voterSet(core).without(request.voter.id));
}

/** One control batch by itself; the set is in force with it. */
function append(core: CoreState, role: LeaderRole, change: VoterChange, set: VoterSet): void {
  const { log, election } = core;
  const offset = log.endOffset;
  const before = voterSet(core);
  role.voterChange = { ...change, phase: { kind: 'appended', offset } };
  log.append(election.epoch, 1);
  core.outbox.emit({ kind: 'appendControl', epoch: election.epoch, baseOffset: offset, records: [votersRecord(set)] });
  putVoters(core, offset, set);
  describeEvent(core, 'info', 'raft.voters.changed', { offset, change: describeChange(change.request), before: describeVoters(before), voters: describeVoters(set) });
  regroupReplicas(core, role);
  answerVoters(core, role);
  advanceHighWatermark(core, role);
  if (!waitsForCommit(change.request)) answerVoterChange(core, role.voterChange, { error: 'NONE', message: '', endOffset: log.endOffset });
}

function waitsForCommit(request: VoterChangeRequest): boolean {
  return request.kind === 'removeRaftVoter' || (request.kind === 'addRaftVoter' && request.ackWhenCommitted);
}

// ---- how it ends

/** To be called after every input: the set may be committed, and a leader that is in it no longer goes. */
export function settleVoterChange(core: CoreState, role: LeaderRole): void {
  const { voterChange: change, highWatermark } = role;
  if (highWatermark === undefined) return;
  if (change?.phase.kind === 'appended' && change.phase.offset < highWatermark) {
    describeEvent(core, 'info', 'raft.voters.committed', { offset: change.phase.offset, voters: describeVoters(voterSet(core)) });
    end(core, role, change, { error: 'NONE', message: '', endOffset: endOf(change.phase.offset) });
  }
  // It led on outside its own majority until everybody could know (KIP-853).
  if (!isVoter(core) && (core.voters.latestOffset ?? 0) < highWatermark) beginHandOver(core, 'operator', 'no longer a voter');
}

/** The asker has waited long enough. What is in the log stays there: whoever asks next waits until it is committed. */
export function expireVoterChange(core: CoreState, role: LeaderRole): void {
  const { voterChange: change } = role;
  if (change === undefined || change.deadlineMs > core.nowMs) return;
  if (change.phase.kind === 'probing') return end(core, role, change, { error: 'REQUEST_TIMED_OUT', message: `${describeChange(change.request)} took too long: nobody answers at ${describeAddress(core, change.request as AddRaftVoterRequest)}` });
  const { offset } = change.phase;
  end(core, role, change, { error: 'REQUEST_TIMED_OUT', message: `${describeChange(change.request)} took too long: it is in the log at ${offset} and not committed yet`, endOffset: endOf(offset) });
}

function end(core: CoreState, role: LeaderRole, change: VoterChange, verdict: ChangeVerdict): void {
  role.voterChange = undefined;
  answerVoterChange(core, change, verdict);
  if (verdict.error !== 'NONE') noteRefusal(core, change.request, verdict);
}

function refuse(core: CoreState, token: ReplyToken, request: VoterChangeRequest, verdict: ChangeVerdict): void {
  replyVoterChange(core, token, request, verdict);
  noteRefusal(core, request, verdict);
}

function noteRefusal(core: CoreState, request: VoterChangeRequest, { error, message }: ChangeVerdict): void {
  describeEvent(core, 'info', 'raft.voters.refused', { change: describeChange(request), error, message });
}

/** What it read is committed. */
function nothingToDo(role: LeaderRole): ChangeVerdict {
  return { error: 'NONE', message: '', endOffset: role.highWatermark };
}
