/** One batch as a shadow log keeps it. */
export interface ShadowBatch {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly epoch: number;
  readonly checksum: number;
}

/**
 * What the simulator knows of one node's log from outside: which batches were appended, cut off and reported flushed. The
 * chain makes one checksum stand for everything before it.
 */
export class LogShadow {
  readonly #batches: ShadowBatch[] = [];
  #flushedEnd = 0;

  get endOffset(): number {
    return this.#batches.at(-1)?.endOffset ?? 0;
  }

  /** What a crash leaves at the least. */
  get flushedEnd(): number {
    return this.#flushedEnd;
  }

  append(batch: ShadowBatch): void {
    this.#batches.push(batch);
  }

  truncate(endOffset: number): void {
    while (this.endOffset > endOffset) this.#batches.pop();
    this.#flushedEnd = Math.min(this.#flushedEnd, this.endOffset);
  }

  flushed(endOffset: number): void {
    this.#flushedEnd = Math.max(this.#flushedEnd, Math.min(endOffset, this.endOffset));
  }

  /** The batch that holds the record before `endOffset`. */
  batchBefore(endOffset: number): ShadowBatch | undefined {
    let low = 0;
    let high = this.#batches.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const batch = this.#batches[middle]!;
      if (endOffset <= batch.baseOffset) high = middle - 1;
      else if (endOffset > batch.endOffset) low = middle + 1;
      else return batch;
    }
    return undefined;
  }
}
