import type { Offset } from '@quorate/records';
import { assert } from './assert.js';
import { appendReplicated, cutBack } from './replicate.js';
import { describeEvent, type CoreState } from './core-state.js';
import { truncationPoint } from './fetch.js';
import { fetchDone, fetchFailed } from './fetching.js';
import type { FetchResponse } from './messages.js';
import type { OpenRequest } from './request-table.js';
import { dropDownload } from './snapshot-download.js';
import { beginDownload } from './take-fetch-snapshot-response.js';
import { verifyOwnCopy } from './verify-copies.js';
import { fetchSucceeded } from './role-follower.js';
import type { FollowerRole } from './role.js';

/** What the leader answered to this follower's Fetch. Epochs and leader are dealt with already. */
export function takeFetchResponse(core: CoreState, role: FollowerRole, open: OpenRequest, response: FetchResponse): void {
  if (response.error !== 'NONE') {
    refusedFetch(core, role, open, response);
    return;
  }
  fetchSucceeded(core, role);
  // The leader waits to hear that we know of the round: that is worth a Fetch at once, though it brings nothing.
  const newRound = response.readRound > role.readRound;
  role.readRound = response.readRound;
  if (response.snapshotId !== undefined) {
    beginDownload(core, role, response.snapshotId, open.sentMs);
    return;
  }
  dropDownload(core, 'the leader no longer asks for it');
  if (response.diverging !== undefined) {
    const gained = truncateTo(core, truncationPoint(core.log, response.diverging));
    fetchDone(core, role.fetcher, { gained: gained || newRound, sentMs: open.sentMs });
    return;
  }
  const appended = appendReplicated(core, response.batches);
  // Batches that do not continue our log say that the two logs differ at our end: then what is committed there is not what is here.
  const continues = appended || response.batches.length === 0;
  const advanced = continues && followHighWatermark(core, response.highWatermark);
  fetchDone(core, role.fetcher, { gained: appended || advanced || newRound, sentMs: open.sentMs });
}

function refusedFetch(core: CoreState, role: FollowerRole, open: OpenRequest, response: FetchResponse): void {
  const isOfLeader = open.to === role.leader.id;
  const isMismatch = isOfLeader && response.error === 'CHAIN_MISMATCH';
  fetchFailed(core, role.fetcher, isOfLeader && !isMismatch);
  if (isMismatch) verifyOwnCopy(core);
}

/** The high watermark of a follower: the leader's, as far as its own log goes; it never falls. */
function followHighWatermark(core: CoreState, leaders: Offset | undefined): boolean {
  if (leaders === undefined) return false;
  const next = leaders < core.log.endOffset ? leaders : core.log.endOffset;
  if (next <= (core.highWatermark ?? 0)) return false;
  core.highWatermark = next;
  core.outbox.emit({ kind: 'advanceHighWatermark', highWatermark: next });
  return true;
}

/** @returns whether anything was cut. */
function truncateTo(core: CoreState, endOffset: Offset): boolean {
  const { log, highWatermark } = core;
  // A damaged log may end below what is committed; what it holds of that is not cut either.
  const committed = highWatermark === undefined ? log.startOffset : smaller(highWatermark, log.endOffset);
  assert(
    endOffset >= committed,
    `the leader's log diverges at ${endOffset}, below the high watermark ${highWatermark}: a committed record would vanish`,
  );
  if (endOffset === log.endOffset) {
    describeEvent(core, 'warn', 'raft.log.diverging', { offset: endOffset });
    return false;
  }
  describeEvent(core, 'info', 'raft.log.truncated', { offset: endOffset, dropped: log.endOffset - endOffset });
  cutBack(core, endOffset);
  return true;
}

function smaller(a: Offset, b: Offset): Offset {
  return a < b ? a : b;
}
