import type { Offset } from '@quorate/records';
import { isVoter, voterSet, type CoreState } from './core-state.js';
import { replyData } from './fetch-replies.js';
import type { ReadToken } from './input.js';
import type { ReplicaProgress } from './replica-progress.js';
import type { LeaderRole } from './role.js';

/** Reads that share one question to the voters: is this still the epoch? */
interface ReadRound {
  readonly tokens: readonly ReadToken[];
  /** High watermark when the round began; undefined while nothing of this epoch is committed. */
  readonly index: Offset | undefined;
  /** Voters that have fetched in this epoch since they were told of the round. */
  readonly confirmedBy: Set<ReplicaProgress>;
}

/** The leader's linearizable reads. One round runs at a time; what comes meanwhile shares the next one. */
export interface ReadRounds {
  running: ReadRound | undefined;
  waiting: ReadToken[];
}

/**
 * Linearizable reads without writing to the log. A read may be answered from all that was committed when it came, as soon
 * as it is sure that nobody else has led since: a majority of voters must have been in our epoch *after* the read came. The
 * leader asks by a round number in its Fetch answers, and only Fetches that name this round or a later one count: an older
 * Fetch may have been on its way when a new leader was elected. Source: Raft thesis 6.4 (ReadIndex), on KRaft's pull.
 */
export function takeRead(core: CoreState, token: ReadToken): void {
  const { role } = core;
  if (role.kind !== 'leader') return core.outbox.emit({ kind: 'readRefused', token, reason: 'not-leader' });
  role.reads.waiting.push(token);
  beginRound(core, role);
}

/** A voter has fetched in our epoch and names the last round that it was told of. Recovering voters do not count. */
export function confirmReads(core: CoreState, role: LeaderRole, progress: ReplicaProgress, readRound: number): void {
  const { running } = role.reads;
  if (running === undefined || readRound < role.readRound || progress.recovering || !voterSet(core).has(progress)) return;
  running.confirmedBy.add(progress);
  answerReads(core, role);
}

/** Answers the reads of the running round if it is confirmed. To be called too when the high watermark has moved. */
export function answerReads(core: CoreState, role: LeaderRole): void {
  const { running } = role.reads;
  if (running === undefined || !isConfirmed(core, running)) return;
  // Only a commit of its own epoch tells a leader what earlier leaders have committed (Raft paper 8).
  const index = running.index ?? role.highWatermark;
  if (index === undefined) return;
  role.reads.running = undefined;
  for (const token of running.tokens) core.outbox.emit({ kind: 'readReady', token, index });
  beginRound(core, role);
}

/** The epoch is over: whether its state is still current, nobody here can say any more. */
export function refuseReads(core: CoreState, { reads }: LeaderRole): void {
  const tokens = [...(reads.running?.tokens ?? []), ...reads.waiting];
  reads.running = undefined;
  reads.waiting = [];
  for (const token of tokens) core.outbox.emit({ kind: 'readRefused', token, reason: 'leadership-lost' });
}

/** Whether a voter's Fetch must be answered at once because it does not know yet that a round runs. */
export function hasReadNews(role: LeaderRole, fetch: { readonly readRound: number }): boolean {
  return role.reads.running !== undefined && fetch.readRound < role.readRound;
}

function beginRound(core: CoreState, role: LeaderRole): void {
  const { reads } = role;
  if (reads.running !== undefined || reads.waiting.length === 0) return;
  role.readRound += 1;
  reads.running = { tokens: reads.waiting, index: role.highWatermark, confirmedBy: new Set() };
  reads.waiting = [];
  for (const fetch of role.parkedVoters.takeWhere(() => true)) replyData(core, role, fetch);
  answerReads(core, role);
}

function isConfirmed(core: CoreState, { confirmedBy }: ReadRound): boolean {
  const voters = voterSet(core);
  let confirmed = isVoter(core) ? 1 : 0;
  for (const progress of confirmedBy) if (!progress.recovering && voters.has(progress)) confirmed += 1;
  return confirmed >= voters.majority;
}
