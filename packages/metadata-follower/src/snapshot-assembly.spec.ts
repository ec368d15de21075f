import { recordsOf, type Epoch, type Offset } from '@quorate/records';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { feature, snapshotBytes, type SnapshotParts } from '../test/snapshot-bytes.js';
import { SnapshotAssembly } from './snapshot-assembly.js';

const ID = { endOffset: 10 as Offset, epoch: 2 as Epoch };
const PARTS: SnapshotParts = { genesisChecksum: 100, batches: [[feature('a'), feature('b')], [feature('c')]], imageDigest: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) };

/** Pushes the bytes in pieces of these sizes, again and again. */
function assembled(bytes: Uint8Array, sizes: readonly number[], genesisChecksum = 100) {
  const assembly = new SnapshotAssembly(ID, genesisChecksum);
  const names: string[] = [];
  const starts: unknown[] = [];
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length]!;
    const step = assembly.push(bytes.subarray(at, at + size));
    if (step.kind === 'damaged') return { problem: step.problem, names, starts, isWhole: assembly.isWhole };
    if (step.start !== undefined) starts.push(step.start);
    for (const batch of step.batches) names.push(...recordsOf(batch).map(({ payload }) => String.fromCharCode(payload[2]!)));
    at += size;
  }
  return { problem: undefined, names, starts, isWhole: assembly.isWhole };
}

describe('a snapshot in pieces', () => {
  it('comes together wherever the pieces end', () => {
    const bytes = snapshotBytes(PARTS);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: bytes.length + 5 }), { minLength: 1, maxLength: 5 }), (sizes) => {
        expect(assembled(bytes, sizes)).toEqual({
          problem: undefined,
          names: ['a', 'b', 'c'],
          starts: [{ endOffset: 10, epoch: 2, timestampMs: 5000, chainChecksum: 7, digest: { version: 1, value: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) } }],
          isWhole: true,
        });
      }),
    );
  });

  it('is never whole when any byte is another, or it is cut off anywhere', () => {
    const bytes = snapshotBytes(PARTS);
    for (let at = 0; at < bytes.length; at++) {
      const rotten = Uint8Array.from(bytes);
      rotten[at]! ^= 1;
      expect(assembled(rotten, [50]).isWhole).toBe(false);
      if (at > 0) expect(assembled(bytes.subarray(0, at), [50]).isWhole).toBe(false);
    }
  });

  it.each<[string, Uint8Array, string]>([
    ['another cluster', snapshotBytes({ ...PARTS, genesisChecksum: 5 }), 'it is of another cluster'],
    ['a footer that counts otherwise', snapshotBytes({ ...PARTS, recordCount: 2 }), 'its footer counts 2 records, there are 3'],
    ['a footer of other bytes', snapshotBytes({ ...PARTS, digest: Uint8Array.of(1, 0, 0, 0, 0) }), 'its digest is not that of its footer'],
    ['bytes behind the footer', Uint8Array.from([...snapshotBytes(PARTS), ...snapshotBytes(PARTS)]), 'something stands behind its footer'],
  ])('names %s', (_what, bytes, problem) => {
    expect(assembled(bytes, [1000]).problem).toBe(`the snapshot that ends at offset 10 (epoch 2) is damaged: ${problem}`);
  });
});
