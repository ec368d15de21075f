import type { Cell, CellHome, Journal } from './journal.js';

interface KeyedCell<K, V> extends Cell<V> {
  readonly key: K;
}

/** Cells by key, all writes journaled. */
export class OverlayCells<K, V> implements CellHome {
  readonly #journal: Journal;
  readonly #cells = new Map<K, KeyedCell<K, V>>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  get size(): number {
    return this.#cells.size;
  }

  /** The cell, or undefined where the base has the say. */
  get(key: K): Cell<V> | undefined {
    return this.#cells.get(key);
  }

  has(key: K): boolean {
    return this.#cells.has(key);
  }

  /** @param value - undefined: removed. */
  write(key: K, value: V | undefined, topics = 0, partitions = 0): void {
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      cell = { key, value: undefined, offset: -1 };
      this.#cells.set(key, cell);
    }
    this.#journal.write(this, cell, value, topics, partitions);
  }

  entries(): Iterable<readonly [K, Cell<V>]> {
    return this.#cells;
  }

  clear(): void {
    this.#cells.clear();
  }

  drop(cell: Cell<unknown>): void {
    const { key } = cell as KeyedCell<K, V>;
    if (this.#cells.get(key) === cell) this.#cells.delete(key);
  }
}
