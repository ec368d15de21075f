import type { BrokerRow, MetadataView, PartitionRow, TopicRow } from '@quorate/metadata-image';
import { BrokerState, type Broker, type ConfigEntry, type FinalizedFeature, type Partition, type Topic, type TopicSummary } from '@quorate/records/gen/quorate/metadata/v1/metadata';

/** Rows of the image as clients see them. */

export function brokerToWire(broker: BrokerRow): Broker {
  return {
    id: broker.id,
    epoch: broker.epoch,
    incarnationId: broker.incarnationId,
    listeners: broker.endpoints.map(({ name, host, port, securityProtocol }) => ({ name, host, port, securityProtocol })),
    features: broker.features.map(({ name, minSupported, maxSupported }) => ({ name, minSupported, maxSupported })),
    rack: broker.rack,
    state: brokerState(broker),
    logDirs: [...broker.logDirs],
  };
}

export function brokerState(broker: Pick<BrokerRow, 'fenced' | 'inControlledShutdown'>): BrokerState {
  if (broker.fenced) return BrokerState.BROKER_STATE_FENCED;
  return broker.inControlledShutdown ? BrokerState.BROKER_STATE_CONTROLLED_SHUTDOWN : BrokerState.BROKER_STATE_ACTIVE;
}

export function partitionToWire(partitionId: number, row: PartitionRow): Partition {
  return {
    partitionId,
    leader: row.leader,
    leaderEpoch: row.leaderEpoch,
    partitionEpoch: row.partitionEpoch,
    replicas: [...row.replicas],
    isr: [...row.isr],
    addingReplicas: [...row.addingReplicas],
    removingReplicas: [...row.removingReplicas],
    eligibleLeaderReplicas: [...(row.eligibleLeaderReplicas ?? [])],
    lastKnownElr: [...(row.lastKnownElr ?? [])],
    recovering: row.leaderRecoveryState === 1,
    directories: [...row.directories],
  };
}

export function partitionsOf(view: MetadataView, topic: TopicRow): Partition[] {
  const partitions: Partition[] = [];
  for (let id = 0; id < topic.partitionCount; id++) {
    const row = view.partition(topic.topicId, id);
    if (row !== undefined) partitions.push(partitionToWire(id, row));
  }
  return partitions;
}

export function topicToWire(view: MetadataView, topic: TopicRow): Topic {
  return { name: topic.name, topicId: topic.topicId, partitions: partitionsOf(view, topic) };
}

export function summaryToWire({ name, topicId, partitionCount }: TopicRow): TopicSummary {
  return { name, topicId, partitionCount };
}

/** What is set for a resource, by rising name. */
export function configToWire(view: MetadataView, resourceType: number, resourceName: string): ConfigEntry[] {
  return [...view.config(resourceType, resourceName)].map(([name, value]) => ({ name, value })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function featuresToWire(view: MetadataView): FinalizedFeature[] {
  return [...view.features()].map(([name, level]) => ({ name, level })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Kafka's type of a topic as a configurable resource. */
export const TOPIC_RESOURCE = 2;
