import { describe, expect, it } from 'vitest';
import { uuidBytes } from '../../test/random-records.js';
import { partition, partitionChange, removeTopic, replayRaw, topic } from '../../test/records.js';
import { MetadataImage } from '../image.js';

const BROKERS = 30;
const directoriesOf = (replicas: number[]): Uint8Array[] => replicas.map((id) => uuidBytes(1000 + id));

/** Topics of 64 partitions, replication factor 3. */
function imageOf(partitionCount: number): MetadataImage {
  const image = new MetadataImage();
  for (let n = 0; n < partitionCount; n++) {
    const topicId = Math.floor(n / 64);
    if (n % 64 === 0) replayRaw([topic(`topic-${topicId}`, topicId)], image);
    const replicas = [n % BROKERS, (n + 7) % BROKERS, (n + 13) % BROKERS];
    replayRaw([partition(topicId, n % 64, replicas, { directories: directoriesOf(replicas) })], image);
  }
  return image;
}

describe('the memory of an image', () => {
  it('is 36 bytes for a partition row, in whole pages, and nothing elsewhere for ordinary partitions', () => {
    const { partitionRows, partitionBlocks } = imageOf(4096 * 4).store.topics.bytes;

    expect(partitionRows).toBe(4096 * 4 * 36);
    expect(partitionBlocks).toBe(0);
  });

  it('is below 52 bytes a partition with hash tables, index by broker and topics', () => {
    const partitions = 4096 * 8;
    const { topics, partitionRows, partitionHash, index } = imageOf(partitions).store.topics.bytes;

    // Exact, since all of it is pages; a change of layout changes these figures on purpose.
    expect({ topics, partitionRows, partitionHash, index }).toEqual({
      topics: 278_528,
      partitionRows: 1_179_648,
      partitionHash: 16_384,
      index: 227_328,
    });
    expect((topics + partitionRows + partitionHash + index) / partitions).toBeLessThan(52);
  });

  it('does not grow when partitions change, or when topics go and others come', () => {
    const image = imageOf(2048);
    const before = image.store.topics.bytes;
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 2048; n++) replayRaw([partitionChange(Math.floor(n / 64), n % 64, { isr: { ids: [] }, leader: -1 })], image);
      for (let n = 0; n < 32; n++) {
        const replicas = [1, 2, 3];
        replayRaw([removeTopic(n), topic(`topic-${n}`, n)], image);
        for (let p = 0; p < 64; p++) replayRaw([partition(n, p, replicas, { directories: directoriesOf(replicas) })], image);
      }
    }

    expect({ ...image.store.topics.bytes, index: 0 }).toEqual({ ...before, index: 0 });
  });

  it('takes a block for a partition out of the ordinary, and gives it back', () => {
    const image = imageOf(64);
    const reassign = (adding: number[]): MetadataImage => replayRaw([partitionChange(0, 0, { addingReplicas: { ids: adding } })], image);
    reassign([9]);
    expect(image.store.topics.bytes.partitionBlocks).toBe(65_536);

    for (let i = 0; i < 20_000; i++) reassign(i % 2 === 0 ? [] : [9]);
    expect(image.store.topics.bytes.partitionBlocks).toBe(65_536);
  });
});
