/** A chunk that grows beyond this is cut in two. */
const MAX_CHUNK = 512;

/**
 * Row numbers in the order of their keys, in chunks of at most 512, so that adding one moves a few hundred numbers at most.
 */
export class SortedRows {
  readonly #compare: (a: number, b: number) => number;
  /** No chunk is empty. */
  #chunks: number[][] = [];

  /** @param compare - orders two rows by their keys; no two keys are equal. */
  constructor(rows: Iterable<number>, compare: (a: number, b: number) => number) {
    this.#compare = compare;
    const sorted = [...rows].sort(compare);
    for (let at = 0; at < sorted.length; at++) {
      if (at % (MAX_CHUNK / 2) === 0) this.#chunks.push([]);
      this.#chunks.at(-1)!.push(sorted[at]!);
    }
  }

  add(row: number): void {
    const c = this.#chunkFor((other) => this.#compare(other, row));
    const chunk = this.#chunks[c];
    if (chunk === undefined) {
      this.#chunks.push([row]);
      return;
    }
    chunk.splice(firstFrom(chunk, (other) => this.#compare(other, row) >= 0), 0, row);
    if (chunk.length > MAX_CHUNK) this.#chunks.splice(c + 1, 0, chunk.splice(MAX_CHUNK / 2));
  }

  /** The row's key must still be readable. */
  remove(row: number): void {
    const c = this.#chunkFor((other) => this.#compare(other, row));
    const chunk = this.#chunks[c]!;
    chunk.splice(firstFrom(chunk, (other) => this.#compare(other, row) >= 0), 1);
    if (chunk.length === 0) this.#chunks.splice(c, 1);
  }

  /**
   * Rows in order, from the first one on that stands beyond a key.
   *
   * @param toKey - compares a row with that key: negative before, zero at, positive beyond it.
   */
  *beyond(toKey: (row: number) => number): Generator<number> {
    let c = this.#chunkFor(toKey);
    let at = c < this.#chunks.length ? firstFrom(this.#chunks[c]!, (row) => toKey(row) > 0) : 0;
    for (; c < this.#chunks.length; c++, at = 0) {
      for (; at < this.#chunks[c]!.length; at++) yield this.#chunks[c]![at]!;
    }
  }

  /** The last chunk that begins at or before the key, else the first. */
  #chunkFor(toKey: (row: number) => number): number {
    const next = firstFrom(this.#chunks, (chunk) => toKey(chunk[0]!) > 0);
    return Math.max(0, next - 1);
  }
}

/** Index of the first item for which the condition holds; all behind it fulfil it too. */
function firstFrom<T>(list: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(list[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
