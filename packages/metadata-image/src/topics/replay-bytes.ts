import { utf8Decode, type RawRecord } from '@quorate/records';
import type { ReplayContext } from '../store.js';
import { isPartition, summaryOf } from './delta.js';
import type { TopicImage } from './image.js';

/** Replays a Topic record from its bytes; as `replayPartitionBytes`. */
export function replayTopicBytes({ at, sink, scratch }: ReplayContext, topics: TopicImage, raw: RawRecord): boolean {
  const { decoder } = scratch;
  if (!decoder.decodeTopic(raw.payload, raw.version) || !topics.addTopicBytes(decoder.topicId, decoder.topicName)) return false;
  sink?.({ kind: 'topicCreated', offset: at.offset, topicId: decoder.topicId.toUuid(), name: utf8Decode(decoder.topicName) });
  return true;
}

/**
 * Replays a Partition record from its bytes straight into the columns: what `replayPartition` does to any store.
 *
 * @returns false when the bytes need the generated decoder; nothing has changed then.
 */
export function replayPartitionBytes({ at, sink, scratch }: ReplayContext, topics: TopicImage, raw: RawRecord): boolean {
  const { before, after, decoder } = scratch;
  if (!decoder.decodePartition(raw.payload, raw.version, after, topics.directories)) return false;
  const topicRow = topics.topicRow(decoder.topicId);
  const { partitionId } = decoder;
  // What is to be refused is refused by the slow way, which says why.
  if (topicRow < 0 || !isPartition(after, partitionId)) return false;
  const row = topics.partitionRow(topicRow, partitionId);
  if (sink !== undefined && row >= 0) topics.loadRow(row, before);
  topics.saveRow(topicRow, partitionId, row, after);
  if (sink === undefined) return true;
  const topicId = decoder.topicId.toUuid();
  const change = { offset: at.offset, topicId, partitionId, after: summaryOf(after) };
  sink(row < 0 ? { kind: 'partitionCreated', ...change } : { kind: 'partitionChanged', ...change, before: summaryOf(before) });
  return true;
}

/** Replays a PartitionChange record from its bytes; as `replayPartitionBytes`. */
export function replayPartitionChangeBytes({ at, sink, scratch }: ReplayContext, topics: TopicImage, raw: RawRecord): boolean {
  const { before, after, change, decoder } = scratch;
  if (!decoder.decodeChange(raw.payload, raw.version, change, topics.directories)) return false;
  const topicRow = topics.topicRow(decoder.topicId);
  const { partitionId } = decoder;
  const row = topicRow < 0 ? -1 : topics.partitionRow(topicRow, partitionId);
  if (row < 0) return false;
  topics.loadRow(row, before);
  after.copyFrom(before);
  if (!change.applyTo(after)) return false;
  topics.changeRow(row, topicRow, partitionId, before, after);
  if (sink === undefined) return true;
  const topicId = decoder.topicId.toUuid();
  sink({ kind: 'partitionChanged', offset: at.offset, topicId, partitionId, before: summaryOf(before), after: summaryOf(after) });
  return true;
}
