import type { EncodedBatch, Offset } from '@quorate/records';

/**
 * The last batches of the log, so that followers who keep up never make us read the disk.
 *
 * It keeps bytes beyond the call that brought them: a batch that fills its own buffer (the encoder makes it so, and nobody
 * writes to it again) is kept as it is, a view on a larger frame is copied.
 */
export class BatchCache {
  private batches: EncodedBatch[] = [];
  /** Batches before this index are gone; the array is cut now and then. */
  private head = 0;
  private bytes = 0;
  private readonly limitBytes: number;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  push(batch: EncodedBatch): void {
    const ownsBuffer = batch.bytes.byteLength === batch.bytes.buffer.byteLength;
    this.batches.push(ownsBuffer ? batch : { ...batch, bytes: Uint8Array.from(batch.bytes) });
    this.bytes += batch.bytes.length;
    // The newest stays whatever its size: it is what everybody asks for next.
    while (this.bytes > this.limitBytes && this.head < this.batches.length - 1) this.bytes -= this.batches[this.head++]!.bytes.length;
    if (this.head > 1024 && this.head * 2 > this.batches.length) {
      this.batches = this.batches.slice(this.head);
      this.head = 0;
    }
  }

  /** Forgets batches that end behind `endOffset`. */
  truncate(endOffset: Offset): void {
    while (this.batches.length > this.head && this.batches.at(-1)!.endOffset > endOffset) this.bytes -= this.batches.pop()!.bytes.length;
  }

  /** Whole batches from the one that holds `from` up to `upTo`, the first in any case, else about `maxBytes`; undefined when `from` is older than the cache. */
  read(from: Offset, upTo: Offset, maxBytes: number): readonly EncodedBatch[] | undefined {
    if (this.head === this.batches.length || this.batches[this.head]!.baseOffset > from) return undefined;
    const found: EncodedBatch[] = [];
    let size = 0;
    for (let i = this.firstEndingAfter(from); i < this.batches.length; i++) {
      const batch = this.batches[i]!;
      if (batch.endOffset > upTo) break;
      if (found.length > 0 && size + batch.bytes.length > maxBytes) break;
      found.push(batch);
      size += batch.bytes.length;
    }
    return found;
  }

  /** The batch that ends exactly at `endOffset`, if it is here. */
  endingAt(endOffset: Offset): EncodedBatch | undefined {
    const batch = this.batches[this.firstEndingAfter((endOffset - 1) as Offset)];
    return batch?.endOffset === endOffset ? batch : undefined;
  }

  /** Index of the first batch with `endOffset > offset`, the array's length when there is none. */
  private firstEndingAfter(offset: Offset): number {
    let low = this.head;
    let high = this.batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.batches[middle]!.endOffset <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
