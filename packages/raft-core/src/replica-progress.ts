import type { NodeId, Offset, Uuid } from '@quorate/records';
import type { Endpoint } from './replica-key.js';

/** What the leader knows of one replica, from its fetches alone. Times are the leader's monotonic milliseconds. */
export interface ReplicaProgress {
  readonly id: NodeId;
  readonly directoryId: Uuid | undefined;
  /** Acknowledged: the replica has everything before it on disk. Undefined until its first valid fetch in this epoch. */
  endOffset: Offset | undefined;
  lastFetchMs: number | undefined;
  /** When the replica last had all that the leader had. */
  lastCaughtUpMs: number | undefined;
  /** Our log end when it fetched last. */
  leaderEndAtLastFetch: Offset | undefined;
  /** It repairs its log and does not count towards any majority. */
  recovering: boolean;
  /** Where it listens, as an observer with the controller role says in its fetches; empty for all others. */
  endpoints: readonly Endpoint[];
  /** When it last acknowledged more than before, held everything, or fetched a piece of a snapshot. */
  progressedMs: number | undefined;
}

export function newProgress(id: NodeId, directoryId: Uuid | undefined): ReplicaProgress {
  return { id, directoryId, endOffset: undefined, lastFetchMs: undefined, lastCaughtUpMs: undefined, leaderEndAtLastFetch: undefined, recovering: false, endpoints: [], progressedMs: undefined };
}

/**
 * Records one valid fetch. A replica that asks for less than it had acknowledged has lost data: it is believed, since
 * what is on its disk is what counts; the high watermark stays where it is all the same.
 */
export function recordFetch(progress: ReplicaProgress, fetch: { readonly offset: Offset; readonly leaderEnd: Offset; readonly nowMs: number }): void {
  if (fetch.offset >= fetch.leaderEnd) {
    progress.lastCaughtUpMs = fetch.nowMs;
  } else if (progress.leaderEndAtLastFetch !== undefined && fetch.offset >= progress.leaderEndAtLastFetch) {
    // It now has what we had when it fetched before, so at that moment it was on its way to be caught up.
    progress.lastCaughtUpMs = progress.lastFetchMs;
  }
  if (fetch.offset >= fetch.leaderEnd || fetch.offset > (progress.endOffset ?? -1)) progress.progressedMs = fetch.nowMs;
  progress.endOffset = fetch.offset;
  progress.lastFetchMs = fetch.nowMs;
  progress.leaderEndAtLastFetch = fetch.leaderEnd;
}

/** Preferred successors: those that count, furthest first; equal ones by id so that the order is the same everywhere. */
export function bySuccession(replicas: readonly ReplicaProgress[]): readonly ReplicaProgress[] {
  return replicas.filter((replica) => !replica.recovering).sort((a, b) => (b.endOffset ?? -1) - (a.endOffset ?? -1) || a.id - b.id);
}
