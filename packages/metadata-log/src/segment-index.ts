/**
 * Where in a segment to begin looking for an offset: one entry for about every 64 KiB of batches. Kept in memory alone
 * and rebuilt whenever recovery walks over the segment, so that there is no index file that could disagree with the log.
 */
export class SegmentIndex {
  private offsets = new Float64Array(16);
  private positions = new Float64Array(16);
  private count = 0;

  /** Tells of a batch; batches come in order. Most are not entered. */
  add(baseOffset: number, position: number): void {
    if (this.count > 0 && position - this.positions[this.count - 1]! < INDEX_INTERVAL_BYTES) return;
    if (this.count === this.offsets.length) this.grow();
    this.offsets[this.count] = baseOffset;
    this.positions[this.count] = position;
    this.count++;
  }

  /** Position of an entered batch that begins at or before `offset`, the nearest one; undefined when there is none. */
  floor(offset: number): number | undefined {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.offsets[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.positions[low - 1];
  }

  /** Forgets batches at or behind `position`. */
  truncate(position: number): void {
    while (this.count > 0 && this.positions[this.count - 1]! >= position) this.count--;
  }

  private grow(): void {
    this.offsets = grown(this.offsets);
    this.positions = grown(this.positions);
  }
}

export const INDEX_INTERVAL_BYTES = 64 * 1024;

function grown(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
