import type { BeginQuorumEpochRequest, EndQuorumEpochRequest, FetchRequest, FetchSnapshotRequest, VoteRequest } from '@quorate/raft-core';
import { uuidToBytes } from '@quorate/records';
import type * as wire from '@quorate/records/gen/quorate/raft/v1/raft';
import { triggerFromWire, triggerToWire } from './raft-enums.js';
import { clusterFromWire, clusterToWire, digestFromWire, digestToWire, endpointsFromWire, endpointToWire, replicaFromWire, replicaToWire, snapshotIdFromWire } from './raft-parts.js';
import { optional, readBytePosition, readEpoch, readNodeId, readOffset, readPositive, readUuid } from './read-fields.js';

/** Raft requests to the wire and back; each pair is its own inverse (raft-wire.spec.ts). */

export function voteRequestToWire(request: VoteRequest): wire.VoteRequest {
  return {
    cluster: clusterToWire(request),
    voter: replicaToWire(request.voter),
    candidate: replicaToWire(request.candidate),
    candidateEpoch: request.candidateEpoch,
    lastEpoch: request.lastEpoch,
    endOffset: request.endOffset,
    preVote: request.preVote,
    trigger: triggerToWire(request.trigger),
    attempt: request.attempt,
  };
}

export function voteRequestFromWire(message: wire.VoteRequest): VoteRequest {
  return {
    kind: 'vote',
    ...clusterFromWire('cluster', message.cluster),
    voter: replicaFromWire('voter', message.voter),
    candidate: replicaFromWire('candidate', message.candidate),
    candidateEpoch: readEpoch('candidate_epoch', message.candidateEpoch),
    lastEpoch: readEpoch('last_epoch', message.lastEpoch),
    endOffset: readOffset('end_offset', message.endOffset),
    preVote: message.preVote,
    trigger: triggerFromWire(message.trigger),
    attempt: message.attempt,
  };
}

export function beginRequestToWire(request: BeginQuorumEpochRequest): wire.BeginQuorumEpochRequest {
  return {
    cluster: clusterToWire(request),
    voter: replicaToWire(request.voter),
    leaderId: request.leaderId,
    leaderEpoch: request.leaderEpoch,
    leaderEndpoints: request.leaderEndpoints.map(endpointToWire),
  };
}

export function beginRequestFromWire(message: wire.BeginQuorumEpochRequest): BeginQuorumEpochRequest {
  return {
    kind: 'beginQuorumEpoch',
    ...clusterFromWire('cluster', message.cluster),
    voter: replicaFromWire('voter', message.voter),
    leaderId: readNodeId('leader_id', message.leaderId),
    leaderEpoch: readEpoch('leader_epoch', message.leaderEpoch),
    leaderEndpoints: endpointsFromWire('leader_endpoints', message.leaderEndpoints),
  };
}

export function endRequestToWire(request: EndQuorumEpochRequest): wire.EndQuorumEpochRequest {
  return {
    cluster: clusterToWire(request),
    leaderId: request.leaderId,
    leaderEpoch: request.leaderEpoch,
    preferredCandidates: request.preferredCandidates.map(replicaToWire),
    leaderEndpoints: request.leaderEndpoints.map(endpointToWire),
  };
}

export function endRequestFromWire(message: wire.EndQuorumEpochRequest): EndQuorumEpochRequest {
  return {
    kind: 'endQuorumEpoch',
    ...clusterFromWire('cluster', message.cluster),
    leaderId: readNodeId('leader_id', message.leaderId),
    leaderEpoch: readEpoch('leader_epoch', message.leaderEpoch),
    preferredCandidates: message.preferredCandidates.map((key, index) => replicaFromWire(`preferred_candidates[${index}]`, key)),
    leaderEndpoints: endpointsFromWire('leader_endpoints', message.leaderEndpoints),
  };
}

export function fetchRequestToWire(request: FetchRequest): wire.FetchQuery {
  return {
    cluster: clusterToWire(request),
    replicaId: request.replica.id,
    replicaDirectoryId: optional('', request.replica.directoryId, (_, id) => uuidToBytes(id)),
    currentLeaderEpoch: request.currentLeaderEpoch,
    fetchOffset: request.fetchOffset,
    lastFetchedEpoch: request.lastFetchedEpoch,
    maxWaitMs: request.maxWaitMs,
    maxBytes: request.maxBytes,
    highWatermark: request.highWatermark,
    chainChecksum: request.chainChecksum,
    readRound: request.readRound,
    imageDigest: optional('', request.imageDigest, (_, digest) => digestToWire(digest)),
    recovering: request.recovering,
    committedOnly: request.committedOnly,
    endpoints: (request.endpoints ?? []).map(endpointToWire),
  };
}

export function fetchRequestFromWire(message: wire.FetchQuery): FetchRequest {
  return {
    kind: 'fetch',
    ...clusterFromWire('query.cluster', message.cluster),
    replica: {
      id: optional('query.replica_id', message.replicaId, readNodeId),
      directoryId: optional('query.replica_directory_id', message.replicaDirectoryId, readUuid),
    },
    currentLeaderEpoch: readEpoch('query.current_leader_epoch', message.currentLeaderEpoch),
    fetchOffset: readOffset('query.fetch_offset', message.fetchOffset),
    lastFetchedEpoch: readEpoch('query.last_fetched_epoch', message.lastFetchedEpoch),
    maxWaitMs: message.maxWaitMs,
    maxBytes: message.maxBytes,
    highWatermark: optional('query.high_watermark', message.highWatermark, readOffset),
    chainChecksum: message.chainChecksum,
    readRound: message.readRound,
    imageDigest: optional('query.image_digest', message.imageDigest, digestFromWire),
    recovering: message.recovering,
    committedOnly: message.committedOnly,
    ...(message.endpoints.length === 0 ? {} : { endpoints: endpointsFromWire('query.endpoints', message.endpoints) }),
  };
}

export function fetchSnapshotRequestToWire(request: FetchSnapshotRequest): wire.FetchSnapshotQuery {
  return {
    cluster: clusterToWire(request),
    replicaId: request.replica.id,
    replicaDirectoryId: optional('', request.replica.directoryId, (_, id) => uuidToBytes(id)),
    currentLeaderEpoch: request.currentLeaderEpoch,
    snapshotId: request.snapshotId,
    position: request.position,
    maxBytes: request.maxBytes,
  };
}

export function fetchSnapshotRequestFromWire(message: wire.FetchSnapshotQuery): FetchSnapshotRequest {
  return {
    kind: 'fetchSnapshot',
    ...clusterFromWire('query.cluster', message.cluster),
    replica: {
      id: optional('query.replica_id', message.replicaId, readNodeId),
      directoryId: optional('query.replica_directory_id', message.replicaDirectoryId, readUuid),
    },
    currentLeaderEpoch: readEpoch('query.current_leader_epoch', message.currentLeaderEpoch),
    snapshotId: snapshotIdFromWire('query.snapshot_id', message.snapshotId),
    position: readBytePosition('query.position', message.position),
    maxBytes: readPositive('query.max_bytes', message.maxBytes),
  };
}
