import type { Epoch } from '@quorate/records';
import { discoveryStart } from './adoption.js';
import { canStand, describeEvent, locateLeader, standAfter, voterSet, type CoreState } from './core-state.js';
import { START_UP_DELAY_MS } from './election-timing.js';
import { announceVoters } from './replicate.js';
import type { Standing } from './role.js';
import { stand } from './rounds.js';
import { becomeFollower, becomeResigned, becomeUnattached, resumeCandidate } from './transitions.js';

/**
 * The role that a node starts in, by what it finds on disk. Every voter begins a pre-vote round after a
 * random 0 to 50 ms, unless it finds a leader before; a voter that is alone elects itself at once.
 */
export function startUp(core: CoreState): void {
  announceVoters(core, undefined);
  const standing = standAfter(core, 'start-up', core.config.random() * START_UP_DELAY_MS);
  takeFirstRole(core, standing);
  if (canStand(core) && voterSet(core).isOnly(core.self)) electAlone(core);
}

function takeFirstRole(core: CoreState, standing: Standing): void {
  const { election, log } = core;
  const { epoch, leaderId, votedKey } = election;
  const mayLead = canStand(core);
  if (epoch < log.lastEpoch) {
    describeEvent(core, 'warn', 'raft.election.state.behind.log', { lastEpoch: log.lastEpoch });
    return becomeUnattached(core, { epoch: log.lastEpoch, standing, fetchAtMs: discoverAt(core), reason: 'the log is of a newer epoch' });
  }
  if (leaderId === core.self.id && mayLead) {
    return becomeResigned(core, { trigger: 'start-up', reason: 'restarted as the leader', deadlineMs: standing.atMs, preferredSuccessors: [] });
  }
  if (leaderId !== undefined && leaderId !== core.self.id) {
    const leader = locateLeader(core, leaderId, []);
    if (leader !== undefined) return becomeFollower(core, { epoch, leader, lost: { ...standing, ended: false }, reason: 'restarted as a follower' });
  }
  const votedForSelf = votedKey?.id === core.self.id && votedKey.directoryId === core.self.directoryId;
  if (votedForSelf && leaderId === undefined && mayLead) return resumeCandidate(core, standing);
  becomeUnattached(core, { epoch, standing, fetchAtMs: discoverAt(core), reason: 'started' });
}

function electAlone(core: CoreState): void {
  if (core.role.kind === 'resigned') {
    // Never again in the epoch that it led.
    becomeUnattached(core, { epoch: (core.election.epoch + 1) as Epoch, standing: standAfter(core, 'start-up', 0), fetchAtMs: core.nowMs, reason: 'the only voter leaves the epoch it led' });
  }
  stand(core, standAfter(core, 'start-up', 0));
}

/** Servers that were configured for it are asked for a leader at once; the other voters only when no election has told. */
function discoverAt(core: CoreState): number {
  return core.config.bootstrapServers.length > 0 ? core.nowMs : discoveryStart(core);
}
