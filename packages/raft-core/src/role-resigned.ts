import type { Epoch } from '@quorate/records';
import { isBeingRemoved, isVoter, standAfter, voterSet, type CoreState } from './core-state.js';
import { earliest } from './deadlines.js';
import { retryBackoffMs } from './election-timing.js';
import type { OpenRequest } from './request-table.js';
import { sendRequest } from './requests-out.js';
import type { ResignedRole } from './role.js';
import { becomeUnattached } from './transitions.js';

/**
 * A resigned leader tells the others until they have all heard it, stays up to grant votes, and leaves its epoch for the next
 * when its time is over: in the old one it could be told to follow itself.
 */
export function tickResigned(core: CoreState, role: ResignedRole): void {
  if (role.deadlineMs > core.nowMs && !isDone(core, role)) return;
  if (core.shutdown !== 'no') return;
  const epoch = (core.election.epoch + 1) as Epoch;
  becomeUnattached(core, { epoch, standing: standAfter(core, role.trigger, 0), fetchAtMs: core.nowMs, reason: 'nobody has followed in the epoch that was given up' });
}

/** Nobody needs the vote of a node that was voted out: when all have been told, it can go and look for the next leader. */
function isDone(core: CoreState, role: ResignedRole): boolean {
  return !isVoter(core) && !isBeingRemoved(core) && role.unacknowledged.size === 0;
}

export function driveResigned(core: CoreState, role: ResignedRole): void {
  for (const voter of voterSet(core).others(core.self.id)) {
    const announcement = role.unacknowledged.get(voter.id);
    if (announcement === undefined || announcement.nextMs > core.nowMs) continue;
    announcement.nextMs = Infinity;
    sendRequest(core, voter, {
      kind: 'endQuorumEpoch',
      ...core.config.cluster,
      leaderId: core.self.id,
      leaderEpoch: core.election.epoch,
      preferredCandidates: role.preferredSuccessors,
      leaderEndpoints: core.config.self.endpoints,
    });
  }
}

export function endAcknowledged(role: ResignedRole, open: OpenRequest): void {
  role.unacknowledged.delete(open.to);
}

export function endFailed(core: CoreState, role: ResignedRole, open: OpenRequest): void {
  const announcement = role.unacknowledged.get(open.to);
  if (announcement === undefined) return;
  announcement.failures += 1;
  announcement.nextMs = core.nowMs + retryBackoffMs(announcement.failures);
}

export function resignedDeadlineMs(core: CoreState, role: ResignedRole): number | undefined {
  const announcements = [...role.unacknowledged.values()].map(({ nextMs }) => nextMs);
  const leavesMs = isDone(core, role) ? core.nowMs : role.deadlineMs;
  return earliest(core.shutdown === 'no' ? leavesMs : undefined, ...announcements);
}

