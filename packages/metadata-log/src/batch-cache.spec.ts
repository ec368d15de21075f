import type { Offset } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { nextBatch } from '../test/log-fixture.js';
import { BatchCache } from './batch-cache.js';

function filledCache(count: number, limitBytes: number) {
  const cache = new BatchCache(limitBytes);
  let end = { endOffset: 0 as Offset, endChecksum: 1 };
  const batches = Array.from({ length: count }, () => {
    const batch = nextBatch(end, { records: 2, payloadBytes: 100 });
    cache.push(batch);
    end = { endOffset: batch.endOffset, endChecksum: batch.checksum };
    return batch;
  });
  return { cache, batches };
}

const all = Number.MAX_SAFE_INTEGER as Offset;

describe('the cache of the newest batches', () => {
  it('answers with whole batches from the one that holds the offset', () => {
    const { cache, batches } = filledCache(5, 1 << 20);

    expect(cache.read(3 as Offset, all, 1 << 20)).toEqual(batches.slice(1));
    expect(cache.read(2 as Offset, 6 as Offset, 1 << 20)).toEqual(batches.slice(1, 3));
    expect(cache.read(0 as Offset, all, 1)).toEqual(batches.slice(0, 1));
    expect(cache.endingAt(6 as Offset)).toEqual(batches[2]);
    expect(cache.endingAt(5 as Offset)).toBeUndefined();
  });

  it('drops the oldest beyond its limit, never the newest, and says when an offset is too old', () => {
    const { cache, batches } = filledCache(5000, 1000);
    const size = batches[0]!.bytes.length;
    const kept = Math.floor(1000 / size);

    expect(cache.read(0 as Offset, all, 1 << 20)).toBeUndefined();
    expect(cache.read(batches.at(-kept)!.baseOffset, all, 1 << 20)).toEqual(batches.slice(-kept));
    expect(filledCache(2, 1).cache.read(2 as Offset, all, 1)).toHaveLength(1);
  });

  it('forgets what a truncation removed', () => {
    const { cache, batches } = filledCache(5, 1 << 20);
    cache.truncate(4 as Offset);

    expect(cache.read(0 as Offset, all, 1 << 20)).toEqual(batches.slice(0, 2));
    expect(cache.endingAt(10 as Offset)).toBeUndefined();
  });

  it('copies a view on a larger frame and keeps a buffer of its own as it is', () => {
    const cache = new BatchCache(1 << 20);
    const own = nextBatch({ endOffset: 0 as Offset, endChecksum: 1 });
    cache.push(own);
    const next = nextBatch({ endOffset: own.endOffset, endChecksum: own.checksum });
    const frame = new Uint8Array(1000);
    frame.set(next.bytes, 100);
    cache.push({ ...next, bytes: frame.subarray(100, 100 + next.bytes.length) });
    frame.fill(0);

    const [first, second] = cache.read(0 as Offset, all, 1 << 20)!;
    expect(first!.bytes).toBe(own.bytes);
    expect(second!.bytes).toEqual(next.bytes);
    expect(second!.bytes.buffer).not.toBe(frame.buffer);
  });
});
