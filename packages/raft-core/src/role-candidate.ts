import { canStand, type CoreState } from './core-state.js';
import type { CandidateRole } from './role.js';
import { stand, timeOutRound } from './rounds.js';

/** Collects votes until its round ends, then waits and begins again with a pre-vote in the same epoch. */
export function tickCandidate(core: CoreState, role: CandidateRole): void {
  const { phase } = role;
  if (phase.kind === 'voting') {
    if (phase.campaign.roundEndsMs <= core.nowMs) timeOutRound(core);
  } else if (phase.standing.atMs <= core.nowMs && canStand(core)) {
    stand(core, phase.standing);
  }
}

export function candidateDeadlineMs(core: CoreState, role: CandidateRole): number | undefined {
  if (role.phase.kind === 'voting') return role.phase.campaign.roundEndsMs;
  return canStand(core) ? role.phase.standing.atMs : undefined;
}
