import type { EncodedBatch, Epoch, Offset } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { FeedPublishing } from './feed-publishing.js';

const batchAt = (n: number): EncodedBatch => ({
  baseOffset: n as Offset,
  endOffset: (n + 1) as Offset,
  epoch: 1 as Epoch,
  appendTimeMs: 0,
  isControl: false,
  recordCount: 1,
  checksum: 1,
  previousChecksum: 0,
  bytes: new Uint8Array(10),
});

function setUp(limits: { maxBatches?: number; maxBytes?: number } = {}) {
  const sent: string[] = [];
  const server = { up: true };
  let keys = 0;
  const publishing = new FeedPublishing({
    maxBatches: limits.maxBatches ?? 100,
    maxBytes: limits.maxBytes ?? 10_000,
    send: (batch, epoch, key) => {
      if (server.up) sent.push(`${batch.baseOffset}@${epoch}/${key[0]}`);
      return server.up;
    },
    newKey: () => new Uint8Array(32).fill((keys += 1)),
  });
  return { publishing, sent, server };
}

describe('FeedPublishing', () => {
  it('sends nothing while another node leads', () => {
    const { publishing, sent } = setUp();

    publishing.committed([batchAt(0)]);

    expect(sent).toEqual([]);
    expect(publishing.publishedOffset()).toBeUndefined();
    expect(publishing.key()).toBeUndefined();
  });

  it('goes on from the offset that it heard of the old leader', () => {
    const { publishing, sent } = setUp();
    publishing.committed([batchAt(0), batchAt(1), batchAt(2)]);
    publishing.heardPublishedOffset(2 as Offset);
    publishing.heardPublishedOffset(1 as Offset);

    publishing.claim(5 as Epoch);
    publishing.committed([batchAt(3)]);

    expect(sent).toEqual(['2@5/1', '3@5/1']);
    expect(publishing.publishedOffset()).toBe(4);
  });

  it('keeps its bound while the server is away, and sends what was missed when it is back', () => {
    const { publishing, sent, server } = setUp();
    publishing.claim(1 as Epoch);
    server.up = false;
    publishing.committed([batchAt(0), batchAt(1)]);
    expect(publishing.publishedOffset()).toBe(0);

    server.up = true;
    publishing.serverUp();

    expect(sent).toEqual(['0@1/1', '1@1/1']);
    expect(publishing.publishedOffset()).toBe(2);
  });

  it('uses a new key for each epoch that it leads', () => {
    const { publishing } = setUp();
    publishing.claim(1 as Epoch);
    const first = publishing.key();
    publishing.renounce();
    publishing.claim(3 as Epoch);

    expect(publishing.key()).not.toEqual(first);
  });

  it('forgets the oldest batches beyond its bounds, the newest never', () => {
    const { publishing, sent } = setUp({ maxBatches: 4 });
    for (let n = 0; n < 100; n += 1) publishing.committed([batchAt(n)]);

    publishing.claim(1 as Epoch);

    expect(sent.length).toBeLessThanOrEqual(5);
    expect(sent.at(-1)).toBe('99@1/1');
    const small = setUp({ maxBytes: 1 });
    small.publishing.committed([batchAt(0)]);
    small.publishing.claim(1 as Epoch);
    expect(small.sent).toEqual(['0@1/1']);
  });
});
