/** One batch as a shadow log keeps it. */
export interface ShadowBatch {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly epoch: number;
  readonly checksum: number;
}

/** Where a log begins: what comes before is in a snapshot that ends there. */
export interface ShadowStart {
  readonly endOffset: number;
  /** Of the batch that ends there; undefined when the log begins at 0. */
  readonly checksum: number | undefined;
}

/**
 * What the simulator knows of one node's log from outside: which batches were appended, cut off and reported flushed. The
 * chain makes one checksum stand for everything before it.
 */
export class LogShadow {
  #batches: ShadowBatch[] = [];
  #start: ShadowStart;
  #flushedEnd: number;

  constructor(start: ShadowStart = { endOffset: 0, checksum: undefined }) {
    this.#start = start;
    this.#flushedEnd = start.endOffset;
  }

  get startOffset(): number {
    return this.#start.endOffset;
  }

  get endOffset(): number {
    return this.#batches.at(-1)?.endOffset ?? this.#start.endOffset;
  }

  /** What a crash leaves at the least. */
  get flushedEnd(): number {
    return this.#flushedEnd;
  }

  append(batch: ShadowBatch): void {
    this.#batches.push(batch);
  }

  truncate(endOffset: number): void {
    while (this.#batches.length > 0 && this.endOffset > endOffset) this.#batches.pop();
    this.#flushedEnd = Math.min(this.#flushedEnd, this.endOffset);
  }

  flushed(endOffset: number): void {
    this.#flushedEnd = Math.max(this.#flushedEnd, Math.min(endOffset, this.endOffset));
  }

  /** A snapshot took the place of all that was there. */
  beginAnew(start: ShadowStart): void {
    this.#batches = [];
    this.#start = start;
    this.#flushedEnd = start.endOffset;
  }

  /** What lies before a snapshot was deleted. */
  deleteBefore(startOffset: number): void {
    const checksum = this.batchBefore(startOffset)?.checksum ?? this.#start.checksum;
    this.#batches = this.#batches.filter(({ endOffset }) => endOffset > startOffset);
    this.#start = { endOffset: startOffset, checksum };
  }

  /** Whether that batch is in the log, or in what a snapshot stands for: before the log's start one batch is as good as another. */
  holds({ endOffset, checksum }: Pick<ShadowBatch, 'endOffset' | 'checksum'>): boolean {
    if (endOffset < this.#start.endOffset) return true;
    if (endOffset === this.#start.endOffset) return this.#start.checksum === checksum;
    const held = this.batchBefore(endOffset);
    return held?.endOffset === endOffset && held.checksum === checksum;
  }

  /** The batch that holds the record before `endOffset`; undefined where the log does not reach. */
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
