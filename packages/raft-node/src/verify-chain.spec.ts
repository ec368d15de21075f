import { describe, expect, it } from 'vitest';
import type { Offset } from '@quorate/records';
import { batchAfter } from '../test/fakes.js';
import { verifyChain } from './verify-chain.js';

const start = { endOffset: 0 as Offset, checksum: 77 };
const first = batchAfter(start, 1);
const second = batchAfter(first, 1, 3);
const third = batchAfter(second, 2);

describe('verifyChain', () => {
  it('lets through batches that continue the log and each other', () => {
    expect(verifyChain(start, [first, second, third])).toEqual({ good: [first, second, third], problem: undefined });
  });

  it('drops everything from a batch on that does not follow the checksum before it', () => {
    const foreign = batchAfter({ endOffset: first.endOffset, checksum: 123 }, 1);

    const verdict = verifyChain(start, [first, foreign, third]);

    expect(verdict.good).toEqual([first]);
    expect(verdict.problem).toContain('checksum');
  });

  it('drops everything behind a gap', () => {
    expect(verifyChain(start, [first, third])).toMatchObject({ good: [first], problem: expect.stringContaining('begins at 4') });
  });
});
