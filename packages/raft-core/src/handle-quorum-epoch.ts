import { adoptLeader } from './adoption.js';
import { leaderHint, type CoreState } from './core-state.js';
import { successionDelayMs } from './election-timing.js';
import { isForThisReplica } from './handle-vote.js';
import type { ReplyToken } from './input.js';
import type { BeginQuorumEpochRequest, EndQuorumEpochRequest, RaftErrorName } from './messages.js';
import { hearLeader, leaderEnded } from './role-follower.js';

/** A leader says that it leads. */
export function handleBeginQuorumEpoch(core: CoreState, token: ReplyToken, request: BeginQuorumEpochRequest): void {
  const error = beginError(core, request);
  core.outbox.emit({ kind: 'reply', token, response: { kind: 'beginQuorumEpoch', error, ...leaderHint(core) } });
}

function beginError(core: CoreState, request: BeginQuorumEpochRequest): RaftErrorName {
  const { leaderId, leaderEpoch, leaderEndpoints } = request;
  if (leaderId === core.self.id) return 'INVALID_REQUEST';
  if (leaderEpoch < core.election.epoch) return 'FENCED_LEADER_EPOCH';
  adoptLeader(core, { epoch: leaderEpoch, leaderId, endpoints: leaderEndpoints }, `n${leaderId} began the epoch`);
  if (!isForThisReplica(core, request.voter)) return 'INVALID_VOTER_KEY';
  if (core.role.kind === 'follower') hearLeader(core, core.role);
  return 'NONE';
}

/** A leader gives its epoch up and names who should follow it, best first. */
export function handleEndQuorumEpoch(core: CoreState, token: ReplyToken, request: EndQuorumEpochRequest): void {
  const error = endError(core, request);
  core.outbox.emit({ kind: 'reply', token, response: { kind: 'endQuorumEpoch', error, ...leaderHint(core) } });
  if (error === 'NONE') expectSuccession(core, request);
}

function endError(core: CoreState, request: EndQuorumEpochRequest): RaftErrorName {
  const { leaderId, leaderEpoch, leaderEndpoints } = request;
  if (leaderId === core.self.id) return 'INVALID_REQUEST';
  if (leaderEpoch < core.election.epoch) return 'FENCED_LEADER_EPOCH';
  adoptLeader(core, { epoch: leaderEpoch, leaderId, endpoints: leaderEndpoints }, `n${leaderId} ended the epoch`);
  return 'NONE';
}

/** The first successor stands at once; a leader that names none leaves it to chance. */
function expectSuccession(core: CoreState, request: EndQuorumEpochRequest): void {
  const { role } = core;
  if (role.kind !== 'follower' || role.leader.id !== request.leaderId || role.lost?.ended === true) return;
  const successors = request.preferredCandidates;
  const position = successors.findIndex(({ id, directoryId }) => id === core.self.id && (directoryId === undefined || directoryId === core.self.directoryId));
  const delayMs = successors.length === 0 ? undefined : successionDelayMs(position, successors.length, core.config.timers.electionBackoffMaxMs);
  leaderEnded(core, role, delayMs);
}
