import { describeEvent, isVoter, voterSet, type CoreState } from './core-state.js';
import { upkeepPeriodMs } from './election-timing.js';
import type { VoterChangeRequest, VoterChangeResponse } from './messages.js';
import { sendRequest } from './requests-out.js';
import type { FollowerRole } from './role.js';
import { SUPPORTED_KRAFT_VERSIONS, sameVoter } from './voter-set.js';

/**
 * A follower's care for its own place in the voter set: a voter whose entry is out of date (it was moved to another address,
 * its software supports more) tells the leader; a spare controller that is to join by itself asks for it, and has a voter of
 * its node id with another disk removed first. At most one such request per period. Source: KIP-853, KIP-1186.
 */
export function keepOwnEntry(core: CoreState, role: FollowerRole): void {
  if (core.nowMs < role.upkeepMs) return;
  const request = upkeepRequest(core, role);
  if (request === undefined) return;
  role.upkeepMs = core.nowMs + upkeepPeriodMs(core.config.timers.fetchTimeoutMs);
  sendRequest(core, role.leader, request);
}

/** When there is something to ask for; undefined when there is not. */
export function upkeepDeadlineMs(core: CoreState, role: FollowerRole): number | undefined {
  return upkeepRequest(core, role) === undefined ? undefined : role.upkeepMs;
}

/** The leader's answer. A refusal is no harm: the next period asks again. */
export function takeUpkeepResponse(core: CoreState, role: FollowerRole, response: VoterChangeResponse): void {
  const isDone = response.error === 'NONE' || response.error === 'UNSUPPORTED_VERSION';
  if (response.kind === 'updateRaftVoter' && isDone) role.hasUpdatedLeader = true;
  describeEvent(core, 'info', 'raft.upkeep.answered', { request: response.kind, error: response.error, message: response.message });
}

function upkeepRequest(core: CoreState, role: FollowerRole): VoterChangeRequest | undefined {
  const { config, self, election, shutdown, highWatermark } = core;
  const { endpoints } = config.self;
  if (!role.hasFetched || shutdown !== 'no' || endpoints.length === 0) return undefined;
  if (isVoter(core)) {
    const stored = voterSet(core).find(self.id);
    const own = { ...self, endpoints, kraftVersion: SUPPORTED_KRAFT_VERSIONS };
    if (role.hasUpdatedLeader || stored === undefined || sameVoter(stored, own)) return undefined;
    return { kind: 'updateRaftVoter', ...config.cluster, currentLeaderEpoch: election.epoch, voter: self, endpoints, kraftVersion: SUPPORTED_KRAFT_VERSIONS };
  }
  // Before it knows what is committed it cannot have caught up.
  if (!config.autoJoin || core.kraftVersions.latest < 1 || highWatermark === undefined) return undefined;
  const earlierDisk = voterSet(core).find(self.id);
  if (earlierDisk !== undefined) {
    return { kind: 'removeRaftVoter', ...config.cluster, voter: { id: self.id, directoryId: earlierDisk.directoryId }, validateOnly: false };
  }
  const { requestTimeoutMs: timeoutMs } = config.timers;
  return { kind: 'addRaftVoter', ...config.cluster, timeoutMs, voter: self, endpoints, ackWhenCommitted: false, validateOnly: false };
}
