import {
  encodeBatch,
  encodeRecord,
  readBatch,
  uuidFromBytes,
  type EncodedBatch,
  type Epoch,
  type MetadataRecord,
  type MetadataRecordValues,
  type NodeId,
  type Offset,
  type Uuid,
} from '@quorate/records';
import { MetadataImage, type MetadataChange } from '../src/index.js';
import { position, uuidBytes } from './random-records.js';

/** The id with this number. */
export const id = (n: number): Uuid => uuidFromBytes(uuidBytes(n));
export const node = (n: number): NodeId => n as NodeId;

export const topic = (name: string, topicId: number): MetadataRecord => ({ kind: 'Topic', version: 0, value: { name, topicId: uuidBytes(topicId) } });
export const removeTopic = (topicId: number): MetadataRecord => ({ kind: 'RemoveTopic', version: 0, value: { topicId: uuidBytes(topicId) } });

/** Led by its first replica, all in sync, unless said otherwise. */
export function partition(topicId: number, partitionId: number, replicas: number[], more: Partial<MetadataRecordValues['Partition']> = {}): MetadataRecord {
  const value = {
    partitionId,
    topicId: uuidBytes(topicId),
    replicas,
    isr: replicas,
    removingReplicas: [],
    addingReplicas: [],
    leader: replicas[0] ?? -1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    directories: [],
    ...more,
  };
  return { kind: 'Partition', version: 2, value };
}

export function partitionChange(topicId: number, partitionId: number, change: Partial<MetadataRecordValues['PartitionChange']>): MetadataRecord {
  return { kind: 'PartitionChange', version: 2, value: { partitionId, topicId: uuidBytes(topicId), ...change } };
}

export function registerBroker(brokerId: number, brokerEpoch: number, more: Partial<MetadataRecordValues['RegisterBroker']> = {}): MetadataRecord {
  const value = {
    brokerId,
    brokerEpoch,
    incarnationId: uuidBytes(300 + brokerId),
    endpoints: [],
    features: [],
    fenced: true,
    inControlledShutdown: false,
    isMigratingZkBroker: false,
    logDirs: [],
    ...more,
  };
  return { kind: 'RegisterBroker', version: 4, value };
}

export const config = (resourceType: number, resourceName: string, name: string, value?: string): MetadataRecord => ({
  kind: 'Config',
  version: 0,
  value: { resourceType, resourceName, name, value },
});

/** Applies the records from offset 0 on, or from where the image stands. */
export function replay(records: readonly MetadataRecord[], image = new MetadataImage()): MetadataImage {
  for (const record of records) image.apply(record, position(image.appliedOffset));
  return image;
}

/** Applies them from bytes, as the log holds them. */
export function replayRaw(records: readonly MetadataRecord[], image = new MetadataImage()): MetadataImage {
  for (const record of records) image.applyRaw(encodeRecord(record), position(image.appliedOffset));
  return image;
}

/** What applying the records told, after those that came before. */
export function changesOf(image: MetadataImage, records: readonly MetadataRecord[]): MetadataChange[] {
  const changes: MetadataChange[] = [];
  for (const record of records) image.apply(record, position(image.appliedOffset), (change) => changes.push(change));
  return changes;
}

/** Builds a log of batches, each one chained to the one before. */
export class BatchLog {
  #end = 0;
  #checksum = 1;

  get endOffset(): Offset {
    return this.#end as Offset;
  }

  append(records: readonly MetadataRecord[], { epoch = 1, isControl = false } = {}): EncodedBatch {
    const batch = encodeBatch({
      baseOffset: this.endOffset,
      epoch: epoch as Epoch,
      appendTimeMs: 5000 + this.#end,
      isControl,
      previousChecksum: this.#checksum,
      records: records.map(encodeRecord),
    });
    this.#end = batch.endOffset;
    this.#checksum = batch.checksum;
    return batch;
  }
}

/** The same batch as a view into a frame that it shares with other bytes, as it comes from a socket. */
export function inFrame(batch: EncodedBatch, frameBytes: number): { readonly batch: EncodedBatch; readonly frame: Uint8Array } {
  const frame = new Uint8Array(frameBytes);
  frame.set(batch.bytes, 100);
  const read = readBatch(frame.subarray(100, 100 + batch.bytes.length), 0);
  if (read.kind !== 'batch') throw new Error(`the batch reads as ${read.kind}`);
  return { batch: read.batch, frame };
}
