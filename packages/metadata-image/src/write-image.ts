import { RECORD_TYPE, encodeRecord, uuidToBytes, type MetadataRecord, type RawRecord } from '@quorate/records';
import { aclRecords } from './acls/image.js';
import { quotaRecords } from './client-quotas/image.js';
import { brokerRecords, controllerRecords } from './cluster/image.js';
import { PartitionDraft } from './columns/partition-draft.js';
import { PartitionEncoder } from './columns/partition-encoder.js';
import { UuidWords } from './columns/uuid-words.js';
import { configRecords } from './configs/image.js';
import { tokenRecords } from './delegation-tokens/image.js';
import { METADATA_VERSION, featureRecords } from './features/image.js';
import type { HeldEntries } from './held-table.js';
import type { ImageSnapshot } from './image-snapshot.js';
import { producerIdRecords } from './producer-ids/image.js';
import { recordVersions, type RecordVersions } from './record-versions.js';
import { scramRecords } from './scram/image.js';
import type { HeldTopicImage } from './topics/image.js';

/**
 * The held image as records, in Kafka's order of aspects, features first. Replayed into an empty image they
 * give an equal one. The order of rows within an aspect is no part of the promise.
 *
 * Drive it in slices: each step costs one record, whatever the image holds.
 */
export function* imageRecords(held: ImageSnapshot): Generator<RawRecord> {
  const versions = versionsOf(held);
  yield* encoded(featureRecords(held.features.entries()));
  yield* encoded(brokerRecords(values(held.brokers), versions));
  yield* encoded(controllerRecords(values(held.controllers)));
  yield* topicRecords(held.topics);
  yield* partitionRecords(held.topics, versions);
  yield* encoded(configRecords(values(held.configs)));
  yield* encoded(quotaRecords(values(held.clientQuotas)));
  yield* encoded(producerIdRecords(values(held.producerIds)));
  yield* encoded(aclRecords(values(held.acls)));
  yield* encoded(scramRecords(values(held.scram)));
  yield* encoded(tokenRecords(values(held.delegationTokens)));
}

function versionsOf(held: ImageSnapshot): RecordVersions {
  const features = new Map(held.features.entries());
  return recordVersions(features.get(METADATA_VERSION), (features.get('eligible.leader.replicas.version') ?? 0) > 0);
}

/** All topics come before any partition: a partition needs its topic, and rows of partitions lie side by side. */
function* topicRecords({ topics }: HeldTopicImage): Generator<RawRecord> {
  for (let row = 0; row < topics.rows.rowCount; row++) {
    const topic = topics.read(row);
    if (topic === undefined) continue;
    yield encodeRecord({ kind: 'Topic', version: 0, value: { name: topic.name, topicId: uuidToBytes(topic.id) } });
  }
}

function* partitionRecords({ topics, partitions, directories }: HeldTopicImage, versions: RecordVersions): Generator<RawRecord> {
  const state = new PartitionDraft();
  const topicId = new UuidWords();
  const encoder = new PartitionEncoder();
  for (let row = 0; row < partitions.rows.rowCount; row++) {
    const topicRow = partitions.topicRow(row);
    if (topicRow < 0) continue;
    partitions.load(row, state);
    const version = versions.partition(state);
    const payload = encoder.encode(topics.readId(topicRow, topicId), partitions.partitionId(row), state, version, directories);
    yield { type: RECORD_TYPE.Partition, version, payload };
  }
}

function* encoded(records: Iterable<MetadataRecord>): Generator<RawRecord> {
  for (const record of records) yield encodeRecord(record);
}

function* values<V>(held: HeldEntries<unknown, V>): Generator<V> {
  for (const [, value] of held.entries()) yield value;
}
