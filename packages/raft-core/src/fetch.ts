import type { Epoch, Offset } from '@quorate/records';
import type { EpochEnd, EpochHistory } from './epoch-history.js';

/** What the rules of this file need to know of a log. */
export interface LogPosition {
  readonly startOffset: Offset;
  /** Epoch of the record before the start. */
  readonly startEpoch: Epoch;
  readonly endOffset: Offset;
  readonly epochs: EpochHistory;
  readonly latestSnapshot: { readonly endOffset: Offset; readonly epoch: Epoch } | undefined;
}

/** The leader's finding about where a fetch wants to go on. */
export type FetchVerdict =
  | { readonly kind: 'valid' }
  /** The logs part; `at` is the largest epoch of ours at or below the asker's, and its end here. */
  | { readonly kind: 'diverging'; readonly at: EpochEnd }
  /** The asker needs this snapshot first. */
  | { readonly kind: 'snapshot'; readonly snapshotId: { readonly endOffset: Offset; readonly epoch: Epoch } };

/**
 * Says whether the leader's log continues the asker's, whose log ends at `fetchOffset` with a record of `lastFetchedEpoch`.
 *
 * An asker that has nothing gets the snapshot when there is one, rather than the whole log (KAFKA-15078).
 * Source: KIP-595, KIP-630.
 */
export function validateFetch(log: LogPosition, fetchOffset: Offset, lastFetchedEpoch: Epoch): FetchVerdict {
  const snapshotId = log.latestSnapshot;
  if (snapshotId !== undefined && needsSnapshot(log, fetchOffset, lastFetchedEpoch)) return { kind: 'snapshot', snapshotId };
  if (log.startOffset === 0 && fetchOffset === 0) return { kind: 'valid' };
  const at = log.epochs.endOf(lastFetchedEpoch, log.endOffset);
  if (at.epoch !== lastFetchedEpoch || at.endOffset < fetchOffset) return { kind: 'diverging', at };
  return { kind: 'valid' };
}

/** What lies before the log start cannot be compared any more: whoever is not sure to have it all gets the snapshot. */
function needsSnapshot({ startOffset, startEpoch }: LogPosition, fetchOffset: Offset, lastFetchedEpoch: Epoch): boolean {
  if (fetchOffset === 0 || fetchOffset < startOffset) return true;
  if (startOffset === 0) return false;
  return fetchOffset === startOffset ? lastFetchedEpoch !== startEpoch : lastFetchedEpoch < startEpoch;
}

/**
 * Where a follower cuts its log when the leader says that it diverges at (epoch, end offset). The cut is an epoch's edge of
 * one of the two logs, so it is a batch edge as well. Fetching again from there may find a still earlier point; each
 * round goes back by at least one epoch. Source: KIP-595.
 */
export function truncationPoint(log: LogPosition, leader: EpochEnd): Offset {
  if (leader.epoch === 0) return smaller(leader.endOffset, log.endOffset);
  const own = log.epochs.endOf(leader.epoch, log.endOffset);
  return own.epoch === leader.epoch ? smaller(own.endOffset, leader.endOffset) : own.endOffset;
}

function smaller(a: Offset, b: Offset): Offset {
  return a < b ? a : b;
}
