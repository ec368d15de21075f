import type { EncodedBatch, Offset } from '@quorate/records';

/** Where a log ends: the next batch must begin there and carry that checksum as its `previousChecksum`. */
export interface ChainEnd {
  readonly endOffset: Offset;
  readonly checksum: number;
}

export interface ChainVerdict {
  /** The batches, from the first, that continue the chain without a break. */
  readonly good: readonly EncodedBatch[];
  /** Why the first batch after `good` was dropped; undefined when all are good. */
  readonly problem: string | undefined;
}

/**
 * Says how far fetched batches continue our log. Each batch names the checksum of the one before it, so that a lost,
 * misdirected or foreign batch is found before it is appended, not only a flipped bit.
 */
export function verifyChain(end: ChainEnd, batches: readonly EncodedBatch[]): ChainVerdict {
  let { endOffset, checksum } = end;
  for (const [index, batch] of batches.entries()) {
    const problem = breakBetween(endOffset, checksum, batch);
    if (problem !== undefined) return { good: batches.slice(0, index), problem };
    endOffset = batch.endOffset;
    checksum = batch.checksum;
  }
  return { good: batches, problem: undefined };
}

function breakBetween(endOffset: Offset, checksum: number, batch: EncodedBatch): string | undefined {
  if (batch.baseOffset !== endOffset) return `batch begins at ${batch.baseOffset}, the log ends at ${endOffset}`;
  if (batch.previousChecksum !== checksum) {
    return `batch at ${batch.baseOffset} follows checksum ${batch.previousChecksum}, the log ends with ${checksum}`;
  }
  return undefined;
}
