import type { MetadataRecord, NodeId, Uuid } from '@quorate/records';
import type { BrokerRow, PartitionRef } from '@quorate/metadata-image';
import type { DecisionState } from '../decision-state.js';
import { leaderAndIsrChanges } from './leader-and-isr.js';

/** The broker leaves the ISRs of the partitions that it has in failed directories. */
export function directorySweepRecords(broker: BrokerRow, failed: readonly Uuid[], state: DecisionState): MetadataRecord[] {
  const move = { leaving: broker.id, failedDirectories: failed };
  return leaderAndIsrChanges(partitionsInDirectories(broker.id, failed, state), move, state);
}

function* partitionsInDirectories(brokerId: NodeId, directories: readonly Uuid[], { view }: DecisionState): Iterable<PartitionRef> {
  for (const ref of view.partitionsWithIsr(brokerId)) {
    const partition = view.partition(ref.topicId, ref.partitionId);
    const directory = partition?.directories[partition.replicas.indexOf(brokerId)];
    if (directory !== undefined && directories.includes(directory)) yield ref;
  }
}
