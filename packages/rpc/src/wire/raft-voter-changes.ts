import type {
  AddRaftVoterRequest,
  DescribeQuorumRequest,
  DescribeQuorumResponse,
  RemoveRaftVoterRequest,
  ReplicaState,
  UpdateRaftVoterRequest,
  Voter,
  VoterChangeRequest,
  VoterChangeResponse,
} from '@quorate/raft-core';
import { uuidToBytes } from '@quorate/records';
import type * as wire from '@quorate/records/gen/quorate/raft/v1/raft';
import { raftErrorFromWire, raftErrorToWire } from './raft-enums.js';
import { clusterFromWire, clusterToWire, endpointsFromWire, endpointToWire, leaderFromWire, leaderToWire, replicaFromWire, replicaToWire } from './raft-parts.js';
import { optional, readEpoch, readNodeId, readOffset, readUuid, requireMessage } from './read-fields.js';

/** Voter changes and DescribeQuorum to the wire and back; each pair is its own inverse (raft-wire.spec.ts). */

export function addRequestToWire(request: AddRaftVoterRequest): wire.AddRaftVoterRequest {
  return {
    cluster: clusterToWire(request),
    timeoutMs: request.timeoutMs,
    voter: replicaToWire(request.voter),
    listeners: request.endpoints.map(endpointToWire),
    ackWhenCommitted: request.ackWhenCommitted,
    validateOnly: request.validateOnly,
  };
}

export function addRequestFromWire(message: wire.AddRaftVoterRequest): AddRaftVoterRequest {
  return {
    kind: 'addRaftVoter',
    ...clusterFromWire('cluster', message.cluster),
    timeoutMs: message.timeoutMs,
    voter: replicaFromWire('voter', message.voter),
    endpoints: endpointsFromWire('listeners', message.listeners),
    ackWhenCommitted: message.ackWhenCommitted,
    validateOnly: message.validateOnly,
  };
}

export function removeRequestToWire(request: RemoveRaftVoterRequest): wire.RemoveRaftVoterRequest {
  return { cluster: clusterToWire(request), voter: replicaToWire(request.voter), validateOnly: request.validateOnly };
}

export function removeRequestFromWire(message: wire.RemoveRaftVoterRequest): RemoveRaftVoterRequest {
  return { kind: 'removeRaftVoter', ...clusterFromWire('cluster', message.cluster), voter: replicaFromWire('voter', message.voter), validateOnly: message.validateOnly };
}

export function updateRequestToWire(request: UpdateRaftVoterRequest): wire.UpdateRaftVoterRequest {
  return {
    cluster: clusterToWire(request),
    currentLeaderEpoch: request.currentLeaderEpoch,
    voter: replicaToWire(request.voter),
    listeners: request.endpoints.map(endpointToWire),
    kraftVersionFeature: featureToWire(request.kraftVersion),
  };
}

export function updateRequestFromWire(message: wire.UpdateRaftVoterRequest): UpdateRaftVoterRequest {
  return {
    kind: 'updateRaftVoter',
    ...clusterFromWire('cluster', message.cluster),
    currentLeaderEpoch: readEpoch('current_leader_epoch', message.currentLeaderEpoch),
    voter: replicaFromWire('voter', message.voter),
    endpoints: endpointsFromWire('listeners', message.listeners),
    kraftVersion: featureFromWire('kraft_version_feature', message.kraftVersionFeature),
  };
}

/** The three answers have the same fields. */
export function changeResponseToWire(response: VoterChangeResponse): wire.AddRaftVoterResponse {
  return { errorCode: raftErrorToWire(response.error), errorMessage: response.message, leader: leaderToWire(response), endOffset: response.endOffset };
}

export function changeResponseFromWire<Kind extends VoterChangeRequest['kind']>(kind: Kind, message: wire.AddRaftVoterResponse): VoterChangeResponse & { readonly kind: Kind } {
  return {
    kind,
    error: raftErrorFromWire(message.errorCode),
    message: message.errorMessage,
    ...leaderFromWire('leader', message.leader),
    endOffset: optional('end_offset', message.endOffset, readOffset),
  } as VoterChangeResponse & { readonly kind: Kind };
}

