import { canStand, describeEvent, isVoter, standAfter, type CoreState } from './core-state.js';
import type { ElectionTrigger } from './core-event.js';
import { LOST_LEADER_DELAY_MS } from './election-timing.js';
import { fetcherDeadlineMs, keepFetching } from './fetching.js';
import type { FollowerRole } from './role.js';
import { stand } from './rounds.js';
import { earliest } from './deadlines.js';
import { keepOwnEntry, upkeepDeadlineMs } from './voter-upkeep.js';

/**
 * A follower fetches, and listens for its leader. It hears the leader until the connection is lost, the leader ends its
 * epoch, nothing comes for the silence timeout, or no Fetch succeeds for the fetch timeout. From that moment it grants
 * pre-votes by the log alone, and after a short random delay it stands itself, if it is a voter.
 */
export function tickFollower(core: CoreState, role: FollowerRole): void {
  const { nowMs } = core;
  if (!canStand(core)) {
    lookElsewhere(core, role);
    return;
  }
  if (role.lost === undefined && role.fetchDeadlineMs <= nowMs) loseLeader(core, role, 'fetch-timeout');
  if (role.lost === undefined && silentAtMs(core, role) <= nowMs) loseLeader(core, role, 'leader-silent');
  if (role.lost !== undefined && role.lost.atMs <= nowMs) stand(core, role.lost);
}

export function driveFollower(core: CoreState, role: FollowerRole): void {
  keepFetching(core, role.fetcher);
  keepOwnEntry(core, role);
}

export function followerDeadlineMs(core: CoreState, role: FollowerRole): number | undefined {
  const fetch = earliest(fetcherDeadlineMs(core, role.fetcher), upkeepDeadlineMs(core, role));
  if (!canStand(core)) return earliest(fetch, role.fetchDeadlineMs);
  if (role.lost !== undefined) return earliest(fetch, role.lost.atMs);
  return earliest(fetch, role.fetchDeadlineMs, silentAtMs(core, role));
}

/** The leader has said something: it is heard again, unless it has ended its epoch or only a Fetch would prove it alive. */
export function hearLeader(core: CoreState, role: FollowerRole): void {
  role.lastContactMs = core.nowMs;
  core.lastLeaderContactMs = core.nowMs;
  if (role.lost !== undefined && !role.lost.ended && role.lost.trigger !== 'fetch-timeout') role.lost = undefined;
}

/** A Fetch was answered without error: the leader leads. */
export function fetchSucceeded(core: CoreState, role: FollowerRole): void {
  hearLeader(core, role);
  if (role.lost?.ended === false) role.lost = undefined;
  role.hasFetched = true;
  // The election that a vote was granted for is over.
  core.notBeforeMs = -Infinity;
  role.fetchDeadlineMs = core.nowMs + core.config.timers.fetchTimeoutMs;
  core.lostRounds = 0;
}

/** The connection to the leader broke and could not be dialled again. After EndQuorumEpoch that is no news. */
export function leaderDisconnected(core: CoreState, role: FollowerRole): void {
  if (role.lost === undefined) loseLeader(core, role, 'connection-lost');
}

/** The leader has ended its epoch. `delayMs` undefined: it left the succession to chance. */
export function leaderEnded(core: CoreState, role: FollowerRole, delayMs: number | undefined): void {
  const chanceMs = core.config.random() * LOST_LEADER_DELAY_MS;
  role.lost = { ...standAfter(core, 'succession', delayMs ?? chanceMs), ended: true };
  noteLoss(core, role, 'succession');
  // The first successor does not wait for a timer.
  if (canStand(core) && role.lost.atMs <= core.nowMs) stand(core, role.lost);
}

function loseLeader(core: CoreState, role: FollowerRole, trigger: ElectionTrigger): void {
  role.lost = { ...standAfter(core, trigger, core.config.random() * LOST_LEADER_DELAY_MS), ended: false };
  noteLoss(core, role, trigger);
}

function noteLoss(core: CoreState, role: FollowerRole, trigger: ElectionTrigger): void {
  describeEvent(core, 'info', 'raft.leader.lost', { peer: role.leader.id, trigger, silentMs: core.nowMs - role.lastContactMs, voter: isVoter(core) });
}

/** A node that never stands can only ask around; its timer starts again, so that it never spins (KAFKA-19605). */
function lookElsewhere(core: CoreState, role: FollowerRole): void {
  if (role.fetchDeadlineMs > core.nowMs) return;
  role.fetchDeadlineMs = core.nowMs + core.config.timers.fetchTimeoutMs;
  role.fetcher.askAround = true;
}

function silentAtMs(core: CoreState, role: FollowerRole): number {
  return role.lastContactMs + core.config.timers.leaderSilenceTimeoutMs;
}
