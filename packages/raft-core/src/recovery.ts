import type { Offset } from '@quorate/records';
import { discoveryStart } from './adoption.js';
import type { Recovery } from './config.js';
import { describeEvent, standAfter, type CoreState } from './core-state.js';
import { isFetch } from './fetching.js';
import { endEpochNow } from './hand-over.js';
import { cutToDamage } from './replicate.js';
import { becomeUnattached } from './transitions.js';

/**
 * Whether everything that this node may ever have acknowledged, as far as it was committed, is in its log again.
 *
 * While it neither votes nor stands, each new leader is elected by a majority without it. That majority meets every majority
 * that committed something, this node's lost copy counted, in a third node; so each leader of an epoch in which the
 * node was already damaged has all of it, and so has the leader that was in office then. A log that has been fetched again
 * from such a leader is enough
 * - when it has come to a record of a later epoch than that of the damage: all that had been committed before lies
 *   before that leader's first record, and nothing of its epoch was acknowledged but what is on disk now; or
 * - when it has come to where acknowledgements ended: before that, it is the leader's log.
 * That the high watermark is reached would not do: a Fetch sent before the crash may reach the old leader late, and count.
 *
 * Full argument: docs/protocol.md.
 */
export function isRepaired(log: { readonly recovery: Recovery | undefined; readonly lastEpoch: number; readonly endOffset: number; readonly isFlushed: boolean }): boolean {
  const { recovery } = log;
  if (recovery === undefined || !log.isFlushed) return false;
  if (log.lastEpoch > recovery.epoch) return true;
  return recovery.endOffset !== undefined && log.endOffset >= recovery.endOffset;
}

/** Ends a repair as soon as it may end: from then on this node counts like every other. */
export function settleRecovery(core: CoreState): void {
  if (!isRepaired(core.log)) return;
  core.log.endRecovery();
  describeEvent(core, 'info', 'raft.log.repaired', { offset: core.log.endOffset, lastEpoch: core.log.lastEpoch });
  core.outbox.emit({ kind: 'recovered' });
}

/**
 * The log is damaged from `damagedAt` on. What is behind is worth nothing as a copy: it is cut off, below the high watermark if
 * need be, and fetched again. Until that is done this node has no say.
 */
export function beginRecovery(core: CoreState, damagedAt: Offset, problem: string): void {
  const { log, highWatermark } = core;
  describeEvent(core, 'error', 'raft.log.damaged', { offset: damagedAt, endOffset: log.endOffset, highWatermark: highWatermark ?? 'none', problem });
  const before = log.recovery;
  const epoch = before !== undefined && before.epoch > core.election.epoch ? before.epoch : core.election.epoch;
  const recovery: Recovery = { epoch, endOffset: furthest(before, log.flushedOffset) };
  loseOffice(core);
  const fetch = core.requests.find(({ request }) => isFetch(request));
  if (fetch !== undefined) core.requests.take(fetch.requestId);
  cutToDamage(core, damagedAt, recovery);
  if (core.role.kind === 'follower') core.role.fetcher.nextMs = core.nowMs;
}

/** Nothing acknowledged lies behind it; unknown stays unknown. */
function furthest(before: Recovery | undefined, flushedOffset: Offset): Offset | undefined {
  if (before === undefined) return flushedOffset;
  if (before.endOffset === undefined) return undefined;
  return before.endOffset > flushedOffset ? before.endOffset : flushedOffset;
}

/** A leader's epoch ends, a candidate's round too. */
function loseOffice(core: CoreState): void {
  endEpochNow(core, 'operator', 'its log is damaged');
  const { role } = core;
  if (role.kind !== 'prospective' && role.kind !== 'candidate') return;
  becomeUnattached(core, { epoch: core.election.epoch, standing: standAfter(core, 'election-timeout', 0), fetchAtMs: discoveryStart(core), reason: 'its log is damaged' });
}
