import { assertNever } from './assert.js';
import type { CoreState } from './core-state.js';
import { candidateDeadlineMs, tickCandidate } from './role-candidate.js';
import { driveFollower, followerDeadlineMs, tickFollower } from './role-follower.js';
import { driveLeader, leaderDeadlineMs, tickLeader } from './role-leader.js';
import { prospectiveDeadlineMs, tickProspective } from './role-prospective.js';
import { driveResigned, resignedDeadlineMs, tickResigned } from './role-resigned.js';
import { driveUnattached, tickUnattached, unattachedDeadlineMs } from './role-unattached.js';

/** Does what the role's clock calls for. */
export function tickRole(core: CoreState): void {
  const { role } = core;
  switch (role.kind) {
    case 'unattached':
      return tickUnattached(core, role);
    case 'prospective':
      return tickProspective(core, role);
    case 'candidate':
      return tickCandidate(core, role);
    case 'leader':
      return tickLeader(core, role);
    case 'follower':
      return tickFollower(core, role);
    case 'resigned':
      return tickResigned(core, role);
    default:
      return assertNever(role);
  }
}

/** Sends what the role owes to others by now. Runs after every input. */
export function driveRole(core: CoreState): void {
  const { role } = core;
  switch (role.kind) {
    case 'unattached':
      return driveUnattached(core, role);
    case 'leader':
      return driveLeader(core, role);
    case 'follower':
      return driveFollower(core, role);
    case 'resigned':
      return driveResigned(core, role);
    case 'prospective':
    case 'candidate':
      return;
    default:
      return assertNever(role);
  }
}

export function deadlineOfRole(core: CoreState): number | undefined {
  const { role } = core;
  switch (role.kind) {
    case 'unattached':
      return unattachedDeadlineMs(core, role);
    case 'prospective':
      return prospectiveDeadlineMs(role);
    case 'candidate':
      return candidateDeadlineMs(core, role);
    case 'leader':
      return leaderDeadlineMs(core, role);
    case 'follower':
      return followerDeadlineMs(core, role);
    case 'resigned':
      return resignedDeadlineMs(core, role);
    default:
      return assertNever(role);
  }
}
