import type { CoreState } from './core-state.js';
import { voterSet } from './core-state.js';
import { CAUGHT_UP_SESSION_MS } from './election-timing.js';
import { observerProgress } from './leader-replication.js';
import type { AddRaftVoterRequest, RaftErrorName, UpdateRaftVoterRequest, VoterChangeRequest } from './messages.js';
import type { Endpoint, ReplicaKey, Voter } from './replica-key.js';
import type { LeaderRole } from './role.js';
import type { VoterSet } from './voter-set.js';

/** Why a voter change is not made. */
export interface ChangeRefusal {
  readonly error: RaftErrorName;
  readonly message: string;
}

/**
 * The checks of a voter change in Kafka's order, each with Kafka's error. All of them read what is committed: as long as the
 * last change is not, nobody is told anything that depends on it. Source: KIP-853.
 */
export function refusalBeforeProbe(core: CoreState, role: LeaderRole, request: VoterChangeRequest): ChangeRefusal | undefined {
  return notNow(core, role) ?? wrongIdentity(voterSet(core), request) ?? withoutDefaultListener(core, request);
}

/** Is it ours to decide at all? A leader that gives its epoch up takes no more changes. */
export function refusalOfNode(core: CoreState, request: VoterChangeRequest): ChangeRefusal | undefined {
  const { role, election, shutdown } = core;
  if (request.voter.directoryId === undefined) return { error: 'INVALID_REQUEST', message: `the directory id of voter ${request.voter.id} is missing` };
  if (shutdown !== 'no') return { error: 'BROKER_NOT_AVAILABLE', message: 'this controller is shutting down' };
  if (request.kind === 'updateRaftVoter' && request.currentLeaderEpoch !== election.epoch) {
    const isOlder = request.currentLeaderEpoch < election.epoch;
    return { error: isOlder ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH', message: `this node is in epoch ${election.epoch}, not ${request.currentLeaderEpoch}` };
  }
  if (role.kind !== 'leader') return { error: 'NOT_LEADER_OR_FOLLOWER', message: 'this controller does not lead' };
  if (role.handOver !== undefined) return { error: 'REQUEST_TIMED_OUT', message: 'this controller is giving up its leadership' };
  return undefined;
}

function notNow(core: CoreState, role: LeaderRole): ChangeRefusal | undefined {
  const later = (message: string): ChangeRefusal => ({ error: 'REQUEST_TIMED_OUT', message });
  if (role.voterChange !== undefined) return later(`another change is under way: ${describeChange(role.voterChange.request)}`);
  if (role.highWatermark === undefined) return later('the leader has not committed anything in its epoch yet');
  if (core.kraftVersions.latest < 1) return { error: 'UNSUPPORTED_VERSION', message: 'voters can be changed from kraft.version 1 on' };
  const { latestOffset } = core.voters;
  if (latestOffset === undefined || latestOffset >= role.highWatermark) return later('the change before this one is not committed yet');
  return undefined;
}

function wrongIdentity(set: VoterSet, { kind, voter }: VoterChangeRequest): ChangeRefusal | undefined {
  if (kind === 'addRaftVoter') {
    const known = set.find(voter.id);
    if (known === undefined) return undefined;
    const sameDisk = known.directoryId === voter.directoryId;
    const remedy = sameDisk ? '' : `, with directory id ${known.directoryId}: remove that one first`;
    return { error: 'DUPLICATE_VOTER', message: `node ${voter.id} is a voter already${remedy}` };
  }
  if (!set.has(voter)) return { error: 'VOTER_NOT_FOUND', message: `no voter has node id ${voter.id} and directory id ${voter.directoryId}` };
  if (kind === 'removeRaftVoter' && set.size === 1) return { error: 'VOTER_NOT_FOUND', message: `node ${voter.id} is the only voter` };
  return undefined;
}

function withoutDefaultListener(core: CoreState, request: VoterChangeRequest): ChangeRefusal | undefined {
  if (request.kind === 'removeRaftVoter' || defaultEndpoint(core, request.endpoints) !== undefined) return undefined;
  const name = defaultListener(core);
  return { error: 'INVALID_REQUEST', message: name === undefined ? 'no endpoint is given' : `no endpoint of the listener ${name} is given` };
}

/** Name of the listener by which controllers reach each other; all use the same. */
function defaultListener(core: CoreState): string | undefined {
  return core.config.self.endpoints[0]?.name;
}

/** Where a controller with these endpoints is reached by the others. */
export function defaultEndpoint(core: CoreState, endpoints: readonly Endpoint[]): Endpoint | undefined {
  const name = defaultListener(core);
  return name === undefined ? endpoints[0] : endpoints.find((endpoint) => endpoint.name === name);
}

/** The entry that the request asks for; the endpoint by which the others reach it comes first, since they use the first. */
export function requestedEntry(core: CoreState, { voter, endpoints }: AddRaftVoterRequest | UpdateRaftVoterRequest, kraftVersion: Voter['kraftVersion']): Voter {
  const first = defaultEndpoint(core, endpoints);
  const ordered = [...endpoints].sort((a, b) => Number(b === first) - Number(a === first));
  return { id: voter.id, directoryId: voter.directoryId!, endpoints: ordered, kraftVersion };
}

/** What the probe found, against what the request says: an address is stored only when that very replica answers there (KAFKA-20661). */
export function refusalOfProbe(
  core: CoreState,
  request: AddRaftVoterRequest | UpdateRaftVoterRequest,
  found: { readonly replica: ReplicaKey; readonly kraftVersion: Voter['kraftVersion'] },
): ChangeRefusal | undefined {
  const { voter } = request;
  const invalid = (message: string): ChangeRefusal => ({ error: 'INVALID_REQUEST', message });
  if (found.replica.id !== voter.id || found.replica.directoryId !== voter.directoryId) {
    return invalid(`${describeAddress(core, request)} is node ${found.replica.id} with directory id ${found.replica.directoryId}, not node ${voter.id} with directory id ${voter.directoryId}`);
  }
  const { min, max } = found.kraftVersion;
  const inForce = core.kraftVersions.latest;
  if (min > inForce || max < inForce) return invalid(`node ${voter.id} supports kraft.version ${min} to ${max}; ${inForce} is in force`);
  if (request.kind === 'updateRaftVoter' && (min !== request.kraftVersion.min || max !== request.kraftVersion.max)) {
    return invalid(`node ${voter.id} supports kraft.version ${min} to ${max}, but its request says ${request.kraftVersion.min} to ${request.kraftVersion.max}`);
  }
  return undefined;
}

/** An observer may become a voter when it has had all that the leader had, and goes on fetching: else the new quorum could stand still. */
export function refusalOfLaggard(core: CoreState, role: LeaderRole, voter: ReplicaKey): ChangeRefusal | undefined {
  const progress = observerProgress(role, voter);
  const isRecent = progress?.lastFetchMs !== undefined && progress.lastFetchMs + CAUGHT_UP_SESSION_MS >= core.nowMs;
  if (isRecent && progress.lastCaughtUpMs !== undefined) return undefined;
  const why = isRecent ? 'has not caught up yet' : 'does not fetch from this leader';
  return { error: 'REQUEST_TIMED_OUT', message: `node ${voter.id} with directory id ${voter.directoryId} ${why}` };
}

export function describeChange({ kind, voter }: VoterChangeRequest): string {
  const verb = { addRaftVoter: 'adding', removeRaftVoter: 'removing', updateRaftVoter: 'updating' }[kind];
  return `${verb} node ${voter.id}`;
}

/** The address that was probed, for people. */
export function describeAddress(core: CoreState, { endpoints }: AddRaftVoterRequest | UpdateRaftVoterRequest): string {
  const endpoint = defaultEndpoint(core, endpoints);
  return `${endpoint?.host}:${endpoint?.port}`;
}
