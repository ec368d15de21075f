/** One value of the overlay: what the base will say once everything below the end of the log is folded. */
export interface Cell<V> {
  /** Undefined: removed. */
  value: V | undefined;
  /** Offset of the record that wrote it last. */
  offset: number;
}

/** Where a cell stands, so that it can be dropped. */
export interface CellHome {
  drop(cell: Cell<unknown>): void;
}

interface Entry {
  readonly offset: number;
  readonly home: CellHome;
  readonly cell: Cell<unknown>;
  /** What the cell said before; offset -1: there was no cell. */
  readonly before: Cell<unknown>;
  readonly topics: number;
  readonly partitions: number;
}

/** The list is cut once so many of its entries are folded. */
const COMPACT_AT = 4096;

/**
 * Every write to the overlay in the order of the log: from its head, what the base now holds is dropped; from its tail, an
 * aborted transaction is taken back. Each write is touched once on its way in and once on its way out.
 */
export class Journal {
  #entries: Entry[] = [];
  #head = 0;
  #foldedTo = 0;
  #offset = 0;
  /** Topics and partitions that the entries add to the base, together. */
  topicDelta = 0;
  partitionDelta = 0;

  /** How many entries are kept, folded ones that still lie at the head included. */
  get length(): number {
    return this.#entries.length;
  }

  /** Offset of the record whose writes follow. */
  begin(offset: number): void {
    this.#offset = offset;
  }

  /** Writes the cell, and remembers what it said. */
  write<V>(home: CellHome, cell: Cell<V>, value: V | undefined, topics = 0, partitions = 0): void {
    const before = { value: cell.value, offset: cell.offset };
    cell.value = value;
    cell.offset = this.#offset;
    this.#entries.push({ offset: this.#offset, home, cell, before, topics, partitions });
    this.topicDelta += topics;
    this.partitionDelta += partitions;
  }

  /** Drops the cells that were last written below the offset. */
  foldTo(offset: number): void {
    this.#foldedTo = Math.max(this.#foldedTo, offset);
    while (this.#head < this.#entries.length && this.#entries[this.#head]!.offset < offset) {
      const { home, cell, topics, partitions } = this.#entries[this.#head]!;
      this.topicDelta -= topics;
      this.partitionDelta -= partitions;
      if (cell.offset < offset) home.drop(cell);
      this.#head += 1;
    }
    if (this.#head >= COMPACT_AT || this.#head === this.#entries.length) {
      this.#entries.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** Takes back, newest first, what was written from the offset on. */
  undoFrom(offset: number): void {
    while (this.#entries.length > this.#head && this.#entries.at(-1)!.offset >= offset) {
      const { home, cell, before, topics, partitions } = this.#entries.pop()!;
      this.topicDelta -= topics;
      this.partitionDelta -= partitions;
      cell.value = before.value;
      cell.offset = before.offset;
      // What it said before is in the base by now, or it said nothing.
      if (before.offset < this.#foldedTo) home.drop(cell);
    }
  }

  clear(): void {
    this.#entries = [];
    this.#head = 0;
    this.topicDelta = 0;
    this.partitionDelta = 0;
  }
}
