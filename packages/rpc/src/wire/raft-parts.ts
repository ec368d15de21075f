import type { ClusterIdentity, Endpoint, ImageDigest, LeaderHint, ReplicaKey, SnapshotId } from '@quorate/raft-core';
import { uuidToBytes } from '@quorate/records';
import type * as wire from '@quorate/records/gen/quorate/raft/v1/raft';
import { optional, readEpoch, readNodeId, readOffset, readUuid, requireMessage } from './read-fields.js';
import { WireFormatError } from './wire-format-error.js';

/** Parts that several Raft messages share, to the wire and back. */

export function clusterToWire(cluster: ClusterIdentity): wire.ClusterIdentity {
  return { clusterId: cluster.clusterId, recoveryId: uuidToBytes(cluster.recoveryId) };
}

export function clusterFromWire(field: string, message: wire.ClusterIdentity | undefined): ClusterIdentity {
  const { clusterId, recoveryId } = requireMessage(field, message);
  return { clusterId, recoveryId: readUuid(`${field}.recovery_id`, recoveryId) };
}

export function replicaToWire(key: ReplicaKey): wire.ReplicaKey {
  return { id: key.id, directoryId: optional('', key.directoryId, (_, id) => uuidToBytes(id)) };
}

export function replicaFromWire(field: string, message: wire.ReplicaKey | undefined): ReplicaKey {
  const { id, directoryId } = requireMessage(field, message);
  return { id: readNodeId(`${field}.id`, id), directoryId: optional(`${field}.directory_id`, directoryId, readUuid) };
}

export function endpointToWire(endpoint: Endpoint): wire.Endpoint {
  return { name: endpoint.name, host: endpoint.host, port: endpoint.port };
}

export function endpointFromWire(field: string, message: wire.Endpoint): Endpoint {
  if (message.host === '') throw new WireFormatError(`${field}.host`, 'must not be empty');
  if (message.port < 1 || message.port > 65_535) throw new WireFormatError(`${field}.port`, `must be from 1 to 65535, got ${message.port}`);
  return { name: message.name, host: message.host, port: message.port };
}

export function endpointsFromWire(field: string, messages: readonly wire.Endpoint[]): Endpoint[] {
  return messages.map((message, index) => endpointFromWire(`${field}[${index}]`, message));
}

export function leaderToWire(hint: LeaderHint): wire.LeaderHint {
  return { leaderId: hint.leaderId, leaderEpoch: hint.leaderEpoch, endpoints: hint.leaderEndpoints.map(endpointToWire) };
}

export function leaderFromWire(field: string, message: wire.LeaderHint | undefined): LeaderHint {
  const { leaderId, leaderEpoch, endpoints } = requireMessage(field, message);
  return {
    leaderId: optional(`${field}.leader_id`, leaderId, readNodeId),
    leaderEpoch: readEpoch(`${field}.leader_epoch`, leaderEpoch),
    leaderEndpoints: endpointsFromWire(`${field}.endpoints`, endpoints),
  };
}

export function digestToWire(digest: ImageDigest): wire.ImageDigest {
  return { lastStableOffset: digest.lastStableOffset, version: digest.version, value: digest.value };
}

export function digestFromWire(field: string, message: wire.ImageDigest): ImageDigest {
  return { lastStableOffset: readOffset(`${field}.last_stable_offset`, message.lastStableOffset), version: message.version, value: message.value };
}

export function offsetAndEpochFromWire(field: string, message: wire.OffsetAndEpoch): SnapshotId {
  return { endOffset: readOffset(`${field}.end_offset`, message.endOffset), epoch: readEpoch(`${field}.epoch`, message.epoch) };
}

export function snapshotIdFromWire(field: string, message: wire.OffsetAndEpoch | undefined): SnapshotId {
  return offsetAndEpochFromWire(field, requireMessage(field, message));
}
