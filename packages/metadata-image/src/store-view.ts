import type { NodeId, Offset, Uuid } from '@quorate/records';
import { NO_CONFIG, configKey } from './configs/image.js';
import { NEXT_PRODUCER_ID } from './producer-ids/image.js';
import type { MetadataStore, PartitionCondition } from './store.js';
import type { BrokerRow, ControllerRow, MetadataView, PartitionRef, PartitionRow, TopicRow } from './view.js';

/** The view of a store: the same for the image and the overlay. */
export abstract class StoreView implements MetadataView {
  abstract readonly store: MetadataStore;
  abstract readonly appliedOffset: Offset;

  featureLevel(name: string): number | undefined {
    return this.store.features.get(name);
  }

  features(): ReadonlyMap<string, number> {
    return new Map(this.store.features.entries());
  }

  broker(id: NodeId): BrokerRow | undefined {
    return this.store.brokers.get(id);
  }

  brokers(): readonly BrokerRow[] {
    return byRisingId(this.store.brokers.entries());
  }

  controller(id: NodeId): ControllerRow | undefined {
    return this.store.controllers.get(id);
  }

  controllers(): readonly ControllerRow[] {
    return byRisingId(this.store.controllers.entries());
  }

  get topicCount(): number {
    return this.store.topics.topicCount;
  }

  get partitionCount(): number {
    return this.store.topics.partitionCount;
  }

  topicByName(name: string): TopicRow | undefined {
    return this.store.topics.byName(name);
  }

  topicById(id: Uuid): TopicRow | undefined {
    return this.store.topics.byId(id);
  }

  topicCollidingWith(name: string): TopicRow | undefined {
    for (const topic of this.store.topics.collidingWith(name)) return topic;
    return undefined;
  }

  topics(): Iterable<TopicRow> {
    return this.store.topics.all();
  }

  partition(topicId: Uuid, partitionId: number): PartitionRow | undefined {
    return this.store.topics.partition(topicId, partitionId);
  }

  partitionsWithReplica(brokerId: NodeId): Iterable<PartitionRef> {
    return this.store.topics.withReplica(brokerId);
  }

  partitionsLedBy(brokerId: NodeId): Iterable<PartitionRef> {
    return this.store.topics.ledBy(brokerId);
  }

  partitionsWithIsr(brokerId: NodeId): Iterable<PartitionRef> {
    return this.store.topics.withIsr(brokerId);
  }

  partitionsWithoutLeader(): Iterable<PartitionRef> {
    return this.store.topics.where('withoutLeader');
  }

  /** Partitions for which the condition holds, through an index. */
  partitionsWhere(condition: PartitionCondition): Iterable<PartitionRef> {
    return this.store.topics.where(condition);
  }

  config(resourceType: number, resourceName: string): ReadonlyMap<string, string> {
    return this.store.configs.get(configKey(resourceType, resourceName))?.values ?? NO_CONFIG;
  }

  *configResources(): Generator<{ readonly resourceType: number; readonly resourceName: string }> {
    for (const [, { resourceType, resourceName }] of this.store.configs.entries()) yield { resourceType, resourceName };
  }

  get nextProducerId(): number {
    return this.store.producerIds.get(NEXT_PRODUCER_ID) ?? 0;
  }
}

function byRisingId<V>(entries: Iterable<readonly [NodeId, V]>): V[] {
  return [...entries].sort(([a], [b]) => a - b).map(([, row]) => row);
}
