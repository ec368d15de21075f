import { describeEvent, isVoter, type CoreState } from './core-state.js';
import type { ElectionTrigger } from './core-event.js';
import { electionTimeoutMs } from './election-timing.js';
import { voterProgress } from './leader-replication.js';
import { bySuccession, type ReplicaProgress } from './replica-progress.js';
import type { HandOver, LeaderRole } from './role.js';
import { becomeResigned } from './transitions.js';

/**
 * Stops taking proposals; the epoch ends as soon as all that was taken is committed and the first successor has it, so that
 * it can stand at once and win. If that does not come about in time, the epoch ends all the same.
 */
export function beginHandOver(core: CoreState, trigger: ElectionTrigger, reason: string): void {
  const { role } = core;
  if (role.kind !== 'leader' || role.handOver?.mustGo === true) return;
  const { untilMs, transfer } = role.handOver ?? { untilMs: core.nowMs + core.config.timers.electionTimeoutMs, transfer: undefined };
  role.handOver = { reason, trigger, untilMs, transfer, mustGo: true };
  endEpochWhenReady(core);
}

/** To be called whenever a fetch or a flush may have completed the hand-over. */
export function endEpochWhenReady(core: CoreState): void {
  const { role } = core;
  if (role.kind !== 'leader' || role.handOver === undefined) return;
  if (isHandedOver(core, role, role.handOver)) return endEpoch(core, role, role.handOver);
  if (core.nowMs < role.handOver.untilMs) return;
  if (role.handOver.mustGo) endEpoch(core, role, role.handOver);
  else abandon(core, role, role.handOver);
}

/** Gives the epoch up now: a majority is out of reach, so there is nothing to wait for. */
export function endEpochNow(core: CoreState, trigger: ElectionTrigger, reason: string): void {
  if (core.role.kind === 'leader') endEpoch(core, core.role, { trigger, reason });
}

/** Nobody asked this leader to go: when its successor does not come, it leads on. */
function abandon(core: CoreState, role: LeaderRole, { transfer }: HandOver): void {
  role.handOver = undefined;
  if (transfer !== undefined) {
    const { token, successorId } = transfer;
    describeEvent(core, 'warn', 'raft.transfer.abandoned', { peer: successorId, offset: core.log.endOffset });
    core.outbox.emit({ kind: 'transferAnswered', token, outcome: { kind: 'abandoned', successorId } });
  }
  core.outbox.emit({ kind: 'handOverAbandoned', epoch: core.election.epoch });
}

function isHandedOver(core: CoreState, role: LeaderRole, handOver: HandOver): boolean {
  const { endOffset } = core.log;
  if (role.highWatermark !== endOffset) return false;
  const [first] = successors(core, role);
  if (first === undefined) return isVoter(core) && handOver.transfer === undefined;
  return first.endOffset === endOffset && (handOver.transfer === undefined || handOver.transfer.successorId === first.id);
}

function endEpoch(core: CoreState, role: LeaderRole, why: { readonly trigger: ElectionTrigger; readonly reason: string }): void {
  const preferredSuccessors = successors(core, role).map(({ id, directoryId }) => ({ id, directoryId }));
  const deadlineMs = core.nowMs + electionTimeoutMs(core.config.timers.electionTimeoutMs, core.config.random());
  becomeResigned(core, { ...why, deadlineMs, preferredSuccessors });
}

/** Best first; whom leadership is to go to before all others. */
function successors(core: CoreState, role: LeaderRole): readonly ReplicaProgress[] {
  const byLog = bySuccession(voterProgress(core, role));
  const named = byLog.find(({ id }) => id === role.handOver?.transfer?.successorId);
  return named === undefined ? byLog : [named, ...byLog.filter((voter) => voter !== named)];
}
