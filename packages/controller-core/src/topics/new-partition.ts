import type { MetadataRecord, NodeId } from '@quorate/records';
import type { ClusterModel } from '../cluster-model.js';
import type { FeatureRules } from '../metadata-version.js';

/**
 * The record of a partition that begins its life: in sync are those of its replicas that are active, in order of
 * preference, and the first of them leads. At least one must be.
 *
 * @param topicId - 16 bytes; the record keeps the array, so that a topic's partitions share it.
 */
export function newPartitionRecord(
  { topicId, partitionId, replicas }: { readonly topicId: Uint8Array; readonly partitionId: number; readonly replicas: readonly NodeId[] },
  { cluster, features }: { readonly cluster: ClusterModel; readonly features: FeatureRules },
): MetadataRecord<'Partition'> {
  const isr = replicas.filter((id) => cluster.isActive(id));
  const [leader] = isr;
  if (leader === undefined) throw new Error(`partition ${partitionId} would begin without any active replica among ${replicas.join(', ')}`);
  return {
    kind: 'Partition',
    version: features.versions.Partition,
    value: {
      partitionId,
      topicId,
      replicas: [...replicas],
      isr,
      removingReplicas: [],
      addingReplicas: [],
      leader,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: features.hasDirectories ? replicas.map((id) => cluster.defaultDirectoryBytes(id)) : [],
    },
  };
}
