import type { CoreState } from './core-state.js';
import type { ProspectiveRole } from './role.js';
import { timeOutRound } from './rounds.js';

/** Collects pre-votes until its round ends. */
export function tickProspective(core: CoreState, role: ProspectiveRole): void {
  if (role.campaign.roundEndsMs <= core.nowMs) timeOutRound(core);
}

export function prospectiveDeadlineMs(role: ProspectiveRole): number {
  return role.campaign.roundEndsMs;
}
