import { encodeRecord, genesisChecksum, recordsOf, uuidToBytes, type RawRecord } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import type { SnapshotHead } from '@quorate/raft-node';
import { CLUSTER, DIRECTORY, VOTER } from '../test/log-fixture.js';
import { MemoryFileSystem } from './memory-file-system.js';
import { LOG_DIRECTORY, snapshotPath, type SnapshotId } from './paths.js';
import { SnapshotWriter } from './snapshot-file.js';
import { readSnapshot, type SnapshotContent } from './snapshot-read.js';

const ID: SnapshotId = { endOffset: 120 as never, epoch: 4 as never };
const HEAD: SnapshotHead = {
  id: ID,
  lastContainedTimestampMs: 1_700_000_000_000,
  chainChecksum: 0xdeadbeef,
  imageDigest: { lastStableOffset: 118 as never, version: 1, value: Uint8Array.of(1, 2, 3) },
  kraftVersion: 1,
  voters: [VOTER],
};

function newDisk(): MemoryFileSystem {
  const fs = new MemoryFileSystem({ random: () => 0.5 });
  fs.makeDirectory(LOG_DIRECTORY);
  return fs;
}

const topic = (name: string): RawRecord => encodeRecord({ kind: 'Topic', version: 0, value: { name, topicId: uuidToBytes(DIRECTORY) } });

function written(fs: MemoryFileSystem, records: readonly RawRecord[]): Uint8Array {
  const writer = new SnapshotWriter(fs, CLUSTER, HEAD);
  writer.append(records);
  writer.freeze((error) => expect(error).toBeUndefined());
  return fs.readFile(snapshotPath(ID));
}

describe('a snapshot', () => {
  it('gives back header, voters and records', () => {
    const records = [topic('a'), topic('b')];

    const content = readSnapshot(written(newDisk(), records), CLUSTER) as SnapshotContent;

    expect(content.header).toMatchObject({ lastContainedLogTimestamp: 1_700_000_000_000, chainChecksum: 0xdeadbeef, imageDigest: { lastStableOffset: 118 } });
    expect(content.kraftVersion).toBe(1);
    expect(content.voters).toEqual([VOTER]);
    expect(content.batches.flatMap((batch) => recordsOf(batch).map((raw) => [...raw.payload]))).toEqual(records.map((raw) => [...raw.payload]));
  });

  it('splits what does not fit one batch', () => {
    const many = Array.from({ length: 25_000 }, (_, i) => topic(`topic-${i}`));
    const large = Array.from({ length: 3 }, () => ({ type: 2, version: 0, payload: new Uint8Array(400 * 1024) }));

    const content = readSnapshot(written(newDisk(), [...many, ...large]), CLUSTER) as SnapshotContent;

    expect(content.batches.map((batch) => batch.recordCount).reduce((a, b) => a + b)).toBe(25_003);
    for (const batch of content.batches) {
      expect(batch.recordCount).toBeLessThanOrEqual(10_000);
      expect(batch.bytes.length).toBeLessThanOrEqual(768 * 1024);
    }
  });

  it('is not there before it is frozen, and gone when it is discarded', () => {
    const fs = newDisk();
    const writer = new SnapshotWriter(fs, CLUSTER, HEAD);
    writer.append([topic('a')]);
    expect(fs.list(LOG_DIRECTORY)).toEqual(['00000000000000000120-0000000004.checkpoint.part']);

    writer.discard();
    expect(fs.list(LOG_DIRECTORY)).toEqual([]);
  });

  it('is refused when any byte is another, when it is cut off anywhere, and in another cluster', () => {
    const bytes = written(newDisk(), [topic('a')]);

    for (let at = 0; at < bytes.length; at++) {
      const rotten = Uint8Array.from(bytes);
      rotten[at]! ^= 1;
      expect(typeof readSnapshot(rotten, CLUSTER)).toBe('string');
      expect(typeof readSnapshot(bytes.subarray(0, at), CLUSTER)).toBe('string');
    }
    expect(readSnapshot(bytes, 'another')).toBe('it is not of cluster another');
  });

  it('is refused when a batch was left out, although every batch is sound', () => {
    const fs = newDisk();
    const writer = new SnapshotWriter(fs, CLUSTER, HEAD);
    const headBytes = writer.sizeBytes;
    writer.append([topic('a')]);
    const oneBytes = writer.sizeBytes;
    writer.freeze(() => {});
    const bytes = fs.readFile(snapshotPath(ID));
    const without = new Uint8Array(bytes.length - (oneBytes - headBytes));
    without.set(bytes.subarray(0, headBytes));
    without.set(bytes.subarray(oneBytes), headBytes);

    expect(typeof readSnapshot(without, CLUSTER)).toBe('string');
  });

  it('begins its chain where the log begins', () => {
    const content = readSnapshot(written(newDisk(), [topic('a')]), CLUSTER) as SnapshotContent;

    expect(content.batches[0]!.previousChecksum).not.toBe(genesisChecksum(CLUSTER));
    expect(genesisChecksum(CLUSTER)).not.toBe(genesisChecksum('another'));
  });
});