export function describeRequestToWire(request: DescribeQuorumRequest): wire.DescribeQuorumRequest {
  return { cluster: clusterToWire(request) };
}

export function describeRequestFromWire(message: wire.DescribeQuorumRequest): DescribeQuorumRequest {
  return { kind: 'describeQuorum', ...clusterFromWire('cluster', message.cluster) };
}

export function describeResponseToWire(response: DescribeQuorumResponse): wire.DescribeQuorumResponse {
  return {
    errorCode: raftErrorToWire(response.error),
    leader: leaderToWire(response),
    replica: replicaToWire(response.replica),
    kraftVersionFeature: featureToWire(response.kraftVersion),
    highWatermark: response.highWatermark,
    logEndOffset: response.logEndOffset,
    voters: response.voters.map(voterToWire),
    committedVoters: response.committedVoters.map(voterToWire),
    replicas: response.replicas.map(stateToWire),
  };
}

export function describeResponseFromWire(message: wire.DescribeQuorumResponse): DescribeQuorumResponse {
  return {
    kind: 'describeQuorum',
    error: raftErrorFromWire(message.errorCode),
    ...leaderFromWire('leader', message.leader),
    replica: replicaFromWire('replica', message.replica),
    kraftVersion: featureFromWire('kraft_version_feature', message.kraftVersionFeature),
    highWatermark: optional('high_watermark', message.highWatermark, readOffset),
    logEndOffset: readOffset('log_end_offset', message.logEndOffset),
    voters: message.voters.map((voter, index) => voterFromWire(`voters[${index}]`, voter)),
    committedVoters: message.committedVoters.map((voter, index) => voterFromWire(`committed_voters[${index}]`, voter)),
    replicas: message.replicas.map((state, index) => stateFromWire(`replicas[${index}]`, state)),
  };
}

function voterToWire(voter: Voter): wire.Voter {
  return { key: replicaToWire(voter), endpoints: voter.endpoints.map(endpointToWire), kraftVersionFeature: featureToWire(voter.kraftVersion) };
}

function voterFromWire(field: string, message: wire.Voter): Voter {
  const { id, directoryId } = requireMessage(`${field}.key`, message.key);
  return {
    id: readNodeId(`${field}.key.id`, id),
    directoryId: readUuid(`${field}.key.directory_id`, directoryId ?? new Uint8Array(0)),
    endpoints: endpointsFromWire(`${field}.endpoints`, message.endpoints),
    kraftVersion: featureFromWire(`${field}.kraft_version_feature`, message.kraftVersionFeature),
  };
}

function stateToWire(state: ReplicaState): wire.ReplicaState {
  const { key, isVoter, logEndOffset, lastFetchAgeMs, lastCaughtUpAgeMs, recovering, endpoints } = state;
  return {
    key: { id: key.id, directoryId: key.directoryId === undefined ? undefined : uuidToBytes(key.directoryId) },
    isVoter, logEndOffset, lastFetchAgeMs, lastCaughtUpAgeMs, recovering, endpoints: endpoints.map(endpointToWire),
  };
}

function stateFromWire(field: string, message: wire.ReplicaState): ReplicaState {
  const { isVoter, lastFetchAgeMs, lastCaughtUpAgeMs, recovering } = message;
  return {
    key: replicaFromWire(`${field}.key`, message.key),
    isVoter, lastFetchAgeMs, lastCaughtUpAgeMs, recovering,
    logEndOffset: optional(`${field}.log_end_offset`, message.logEndOffset, readOffset),
    endpoints: endpointsFromWire(`${field}.endpoints`, message.endpoints),
  };
}

function featureToWire({ min, max }: Voter['kraftVersion']): wire.KRaftVersionFeature {
  return { minSupportedVersion: min, maxSupportedVersion: max };
}

function featureFromWire(field: string, message: wire.KRaftVersionFeature | undefined): Voter['kraftVersion'] {
  const { minSupportedVersion, maxSupportedVersion } = requireMessage(field, message);
  return { min: minSupportedVersion, max: maxSupportedVersion };
}
