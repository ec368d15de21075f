/**
 * Values by rising key (a deadline, an offset): a binary heap. A value that is done before its turn is marked by its owner
 * and skipped when its turn comes, so nothing is ever searched for. Values of equal key come in no promised order.
 */
export class MinHeap<T> {
  readonly #entries: { readonly key: number; readonly value: T }[] = [];

  get size(): number {
    return this.#entries.length;
  }

  add(key: number, value: T): void {
    const entries = this.#entries;
    entries.push({ key, value });
    let child = entries.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (entries[parent]!.key <= entries[child]!.key) break;
      this.#swap(parent, child);
      child = parent;
    }
  }

  /** The smallest key. */
  nextKey(): number | undefined {
    return this.#entries[0]?.key;
  }

  peek(): T | undefined {
    return this.#entries[0]?.value;
  }

  /** Takes the value with the smallest key when that is at most `limit`. */
  takeUpTo(limit: number): T | undefined {
    const first = this.#entries[0];
    return first !== undefined && first.key <= limit ? this.take() : undefined;
  }

  /** Takes the value with the smallest key. */
  take(): T | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (first === undefined || last === undefined || entries.length === 0) return first?.value;
    entries[0] = last;
    this.#sink();
    return first.value;
  }

  #sink(): void {
    const entries = this.#entries;
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1;
      if (left >= entries.length) return;
      const right = left + 1;
      const smaller = right < entries.length && entries[right]!.key < entries[left]!.key ? right : left;
      if (entries[parent]!.key <= entries[smaller]!.key) return;
      this.#swap(parent, smaller);
      parent = smaller;
    }
  }

  #swap(a: number, b: number): void {
    const kept = this.#entries[a]!;
    this.#entries[a] = this.#entries[b]!;
    this.#entries[b] = kept;
  }
}
