import type { Table } from '../store.js';
import type { Journal } from './journal.js';
import { OverlayCells } from './overlay-cells.js';

/** A table over another: what was written here hides what the base says. */
export class OverlayTable<K, V> implements Table<K, V> {
  readonly #base: Table<K, V>;
  readonly #cells: OverlayCells<K, V>;

  constructor(base: Table<K, V>, journal: Journal) {
    this.#base = base;
    this.#cells = new OverlayCells(journal);
  }

  get(key: K): V | undefined {
    const cell = this.#cells.get(key);
    return cell === undefined ? this.#base.get(key) : cell.value;
  }

  put(key: K, value: V): void {
    this.#cells.write(key, value);
  }

  remove(key: K): void {
    if (this.get(key) !== undefined) this.#cells.write(key, undefined);
  }

  *entries(): Generator<readonly [K, V]> {
    for (const entry of this.#base.entries()) if (!this.#cells.has(entry[0])) yield entry;
    for (const [key, { value }] of this.#cells.entries()) if (value !== undefined) yield [key, value];
  }

  clear(): void {
    this.#cells.clear();
  }
}
