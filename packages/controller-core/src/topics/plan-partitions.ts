import type { NodeId } from '@quorate/records';
import type { CreatableTopic, ItemError } from '../command.js';
import type { DecisionState } from '../decision-state.js';
import { refusal } from '../errors.js';
import type { StripedReplicaPlacer } from '../replica-placer.js';
import { refuseAssignment } from './manual-assignment.js';

export type PartitionPlan =
  /** Replicas by partition id, at least one partition, at least one active replica each. */
  | { readonly kind: 'planned'; readonly replicas: readonly (readonly NodeId[])[] }
  | { readonly kind: 'refused'; readonly error: ItemError };

/** Where the partitions of a new topic go: as the caller says, or striped over the brokers. */
export function planPartitions(topic: CreatableTopic, placer: StripedReplicaPlacer, state: DecisionState): PartitionPlan {
  return topic.assignments.length > 0 ? planManually(topic, state) : planAutomatically(topic, placer, state);
}

function planAutomatically(topic: CreatableTopic, placer: StripedReplicaPlacer, { config, cluster }: DecisionState): PartitionPlan {
  const count = topic.partitionCount ?? config.numPartitions;
  if (count <= 0) return refused('INVALID_PARTITIONS', `Number of partitions was set to ${count}; it must be positive, or left out for the default.`);
  const replicationFactor = topic.replicationFactor ?? config.defaultReplicationFactor;
  return placePartitions({ count, replicationFactor }, placer, cluster);
}

/**
 * `count` partitions at the next places. Fenced brokers may hold replicas, but each partition has an active one in front,
 * since the first replica never goes to a fenced broker and brokers in controlled shutdown get none.
 */
export function placePartitions(
  { count, replicationFactor }: { readonly count: number; readonly replicationFactor: number },
  placer: StripedReplicaPlacer,
  cluster: DecisionState['cluster'],
): PartitionPlan {
  const problem = placer.refusal(replicationFactor);
  if (problem !== undefined) return refused('INVALID_REPLICATION_FACTOR', `Unable to replicate the partition ${replicationFactor} time(s): ${problem}`);
  const replicas = Array.from({ length: count }, () => placer.place(replicationFactor));
  if (!replicas.every((ids) => ids.some((id) => cluster.isActive(id)))) throw new Error('the placer gave a partition no active replica');
  return { kind: 'planned', replicas };
}

function planManually({ assignments, partitionCount, replicationFactor }: CreatableTopic, { cluster }: DecisionState): PartitionPlan {
  if (replicationFactor !== undefined) return refused('INVALID_REQUEST', 'A manual partition assignment was given, so the replication factor must be left out.');
  if (partitionCount !== undefined) return refused('INVALID_REQUEST', 'A manual partition assignment was given, so the number of partitions must be left out.');
  const byId = new Map<number, readonly NodeId[]>();
  for (const assignment of assignments) {
    const { partitionId, brokerIds } = assignment;
    if (byId.has(partitionId)) return refused('INVALID_REPLICA_ASSIGNMENT', `Found multiple manual partition assignments for partition ${partitionId}.`);
    const error = refuseAssignment(assignment, assignments[0]!.brokerIds.length, cluster);
    if (error !== undefined) return { kind: 'refused', error };
    byId.set(partitionId, brokerIds);
  }
  return inOrder(byId);
}

function inOrder(byId: ReadonlyMap<number, readonly NodeId[]>): PartitionPlan {
  const replicas: (readonly NodeId[])[] = [];
  for (let partitionId = 0; partitionId < byId.size; partitionId++) {
    const brokerIds = byId.get(partitionId);
    if (brokerIds === undefined) {
      return refused('INVALID_REPLICA_ASSIGNMENT', `Partition ids of a manual assignment must run from 0 to ${byId.size - 1} without gaps; ${partitionId} is missing.`);
    }
    replicas.push(brokerIds);
  }
  return { kind: 'planned', replicas };
}

function refused(error: 'INVALID_REQUEST' | 'INVALID_PARTITIONS' | 'INVALID_REPLICA_ASSIGNMENT' | 'INVALID_REPLICATION_FACTOR', message: string): PartitionPlan {
  return { kind: 'refused', error: refusal(error, message) };
}
