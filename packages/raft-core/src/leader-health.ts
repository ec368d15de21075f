import type { Offset } from '@quorate/records';
import { describeEvent, isVoter, voterSet, type CoreState } from './core-state.js';
import { earliest } from './deadlines.js';
import { noProgressMs } from './election-timing.js';
import { beginHandOver, endEpochNow } from './hand-over.js';
import { voterProgress } from './leader-replication.js';
import type { LeaderRole } from './role.js';

/** What a leader knows of its own usefulness. Times are monotonic milliseconds. */
export interface LeaderHealth {
  /** Since when something waits for a majority and nothing was committed; undefined while nothing waits. */
  waitingSinceMs: number | undefined;
  /** High watermark when that was last looked at. */
  highWatermark: Offset | undefined;
  /** Since when a majority has committed what our own disk does not hold; undefined while it does. */
  flushLagSinceMs: number | undefined;
}

export function newLeaderHealth(): LeaderHealth {
  return { waitingSinceMs: undefined, highWatermark: undefined, flushLagSinceMs: undefined };
}

/** To be called at the end of each step of a leader. */
export function watchLeaderHealth(core: CoreState, role: LeaderRole): void {
  watchProgress(core, role);
  watchFlush(core, role);
}

/**
 * Gives up what this leader is no good for. Check-quorum alone does not see it: followers that fetch, but never get any
 * further (answers that are lost or damaged on the way out, whichever frame size a broken switch drops), keep a leader in
 * office that commits nothing; and a leader with a slow disk holds everybody up, since it begins no batch before its own
 * disk has the one before.
 */
export function tickLeaderHealth(core: CoreState, role: LeaderRole): void {
  const { nowMs } = core;
  const { waitingSinceMs, flushLagSinceMs } = role.health;
  if (waitingSinceMs !== undefined && waitingSinceMs + noProgressMs(core.config.timers.fetchTimeoutMs) <= nowMs) {
    if (!getsSomewhere(core, role, waitingSinceMs)) {
      describeEvent(core, 'error', 'raft.quorum.stuck', { offset: core.log.endOffset, highWatermark: role.highWatermark ?? 'none', waitingMs: nowMs - waitingSinceMs });
      return endEpochNow(core, 'check-quorum', 'a majority fetches, but gets no further');
    }
    role.health.waitingSinceMs = nowMs;
  }
  if (flushLagSinceMs === undefined || role.handOver !== undefined || flushLagSinceMs + core.config.timers.leaderFlushLagMaxMs > nowMs) return;
  describeEvent(core, 'error', 'raft.disk.slow', { offset: core.log.endOffset, flushed: core.log.flushedOffset, lagMs: nowMs - flushLagSinceMs });
  beginHandOver(core, 'operator', 'its own disk lags behind the majority');
}

export function leaderHealthDeadlineMs(core: CoreState, { health, handOver }: LeaderRole): number | undefined {
  const { waitingSinceMs, flushLagSinceMs } = health;
  const { fetchTimeoutMs, leaderFlushLagMaxMs } = core.config.timers;
  return earliest(
    waitingSinceMs === undefined ? undefined : waitingSinceMs + noProgressMs(fetchTimeoutMs),
    flushLagSinceMs === undefined || handOver !== undefined ? undefined : flushLagSinceMs + leaderFlushLagMaxMs,
  );
}

function watchProgress(core: CoreState, { health, highWatermark }: LeaderRole): void {
  const waits = !voterSet(core).isOnly(core.self) && (highWatermark ?? (0 as Offset)) < core.log.endOffset;
  if (!waits) health.waitingSinceMs = undefined;
  else if (health.waitingSinceMs === undefined || health.highWatermark !== highWatermark) health.waitingSinceMs = core.nowMs;
  health.highWatermark = highWatermark;
}

/** Whether a majority, this node among it, gets on though nothing is committed: voters that catch up take their time. */
function getsSomewhere(core: CoreState, role: LeaderRole, sinceMs: number): boolean {
  const others = voterProgress(core, role).filter(({ progressedMs }) => progressedMs !== undefined && progressedMs > sinceMs);
  return others.length + (isVoter(core) ? 1 : 0) >= voterSet(core).majority;
}

function watchFlush(core: CoreState, role: LeaderRole): void {
  const lags = (role.highWatermark ?? (0 as Offset)) > core.log.flushedOffset;
  if (!lags) role.health.flushLagSinceMs = undefined;
  else role.health.flushLagSinceMs ??= core.nowMs;
}
