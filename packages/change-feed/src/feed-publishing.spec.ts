import type { EncodedBatch, Epoch, Offset } from '@quorate/records';
import * as fc from 'fast-check';
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

  it('leaves no hole and never lowers its bound in an epoch, whatever happens to leadership and server', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('committed' as const), count: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ kind: fc.constant('heard' as const), back: fc.nat({ max: 5 }) }),
      fc.constantFrom({ kind: 'claim' as const }, { kind: 'renounce' as const }, { kind: 'up' as const }, { kind: 'down' as const }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { publishing, sent, server } = setUp({ maxBatches: 1000, maxBytes: 1_000_000 });
        let end = 0;
        let epoch = 0;
        let isLeading = false;
        let bound = 0;
        for (const each of steps) {
          const before = sent.length;
          if (each.kind === 'committed') publishing.committed(Array.from({ length: each.count }, () => batchAt(end++)));
          if (each.kind === 'heard' && !isLeading) publishing.heardPublishedOffset(Math.max(0, end - each.back) as Offset);
          if (each.kind === 'claim' && !isLeading) publishing.claim((epoch += 1) as Epoch);
          if (each.kind === 'renounce') publishing.renounce();
          if (each.kind === 'claim') isLeading = true;
          if (each.kind === 'renounce') isLeading = false;
          if (each.kind === 'down') server.up = false;
          if (each.kind === 'up') {
            server.up = true;
            publishing.serverUp();
          }

          const offsets = sent.slice(before).map((text) => Number.parseInt(text, 10));
          if (!isLeading) {
            expect(offsets).toEqual([]);
            bound = 0;
            continue;
          }
          const published = publishing.publishedOffset()!;
          expect(published).toBeGreaterThanOrEqual(bound);
          expect(published).toBeLessThanOrEqual(end);
          bound = published;
          expect(offsets).toEqual(Array.from({ length: offsets.length }, (_, n) => published - offsets.length + n));
          if (server.up) expect(published).toBe(end);
        }
      }),
      { numRuns: 500 },
    );
  });
});
