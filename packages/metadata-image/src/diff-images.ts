import type { Offset } from '@quorate/records';
import type { MetadataChange, PartitionSummary } from './delta.js';
import type { MetadataImage } from './image.js';
import type { Table } from './store.js';
import type { BrokerRow, PartitionRow, TopicRow } from './view.js';

/**
 * What turns one image into another, for those who follow changes and had to load a snapshot in between. All changes carry
 * the offset of the later image's last record. Costs a look at every row of both.
 */
export function* diffImages(before: MetadataImage, after: MetadataImage): Generator<MetadataChange> {
  const offset = Math.max(0, after.appliedOffset - 1) as Offset;
  yield* featureChanges(before, after, offset);
  yield* brokerChanges(before, after, offset);
  yield* controllerChanges(before, after, offset);
  yield* topicChanges(before, after, offset);
  yield* configChanges(before, after, offset);
  yield* quotaChanges(before, after, offset);
  yield* securityChanges(before, after, offset);
  if (before.nextProducerId !== after.nextProducerId) {
    yield { kind: 'producerIdsAllocated', offset, before: before.nextProducerId, after: after.nextProducerId };
  }
}

function* featureChanges(before: MetadataImage, after: MetadataImage, offset: Offset): Generator<MetadataChange> {
  for (const [name, was, is] of pairs(before.store.features, after.store.features)) {
    if (was !== is) yield { kind: 'featureChanged', offset, name, before: was ?? 0, after: is ?? 0 };
  }
}

function* brokerChanges(before: MetadataImage, after: MetadataImage, offset: Offset): Generator<MetadataChange> {
  for (const [, was, is] of pairs(before.store.brokers, after.store.brokers)) {
    if (is === undefined) yield { kind: 'brokerUnregistered', offset, before: was! };
    else if (was === undefined || was.epoch !== is.epoch || was.incarnationId !== is.incarnationId) {
      yield { kind: 'brokerRegistered', offset, before: was, after: is };
    } else if (was.fenced !== is.fenced) yield { kind: is.fenced ? 'brokerFenced' : 'brokerUnfenced', offset, before: was, after: is };
    else if (!sameBroker(was, is)) yield { kind: 'brokerChanged', offset, before: was, after: is };
  }
}

function* controllerChanges(before: MetadataImage, after: MetadataImage, offset: Offset): Generator<MetadataChange> {
  for (const [, was, is] of pairs(before.store.controllers, after.store.controllers)) {
    if (is === undefined) yield { kind: 'controllerUnregistered', offset, before: was! };
    else if (!same(was, is)) yield { kind: 'controllerRegistered', offset, before: was, after: is };
  }
}

function* topicChanges(before: MetadataImage, after: MetadataImage, offset: Offset): Generator<MetadataChange> {
  for (const topic of before.topics()) {
    if (after.topicById(topic.topicId) !== undefined) continue;
    yield { kind: 'topicDeleted', offset, topicId: topic.topicId, name: topic.name, partitionCount: topic.partitionCount };
  }
  for (const topic of after.topics()) {
    if (before.topicById(topic.topicId) === undefined) yield { kind: 'topicCreated', offset, topicId: topic.topicId, name: topic.name };
    yield* partitionChanges(before, after, topic, offset);
  }
}

function* partitionChanges(before: MetadataImage, after: MetadataImage, topic: TopicRow, offset: Offset): Generator<MetadataChange> {
  const { topicId, partitionCount } = topic;
  for (let partitionId = 0; partitionId < partitionCount; partitionId++) {
    const was = before.partition(topicId, partitionId);
    const is = after.partition(topicId, partitionId);
    if (is === undefined) continue;
    if (was === undefined) yield { kind: 'partitionCreated', offset, topicId, partitionId, after: summary(is) };
    else if (was.partitionEpoch !== is.partitionEpoch || !same(was, is)) {
      yield { kind: 'partitionChanged', offset, topicId, partitionId, before: summary(was), after: summary(is) };
    }
  }
}

function* configChanges(before: MetadataImage, after: MetadataImage, offset: Offset): Generator<MetadataChange> {
  for (const [, was, is] of pairs(before.store.configs, after.store.configs)) {
    const { resourceType, resourceName } = (is ?? was)!;
    for (const name of new Set([...(was?.values.keys() ?? []), ...(is?.values.keys() ?? [])])) {
      const change = { before: was?.values.get(name), after: is?.values.get(name) };
      if (change.before !== change.after) yield { kind: 'configChanged', offset, resourceType, resourceName, name, ...change };
    }
  }
}

function* quotaChanges(before: MetadataImage, after: MetadataImage, offset: Offset): Generator<MetadataChange> {
  for (const [, was, is] of pairs(before.store.clientQuotas, after.store.clientQuotas)) {
    const { entity } = (is ?? was)!;
    for (const key of new Set([...(was?.quotas.keys() ?? []), ...(is?.quotas.keys() ?? [])])) {
      const change = { before: was?.quotas.get(key), after: is?.quotas.get(key) };
      if (change.before !== change.after) yield { kind: 'clientQuotaChanged', offset, entity, key, ...change };
    }
  }
}

function* securityChanges(before: MetadataImage, after: MetadataImage, offset: Offset): Generator<MetadataChange> {
  for (const [, was, is] of pairs(before.store.acls, after.store.acls)) {
    if (was !== undefined && !same(was, is)) yield { kind: 'aclDeleted', offset, acl: was };
    if (is !== undefined && !same(was, is)) yield { kind: 'aclCreated', offset, acl: is };
  }
  for (const [, was, is] of pairs(before.store.scram, after.store.scram)) {
    const { user, mechanism } = (is ?? was)!;
    if (same(was, is)) continue;
    yield { kind: is === undefined ? 'scramCredentialRemoved' : 'scramCredentialChanged', offset, user, mechanism };
  }
  for (const [tokenId, was, is] of pairs(before.store.delegationTokens, after.store.delegationTokens)) {
    if (same(was, is)) continue;
    yield { kind: is === undefined ? 'delegationTokenRemoved' : 'delegationTokenChanged', offset, tokenId };
  }
}

/** Every key of either table, with its value in both. */
function* pairs<K, V>(before: Table<K, V>, after: Table<K, V>): Generator<readonly [K, V | undefined, V | undefined]> {
  for (const [key, was] of before.entries()) yield [key, was, after.get(key)];
  for (const [key, is] of after.entries()) if (before.get(key) === undefined) yield [key, undefined, is];
}

/** A snapshot does not say where in the log a registration stood. */
function sameBroker(a: BrokerRow, b: BrokerRow): boolean {
  return same({ ...a, registrationOffset: 0 }, { ...b, registrationOffset: 0 });
}

/** Rows are plain values made by the same code, so that their fields stand in the same order. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function summary({ leader, leaderEpoch, partitionEpoch, replicas, isr }: PartitionRow): PartitionSummary {
  return { leader, leaderEpoch, partitionEpoch, replicas, isr };
}
