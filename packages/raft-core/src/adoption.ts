import type { Epoch, NodeId } from '@quorate/records';
import { describeEvent, locateLeader, standAfter, type CoreState } from './core-state.js';
import { DISCOVERY_DELAY_MS, backoffMs } from './election-timing.js';
import type { Endpoint } from './replica-key.js';
import type { Role, Standing } from './role.js';
import { sameEndpoints } from './voter-set.js';
import { becomeFollower, becomeUnattached } from './transitions.js';
import { isVoter } from './core-state.js';

/** A claim of who leads an epoch, from a request or in an answer. */
export interface LeaderClaim {
  readonly epoch: Epoch;
  readonly leaderId: NodeId | undefined;
  readonly endpoints: readonly Endpoint[];
}

/**
 * Takes up a newer epoch of which no leader is known. Anything with a newer epoch does this, requests and answers alike: an
 * epoch that exists anywhere makes all older leaders void. Does nothing for an epoch that is not newer.
 */
export function adoptEpoch(core: CoreState, epoch: Epoch, reason: string): void {
  if (epoch <= core.election.epoch) return;
  becomeUnattached(core, { epoch, standing: keptStanding(core, core.role), fetchAtMs: discoveryStart(core), reason, outcome: 'higher-epoch' });
}

/**
 * Takes up what somebody says of the leader, as far as it is news: a newer epoch, the leader of ours, or more of its
 * endpoints. Older epochs are ignored; two leaders in one epoch are a broken invariant.
 */
export function adoptLeader(core: CoreState, claim: LeaderClaim, reason: string): void {
  const { leaderId, epoch } = claim;
  if (epoch < core.election.epoch) return;
  if (leaderId === undefined || leaderId === core.self.id) {
    // Nobody can be told to follow itself: it may have led an epoch that it no longer remembers.
    adoptEpoch(core, epoch, reason);
    return;
  }
  if (epoch === core.election.epoch && knowsThatMuch(core, leaderId, claim.endpoints)) return;
  const leader = locateLeader(core, leaderId, claim.endpoints);
  if (leader !== undefined) {
    becomeFollower(core, { epoch, leader, reason });
    return;
  }
  if (epoch === core.election.epoch && core.election.leaderId === leaderId) return;
  becomeUnattached(core, { epoch, leaderId, standing: keptStanding(core, core.role), fetchAtMs: core.nowMs, reason, outcome: 'found-leader' });
}

/** Whether the claim adds nothing. More endpoints of a leader that is followed already are taken up on the way. */
function knowsThatMuch(core: CoreState, leaderId: NodeId, endpoints: readonly Endpoint[]): boolean {
  const { role } = core;
  switch (role.kind) {
    case 'follower':
      if (role.leader.id === leaderId && endpoints.length > role.leader.endpoints.length && !sameEndpoints(endpoints, role.leader.endpoints)) {
        role.leader = { id: leaderId, endpoints };
        describeEvent(core, 'info', 'raft.leader.endpoints', { peer: leaderId, endpoints: endpoints.length });
      }
      return role.leader.id === leaderId;
    case 'prospective':
      return role.leader?.id === leaderId;
    case 'unattached':
    case 'candidate':
      return false;
    case 'leader':
    case 'resigned':
      return leaderId === core.self.id;
  }
}

/** What remains of a countdown when a newer epoch ends the present role; undefined where none was running. */
function keptStanding(core: CoreState, role: Role): Standing | undefined {
  switch (role.kind) {
    case 'unattached':
      return role.standing;
    case 'follower':
      return role.lost;
    case 'prospective':
      return standAfter(core, role.campaign.trigger, nextBackoffMs(core));
    case 'candidate':
      return role.phase.kind === 'waiting' ? role.phase.standing : standAfter(core, role.phase.campaign.trigger, nextBackoffMs(core));
    case 'leader':
    case 'resigned':
      return undefined;
  }
}

/** Random wait before the next round, by the number of rounds lost so far. */
export function nextBackoffMs(core: CoreState): number {
  return backoffMs(Math.max(core.lostRounds, 1), core.config.timers.electionBackoffMaxMs, core.config.random());
}

/** A voter asks around only when its election has not told it who leads; whoever never stands asks at once. */
export function discoveryStart(core: CoreState): number {
  return isVoter(core) ? core.nowMs + DISCOVERY_DELAY_MS : core.nowMs;
}
