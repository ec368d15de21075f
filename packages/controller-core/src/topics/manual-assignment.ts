import type { NodeId } from '@quorate/records';
import type { ClusterModel } from '../cluster-model.js';
import type { ItemError } from '../command.js';
import { refusal } from '../errors.js';

/**
 * Why the replicas that somebody chose for one partition are refused (INVALID_REPLICA_ASSIGNMENT), or undefined.
 *
 * @param replicationFactor - that of the partitions before, which this one must share; undefined for the first.
 */
export function refuseAssignment(
  { partitionId, brokerIds }: { readonly partitionId: number; readonly brokerIds: readonly NodeId[] },
  replicationFactor: number | undefined,
  cluster: ClusterModel,
): ItemError | undefined {
  if (brokerIds.length === 0) return invalid(`The manual partition assignment of partition ${partitionId} includes an empty replica list.`);
  const seen = new Set<NodeId>();
  for (const id of brokerIds) {
    if (seen.has(id)) return invalid(`The manual partition assignment of partition ${partitionId} includes the broker ${id} more than once.`);
    seen.add(id);
    if (!cluster.isRegistered(id)) {
      return invalid(`The manual partition assignment of partition ${partitionId} includes broker ${id}, but no such broker is registered.`);
    }
    if (cluster.isWhollyCordoned(id)) {
      return invalid(`The manual partition assignment of partition ${partitionId} includes broker ${id}, but all of its log directories are cordoned.`);
    }
  }
  if (replicationFactor !== undefined && brokerIds.length !== replicationFactor) {
    return invalid(
      `The manual partition assignment includes a partition with ${brokerIds.length} replica(s), but this is not consistent with previous partitions, which have ${replicationFactor} replica(s).`,
    );
  }
  if (!brokerIds.some((id) => cluster.isActive(id))) {
    return invalid(`All brokers specified in the manual partition assignment for partition ${partitionId} are fenced or in controlled shutdown.`);
  }
  return undefined;
}

function invalid(message: string): ItemError {
  return refusal('INVALID_REPLICA_ASSIGNMENT', message);
}
