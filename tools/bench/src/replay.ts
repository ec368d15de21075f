import { BatchFold, MetadataImage } from '@quorate/metadata-image';
import { encodeBatch, encodeRecord, genesisChecksum, readBatches, type MetadataRecord, type RawRecord } from '@quorate/records';
import { costOf } from './cost.js';
import type { Report, Row } from './report.js';

/** Records of one batch: what group commit and bulk requests make of a busy cluster. */
const RECORDS_A_BATCH = 500;
const PARTITIONS_A_TOPIC = 10;

/**
 * P17: how fast a log becomes an image: bytes as they lie on disk, checksums verified, folded into the columns. One process,
 * one thread, no disk. "Mixed" is the history of a cluster (topics, partitions, changes of leader and ISR), "partitions" is
 * what a snapshot of large topics holds.
 */
export function benchReplay(options: { readonly runs: number; readonly records: number }): Report {
  const mixed = logOf(mixedRecords(options.records));
  const partitions = logOf(partitionRecords(options.records));
  const rates = { mixed: [] as number[], partitions: [] as number[] };
  const notes: string[] = [];
  for (let run = 0; run <= options.runs; run += 1) {
    for (const [name, log] of [['mixed', mixed], ['partitions', partitions]] as const) {
      const cost = costOf([process.pid]);
      const startedMs = performance.now();
      const image = replay(log.bytes);
      const seconds = (performance.now() - startedMs) / 1000;
      // The first run compiles.
      if (run > 0) rates[name].push(log.records / seconds);
      if (run === options.runs) {
        notes.push(`${name}: ${log.records} records, ${(log.bytes.length / 1e6).toFixed(1)} MB of log, ${image.partitionCount} partitions, columns of ${(Object.values(image.bytes).reduce((sum, bytes) => sum + bytes, 0) / 1e6).toFixed(1)} MB; ${cost.sum()}`);
      }
    }
    process.stderr.write(`replay: run ${run} of ${options.runs}\n`);
  }
  const row = (what: string, ours: readonly number[], target: number): Row => ({ id: 'P17', what, unit: 'records/s', ours, target, better: 'more' });
  return { name: 'replay', rows: [row('a mixed log', rates.mixed, 700_000), row('partitions', rates.partitions, 1_800_000)], notes };
}

function replay(bytes: Uint8Array): MetadataImage {
  const image = new MetadataImage();
  const fold = new BatchFold(image);
  for (const batch of readBatches(bytes).batches) fold.fold(batch, false);
  return image;
}

function logOf(records: Iterable<MetadataRecord>): { readonly bytes: Uint8Array; readonly records: number } {
  const batches: Uint8Array[] = [];
  let baseOffset = 0;
  let previousChecksum = genesisChecksum('bench');
  let pending: RawRecord[] = [];
  const flush = (): void => {
    if (pending.length === 0) return;
    const batch = encodeBatch({ baseOffset, epoch: 1, appendTimeMs: 1_700_000_000_000 + baseOffset, isControl: false, previousChecksum, records: pending });
    batches.push(batch.bytes);
    baseOffset += pending.length;
    previousChecksum = batch.checksum;
    pending = [];
  };
  for (const record of records) {
    if (pending.push(encodeRecord(record)) === RECORDS_A_BATCH) flush();
  }
  flush();
  return { bytes: Buffer.concat(batches), records: baseOffset };
}

/** For each ten partitions: the topic, its partitions, and eleven changes of some of them. */
function* mixedRecords(count: number): Generator<MetadataRecord> {
  for (let topic = 0, made = 0; made < count; topic += 1) {
    const topicId = topicIdOf(topic);
    yield topicRecord(topic, topicId);
    for (let partitionId = 0; partitionId < PARTITIONS_A_TOPIC; partitionId += 1) yield partitionRecord(topicId, partitionId);
    for (let change = 0; change <= PARTITIONS_A_TOPIC; change += 1) {
      yield { kind: 'PartitionChange', version: 1, value: { partitionId: change % PARTITIONS_A_TOPIC, topicId, leader: 101 + (change % 3), isr: { ids: change % 2 === 0 ? [101, 102] : [101, 102, 103] } } } as MetadataRecord;
    }
    made += 2 + 2 * PARTITIONS_A_TOPIC;
  }
}

/** Topics of a thousand partitions. */
function* partitionRecords(count: number): Generator<MetadataRecord> {
  for (let made = 0; made < count; made += 1) {
    const topic = Math.floor(made / 1000);
    const topicId = topicIdOf(topic);
    if (made % 1000 === 0) yield topicRecord(topic, topicId);
    yield partitionRecord(topicId, made % 1000);
  }
}

function topicIdOf(topic: number): Buffer {
  const id = Buffer.alloc(16, 0x41);
  id.writeUInt32BE(topic + 1, 6);
  return id;
}

function topicRecord(topic: number, topicId: Buffer): MetadataRecord {
  return { kind: 'Topic', version: 0, value: { name: `replayed-topic-${topic}`, topicId } };
}

function partitionRecord(topicId: Buffer, partitionId: number): MetadataRecord {
  const replicas = [0, 1, 2].map((step) => 101 + ((partitionId + step) % 3));
  const directories = replicas.map(() => DIRECTORY);
  return { kind: 'Partition', version: 1, value: { partitionId, topicId, replicas, isr: replicas, removingReplicas: [], addingReplicas: [], leader: replicas[0]!, leaderEpoch: 0, partitionEpoch: 0, directories } } as MetadataRecord;
}

const DIRECTORY = Buffer.alloc(16, 7);
