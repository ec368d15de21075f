import { voterSet, type CoreState } from './core-state.js';
import { SHUTDOWN_GRACE_MS } from './election-timing.js';
import { beginHandOver, endEpochNow } from './hand-over.js';

/**
 * Graceful shutdown. Whoever is not needed goes at once; a leader hands over first and stays to grant its vote until it sees
 * the next epoch; a candidate finishes its election. Nobody stands any more meanwhile. Source: KIP-595, KIP-853.
 */
export function beginShutdown(core: CoreState): void {
  if (core.shutdown !== 'no') return;
  core.shutdown = 'begun';
  core.shutdownDeadlineMs = core.nowMs + SHUTDOWN_GRACE_MS;
}

/** To be called at the end of each step. */
export function settleShutdown(core: CoreState): void {
  if (core.shutdown !== 'begun') return;
  if (core.role.kind === 'leader') beginHandOver(core, 'operator', 'shutting down');
  if (core.nowMs >= core.shutdownDeadlineMs) endEpochNow(core, 'operator', 'shutting down');
  if (core.nowMs < core.shutdownDeadlineMs && isNeeded(core)) return;
  core.shutdown = 'complete';
  core.requests.clear();
  core.outbox.emit({ kind: 'shutdownComplete' });
}

export function shutdownDeadlineMs(core: CoreState): number | undefined {
  if (core.shutdown !== 'begun') return undefined;
  return core.role.kind === 'resigned' ? Math.min(core.role.deadlineMs, core.shutdownDeadlineMs) : core.shutdownDeadlineMs;
}

function isNeeded(core: CoreState): boolean {
  const { role, nowMs } = core;
  switch (role.kind) {
    case 'leader':
    case 'prospective':
      return true;
    case 'candidate':
      return role.phase.kind === 'voting';
    case 'resigned':
      return role.deadlineMs > nowMs && !voterSet(core).isOnly(core.self);
    case 'unattached':
    case 'follower':
      return false;
  }
}
