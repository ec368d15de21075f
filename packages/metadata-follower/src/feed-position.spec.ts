import type { EncodedBatch, Epoch, Offset } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { AppliedTail } from './feed-position.js';

const batch = (baseOffset: number, endOffset: number, checksum: number, previousChecksum: number): EncodedBatch => ({
  baseOffset: baseOffset as Offset,
  endOffset: endOffset as Offset,
  epoch: 1 as Epoch,
  appendTimeMs: 0,
  isControl: false,
  recordCount: endOffset - baseOffset,
  checksum,
  previousChecksum,
  bytes: new Uint8Array(0),
});

const GENESIS = 7;
const tail = (): AppliedTail => new AppliedTail({ endOffset: 0 as Offset, endChecksum: GENESIS, limit: 2 });

describe('AppliedTail', () => {
  it('lets a batch continue that follows in offset and chain', () => {
    const applied = tail();

    expect(applied.place(batch(0, 2, 11, GENESIS))).toBe('continues');
    applied.applied(batch(0, 2, 11, GENESIS));

    expect(applied.endOffset).toBe(2);
    expect(applied.place(batch(2, 3, 12, 11))).toBe('continues');
  });

  it('says that a batch of another chain contradicts, even at the right offset', () => {
    expect(tail().place(batch(0, 2, 11, GENESIS + 1))).toBe('contradicts');
  });

  it('tells a repeated batch from another one at its place', () => {
    const applied = tail();
    applied.applied(batch(0, 2, 11, GENESIS));

    expect(applied.place(batch(0, 2, 11, GENESIS))).toBe('duplicate');
    expect(applied.place(batch(0, 2, 99, GENESIS))).toBe('contradicts');
  });

  it('sees a gap when something in between is missing', () => {
    expect(tail().place(batch(5, 6, 11, 3))).toBe('gap');
  });

  it('says that a batch reaching from what we have into the unknown contradicts: batches are immutable', () => {
    const applied = tail();
    applied.applied(batch(0, 2, 11, GENESIS));

    expect(applied.place(batch(1, 3, 12, 5))).toBe('contradicts');
  });

  it('takes what is too old to remember for a duplicate', () => {
    const applied = tail();
    applied.applied(batch(0, 1, 11, GENESIS));
    applied.applied(batch(1, 2, 12, 11));
    applied.applied(batch(2, 3, 13, 12));

    expect(applied.place(batch(0, 1, 77, GENESIS))).toBe('duplicate');
  });
});
