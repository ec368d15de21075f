import { adoptLeader } from './adoption.js';
import { describeEvent, type CoreState } from './core-state.js';
import { fetchFailed } from './fetching.js';
import type { Input, RequestFailure } from './input.js';
import type { RaftResponse } from './messages.js';
import type { OpenRequest } from './request-table.js';
import { beginFailed } from './role-leader.js';
import { endAcknowledged, endFailed } from './role-resigned.js';
import { countRound, recordVoteResponse, takeVoteFailure } from './rounds.js';
import { takeFetchResponse } from './take-fetch-response.js';
import { takeFetchSnapshotResponse } from './take-fetch-snapshot-response.js';
import { probeFailed, takeProbe } from './voter-change.js';
import { takeUpkeepResponse } from './voter-upkeep.js';

/**
 * A peer has answered. What it says of epoch and leader is taken up first; if that ends the role that asked, the rest is void.
 * Answers to what an earlier role asked are dropped. The order of the decisions is Kafka's.
 */
export function handleResponse(core: CoreState, input: Extract<Input, { kind: 'response' }>): void {
  const open = core.requests.take(input.requestId);
  if (open === undefined) return;
  const { response } = input;
  if (open.request.kind === 'describeQuorum') return takeProbe(core, open, response);
  if (response.error === 'INCONSISTENT_CLUSTER_ID' || response.error === 'INCONSISTENT_RECOVERY_ID') {
    describeEvent(core, 'error', 'raft.peer.foreign', { peer: open.to, error: response.error });
    return noUsableAnswer(core, open, 'unavailable');
  }
  const isOlder = response.leaderEpoch < core.election.epoch;
  if (response.kind !== open.request.kind || isOlder || response.error === 'UNKNOWN_LEADER_EPOCH') {
    return noUsableAnswer(core, open, 'unavailable');
  }
  // In the record first: the refusal that tells of a leader ends the round.
  if (response.kind === 'vote') recordVoteResponse(core, open, response);
  const { role } = core;
  adoptLeader(core, { epoch: response.leaderEpoch, leaderId: response.leaderId, endpoints: response.leaderEndpoints }, `answer of n${open.to}`);
  if (core.role === role) dispatch(core, open, response);
}

/** The request got no answer in time, or none at all. */
export function handleRequestFailure(core: CoreState, open: OpenRequest | undefined, failure: RequestFailure): void {
  if (open !== undefined) noUsableAnswer(core, open, failure);
}

function dispatch(core: CoreState, open: OpenRequest, response: RaftResponse): void {
  const { role } = core;
  switch (response.kind) {
    case 'vote':
      return countRound(core);
    case 'fetch':
      if (role.kind === 'follower') return takeFetchResponse(core, role, open, response);
      // Nobody was found who knows a leader.
      if (role.kind === 'unattached') fetchFailed(core, role.fetcher, false);
      return;
    case 'fetchSnapshot':
      if (role.kind === 'follower') takeFetchSnapshotResponse(core, role, open, response);
      return;
    case 'beginQuorumEpoch':
      return;
    case 'endQuorumEpoch':
      if (role.kind === 'resigned') endAcknowledged(role, open);
      return;
    case 'addRaftVoter':
    case 'removeRaftVoter':
    case 'updateRaftVoter':
      if (role.kind === 'follower') takeUpkeepResponse(core, role, response);
      return;
    case 'describeQuorum':
      return;
  }
}

function noUsableAnswer(core: CoreState, open: OpenRequest, failure: RequestFailure): void {
  const { role } = core;
  switch (open.request.kind) {
    case 'vote':
      return takeVoteFailure(core, open, failure);
    case 'fetch':
    case 'fetchSnapshot':
      if (role.kind === 'follower') fetchFailed(core, role.fetcher, open.to === role.leader.id);
      if (role.kind === 'unattached') fetchFailed(core, role.fetcher, false);
      return;
    case 'beginQuorumEpoch':
      if (role.kind === 'leader') beginFailed(core, role, open);
      return;
    case 'endQuorumEpoch':
      if (role.kind === 'resigned') endFailed(core, role, open);
      return;
    case 'describeQuorum':
      return probeFailed(core, open, failure);
    case 'addRaftVoter':
    case 'removeRaftVoter':
    case 'updateRaftVoter':
      // Asked again after the next period.
      return;
  }
}
