import type { EncodedBatch, Offset } from '@quorate/records';

/** What a batch is to a follower that has applied everything below some offset. */
export type FeedPosition =
  /** It continues exactly what we have: offset and chain. */
  | 'continues'
  /** We have it already. */
  | 'duplicate'
  /** Something in between is missing. */
  | 'gap'
  /** It stands where we have other bytes, or chains to something else: one of the two is not the committed log. */
  | 'contradicts';

/**
 * Remembers the checksums of the last batches applied, so that a batch can be placed: only one that continues offset *and*
 * chain may be applied.
 */
export class AppliedTail {
  readonly #checksums = new Map<number, number>();
  readonly #limit: number;
  readonly #startOffset: Offset;
  #endOffset: Offset;
  #endChecksum: number;

  /**
   * @param start - where it begins: at the log's beginning, or at the end of a snapshot, of whose batches nothing is known.
   * @param limit - how many batches are remembered for telling a duplicate from a contradiction.
   */
  constructor(start: { readonly endOffset: Offset; readonly endChecksum: number; readonly limit: number }) {
    this.#startOffset = start.endOffset;
    this.#endOffset = start.endOffset;
    this.#endChecksum = start.endChecksum;
    this.#limit = start.limit;
  }

  get endOffset(): Offset {
    return this.#endOffset;
  }

  get endChecksum(): number {
    return this.#endChecksum;
  }

  place(batch: EncodedBatch): FeedPosition {
    if (batch.baseOffset > this.#endOffset) return 'gap';
    if (batch.baseOffset === this.#endOffset) {
      return batch.previousChecksum === this.#endChecksum ? 'continues' : 'contradicts';
    }
    // Batches are immutable, so an old one of ours ends where one of ours ended; too old to remember is no evidence.
    if (batch.endOffset > this.#endOffset) return 'contradicts';
    if (batch.endOffset <= this.#startOffset) return 'duplicate';
    const known = this.#checksums.get(batch.endOffset);
    if (known === undefined) return this.#checksums.size < this.#limit ? 'contradicts' : 'duplicate';
    return known === batch.checksum ? 'duplicate' : 'contradicts';
  }

  /** Notes that a batch that `continues` has been applied. */
  applied(batch: EncodedBatch): void {
    this.#endOffset = batch.endOffset;
    this.#endChecksum = batch.checksum;
    this.#checksums.set(batch.endOffset, batch.checksum);
    if (this.#checksums.size > this.#limit) {
      const oldest = this.#checksums.keys().next();
      if (oldest.done !== true) this.#checksums.delete(oldest.value);
    }
  }
}
