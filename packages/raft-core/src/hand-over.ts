import { isVoter, type CoreState } from './core-state.js';
import type { ElectionTrigger } from './core-event.js';
import { electionTimeoutMs } from './election-timing.js';
import { voterProgress } from './leader-replication.js';
import { bySuccession } from './replica-progress.js';
import type { LeaderRole } from './role.js';
import { becomeResigned } from './transitions.js';

/**
 * Stops taking proposals; the epoch ends as soon as all that was taken is committed and the first successor has it, so that
 * it can stand at once and win. If that does not come about in time, the epoch ends all the same.
 */
export function beginHandOver(core: CoreState, trigger: ElectionTrigger, reason: string): void {
  const { role } = core;
  if (role.kind !== 'leader' || role.handOver !== undefined) return;
  role.handOver = { reason, trigger, untilMs: core.nowMs + core.config.timers.electionTimeoutMs };
  endEpochWhenReady(core);
}

/** To be called whenever a fetch or a flush may have completed the hand-over. */
export function endEpochWhenReady(core: CoreState): void {
  const { role } = core;
  if (role.kind !== 'leader' || role.handOver === undefined) return;
  if (isHandedOver(core, role) || core.nowMs >= role.handOver.untilMs) endEpoch(core, role, role.handOver);
}

/** Gives the epoch up now: a majority is out of reach, so there is nothing to wait for. */
export function endEpochNow(core: CoreState, trigger: ElectionTrigger, reason: string): void {
  if (core.role.kind === 'leader') endEpoch(core, core.role, { trigger, reason });
}

function isHandedOver(core: CoreState, role: LeaderRole): boolean {
  const { endOffset } = core.log;
  if (role.highWatermark !== endOffset) return false;
  const [first] = bySuccession(voterProgress(core, role));
  return first === undefined ? isVoter(core) : first.endOffset === endOffset;
}

function endEpoch(core: CoreState, role: LeaderRole, why: { readonly trigger: ElectionTrigger; readonly reason: string }): void {
  const preferredSuccessors = bySuccession(voterProgress(core, role)).map(({ id, directoryId }) => ({ id, directoryId }));
  const deadlineMs = core.nowMs + electionTimeoutMs(core.config.timers.electionTimeoutMs, core.config.random());
  becomeResigned(core, { ...why, deadlineMs, preferredSuccessors });
}
