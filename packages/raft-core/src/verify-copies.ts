import type { Epoch, Offset } from '@quorate/records';
import { describeEvent, type CoreState } from './core-state.js';
import { refuseFetch } from './fetch-replies.js';
import type { Input, ReplyToken } from './input.js';
import type { FetchRequest } from './messages.js';
import { beginRecovery } from './recovery.js';

/**
 * Two logs agree on offset and epoch, and the batches that end there differ: one of the copies is damaged. Both sides read
 * their own from disk, the leader first. It answers CHAIN_MISMATCH only when its own is whole, so whoever hears that and
 * finds its own whole as well knows that no copy is damaged, and that the two should never have come about: it asks once more,
 * since what was damaged may be gone with a log start that has moved, and stops when it is told again.
 */
export interface Verification {
  /** Everything before it is read. */
  readonly endOffset: Offset;
  /** Of the log; a cut or an install makes the result worthless. So does a log start that moves: what was damaged may be gone. */
  readonly generation: number;
  readonly startOffset: Offset;
  /** Our leader's epoch, when it was the leader who told; undefined when a follower's Fetch did. */
  toldInEpoch: Epoch | undefined;
  /** When it was found whole; undefined while it is being read. */
  wholeAtMs: number | undefined;
  /** Fetches at these offsets are answered when the result is there. */
  readonly waiting: Map<ReplyToken, Offset>;
}

/** For so long nobody reads again what was found whole. */
const VERIFIED_MS = 10_000;

/** The leader is told of other bytes than its own. Answers when it knows that its own are what it wrote. */
export function suspectOwnCopy(core: CoreState, token: ReplyToken, request: FetchRequest): void {
  const { fetchOffset, lastFetchedEpoch, replica, committedOnly } = request;
  describeEvent(core, 'error', 'raft.chain.mismatch', { peer: replica.id ?? 'reader', offset: fetchOffset, lastEpoch: lastFetchedEpoch });
  // A reader has no log that could be right where ours is wrong.
  if (committedOnly) return refuseFetch(core, token, 'CHAIN_MISMATCH');
  const verification = verify(core, fetchOffset);
  verification.waiting.set(token, fetchOffset);
  if (verification.wholeAtMs !== undefined) answerWaiting(core, verification, 'CHAIN_MISMATCH');
}

/** The leader's copy is whole and differs from ours. Nothing is fetched, and nobody stood for, before ours is read. */
export function verifyOwnCopy(core: CoreState): void {
  const { endOffset, lastEpoch } = core.log;
  describeEvent(core, 'error', 'raft.chain.mismatch', { peer: core.election.leaderId ?? 'nobody', offset: endOffset, lastEpoch });
  const verification = verify(core, endOffset);
  const isToldAgain = verification.wholeAtMs !== undefined && verification.toldInEpoch === core.election.epoch;
  verification.toldInEpoch = core.election.epoch;
  if (isToldAgain) stop(core, endOffset);
}

export function takeVerified(core: CoreState, { endOffset, generation, damagedAt, problem }: Extract<Input, { kind: 'logVerified' }>): void {
  const { verification } = core;
  if (verification === undefined || verification.endOffset !== endOffset || verification.generation !== generation) return;
  if (!isOfThisLog(core, verification)) {
    core.verification = undefined;
    return answerWaiting(core, verification, 'UNKNOWN_SERVER_ERROR');
  }
  if (damagedAt !== undefined) {
    core.verification = undefined;
    beginRecovery(core, damagedAt, problem ?? 'unreadable');
    return answerWaiting(core, verification, 'NOT_LEADER_OR_FOLLOWER');
  }
  verification.wholeAtMs = core.nowMs;
  describeEvent(core, 'warn', 'raft.log.verified', { offset: endOffset });
  answerWaiting(core, verification, 'CHAIN_MISMATCH');
}

/** The asker is gone. */
export function forgetWaiting(core: CoreState, token: ReplyToken): void {
  core.verification?.waiting.delete(token);
}

/** Leadership has ended: whoever waits is told to look elsewhere. */
export function releaseWaiting(core: CoreState): void {
  if (core.verification !== undefined) answerWaiting(core, core.verification, 'NOT_LEADER_OR_FOLLOWER');
}

function verify(core: CoreState, endOffset: Offset): Verification {
  const { generation, startOffset } = core.log;
  const known = core.verification;
  if (known !== undefined && isOfThisLog(core, known) && isFresh(core, known, endOffset)) return known;
  const waiting = known?.waiting ?? new Map<ReplyToken, Offset>();
  const verification: Verification = { endOffset: core.log.endOffset, generation, startOffset, toldInEpoch: undefined, wholeAtMs: undefined, waiting };
  core.verification = verification;
  core.outbox.emit({ kind: 'verifyLog', endOffset: verification.endOffset, generation });
  return verification;
}

function isOfThisLog({ log }: CoreState, { generation, startOffset }: Verification): boolean {
  return generation === log.generation && startOffset === log.startOffset;
}

function isFresh({ nowMs }: CoreState, { wholeAtMs, endOffset }: Verification, upTo: Offset): boolean {
  return wholeAtMs === undefined || (nowMs < wholeAtMs + VERIFIED_MS && upTo <= endOffset);
}

/** A Fetch beyond what was read learns nothing of it: its sender asks again, and then more is read. */
function answerWaiting(core: CoreState, { waiting, endOffset }: Verification, error: 'CHAIN_MISMATCH' | 'NOT_LEADER_OR_FOLLOWER' | 'UNKNOWN_SERVER_ERROR'): void {
  for (const [token, fetchOffset] of waiting) refuseFetch(core, token, fetchOffset > endOffset && error === 'CHAIN_MISMATCH' ? 'UNKNOWN_SERVER_ERROR' : error);
  waiting.clear();
}

function stop(core: CoreState, endOffset: Offset): void {
  const { epoch, leaderId } = core.election;
  core.outbox.emit({
    kind: 'stop',
    problem: `this log and that of leader ${leaderId ?? 'nobody'} (epoch ${epoch}) both end a batch of epoch ${core.log.lastEpoch} at offset ${endOffset}, with different bytes, and both are whole on disk. One of them holds what was never committed: compare them with \`quorate log dump\` before either starts again.`,
  });
}
