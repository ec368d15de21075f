import { RowDigest, type DigestSum } from './columns/row-digest.js';
import type { Table } from './store.js';

/** A table as it was when it was held. */
export interface HeldEntries<K, V> {
  /** In no promised order. The walk may pause while the table changes. */
  entries(): Iterable<readonly [K, V]>;
  release(): void;
}

/** A committed table of rows that are few enough to be objects: keeps the digest, and can be held for a snapshot. */
export class HeldTable<K, V> implements Table<K, V> {
  readonly #rows = new Map<K, V>();
  readonly #digestRow: (digest: RowDigest, key: K, value: V) => void;
  readonly #kind: number;
  readonly #sum: DigestSum;
  readonly #digest = new RowDigest();
  /** For each hold, what rows were before they changed under it; undefined: there was no such row. */
  readonly #befores = new Set<Map<K, V | undefined>>();

  /** @param kind - with what the hash of each row begins. */
  constructor(kind: number, sum: DigestSum, digestRow: (digest: RowDigest, key: K, value: V) => void) {
    this.#kind = kind;
    this.#sum = sum;
    this.#digestRow = digestRow;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: K): V | undefined {
    return this.#rows.get(key);
  }

  put(key: K, value: V): void {
    this.#takeBack(key);
    this.#rows.set(key, value);
    this.#sum.add(this.#hash(key, value));
  }

  remove(key: K): void {
    if (!this.#rows.has(key)) return;
    this.#takeBack(key);
    this.#rows.delete(key);
  }

  entries(): Iterable<readonly [K, V]> {
    return this.#rows;
  }

  /** Costs nothing now, and one entry for each row that changes until the release. */
  hold(): HeldEntries<K, V> {
    const before = new Map<K, V | undefined>();
    this.#befores.add(before);
    return { entries: () => heldEntries(this.#rows, before), release: () => void this.#befores.delete(before) };
  }

  #takeBack(key: K): void {
    const old = this.#rows.get(key);
    for (const before of this.#befores) if (!before.has(key)) before.set(key, old);
    if (old !== undefined) this.#sum.subtract(this.#hash(key, old));
  }

  #hash(key: K, value: V): RowDigest {
    this.#digestRow(this.#digest.begin(this.#kind), key, value);
    return this.#digest;
  }
}

/**
 * Rows that did not change, as they stand; then those that did, as they were. A row that changes while we walk is met in the
 * second part, unless we have been there.
 */
function* heldEntries<K, V>(rows: ReadonlyMap<K, V>, before: ReadonlyMap<K, V | undefined>): Generator<readonly [K, V]> {
  const done = new Set<K>();
  for (const [key, value] of rows) {
    if (before.has(key)) continue;
    done.add(key);
    yield [key, value];
  }
  for (const [key, value] of before) if (value !== undefined && !done.has(key)) yield [key, value];
}
