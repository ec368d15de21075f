/** Slots of one page. */
const PAGE_SLOTS = 4096;
/** A page that holds more is split in two. */
const MAX_LOAD = 3276;
/** Pages told apart by at most so many bits; beyond that, equal hashes are at work and the page grows instead. */
const MAX_DEPTH = 20;

interface HashPage {
  /** Row + 1 by slot; 0 is empty. */
  slots: Int32Array;
  count: number;
  /** How many leading bits of the hash all entries of the page share. */
  readonly depth: number;
}

/**
 * From a hash to the rows that have it: open addressing in pages, found by the leading bits of the hash. A full page is
 * split in two by the next bit, so that growing costs one page at a time (extendible hashing, Fagin et al. 1979).
 *
 * The table keeps row numbers only. The caller compares keys, and says the hash of a row again when a page is split.
 */
export class RowHash {
  readonly #hashOfRow: (row: number) => number;
  #directory: HashPage[] = [newPage(0)];
  #directoryDepth = 0;
  #pageCount = 1;
  #page: HashPage = this.#directory[0]!;
  #at = 0;

  /** @param hashOfRow - the hash under which the row was added, unsigned or signed 32 bits, well mixed in all bits. */
  constructor(hashOfRow: (row: number) => number) {
    this.#hashOfRow = hashOfRow;
  }

  get byteCount(): number {
    return this.#pageCount * PAGE_SLOTS * 4;
  }

  /** The first row that may have the hash, or -1. Goes on with `next`; no change may come between. */
  first(hash: number): number {
    this.#page = this.#pageOf(hash);
    this.#at = hash & (this.#page.slots.length - 1);
    return this.#page.slots[this.#at]! - 1;
  }

  next(): number {
    const { slots } = this.#page;
    this.#at = (this.#at + 1) & (slots.length - 1);
    return slots[this.#at]! - 1;
  }

  add(hash: number, row: number): void {
    let page = this.#pageOf(hash);
    while (page.count >= (page.slots.length / PAGE_SLOTS) * MAX_LOAD) {
      this.#makeRoom(page, hash);
      page = this.#pageOf(hash);
    }
    insert(page, hash, row);
  }

  /** @throws Error when the row is not there under this hash. */
  remove(hash: number, row: number): void {
    const page = this.#pageOf(hash);
    const { slots } = page;
    const mask = slots.length - 1;
    let hole = hash & mask;
    while (slots[hole] !== row + 1) {
      if (slots[hole] === 0) throw new Error(`row ${row} is not in the hash table`);
      hole = (hole + 1) & mask;
    }
    // Close the gap: an entry that was pushed past the hole moves into it, so that every probe still ends at an empty slot.
    for (let at = (hole + 1) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const home = this.#hashOfRow(slots[at]! - 1) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = slots[at]!;
      hole = at;
    }
    slots[hole] = 0;
    page.count -= 1;
  }

  #pageOf(hash: number): HashPage {
    const depth = this.#directoryDepth;
    return depth === 0 ? this.#directory[0]! : this.#directory[hash >>> (32 - depth)]!;
  }

  #makeRoom(page: HashPage, hash: number): void {
    if (page.depth >= MAX_DEPTH) {
      this.#grow(page);
      return;
    }
    if (page.depth === this.#directoryDepth) {
      this.#directory = this.#directory.flatMap((each) => [each, each]);
      this.#directoryDepth += 1;
    }
    const low = newPage(page.depth + 1);
    const high = newPage(page.depth + 1);
    const bit = 31 - page.depth;
    for (const slot of page.slots) {
      if (slot === 0) continue;
      const hashOfSlot = this.#hashOfRow(slot - 1);
      insert((hashOfSlot >>> bit) & 1 ? high : low, hashOfSlot, slot - 1);
    }
    this.#pageCount += 1;
    // All directory entries of one page stand side by side: those that begin with the bits the page shares.
    const half = 2 ** (this.#directoryDepth - page.depth - 1);
    const start = page.depth === 0 ? 0 : (hash >>> (32 - page.depth)) * half * 2;
    this.#directory.fill(low, start, start + half).fill(high, start + half, start + 2 * half);
  }

  #grow(page: HashPage): void {
    const old = page.slots;
    page.slots = new Int32Array(old.length * 2);
    page.count = 0;
    for (const slot of old) {
      if (slot !== 0) insert(page, this.#hashOfRow(slot - 1), slot - 1);
    }
  }
}

function newPage(depth: number): HashPage {
  return { slots: new Int32Array(PAGE_SLOTS), count: 0, depth };
}

function insert(page: HashPage, hash: number, row: number): void {
  const { slots } = page;
  const mask = slots.length - 1;
  let at = hash & mask;
  while (slots[at] !== 0) at = (at + 1) & mask;
  slots[at] = row + 1;
  page.count += 1;
}

/** Spreads every bit of the word over all others (the finalizer of MurmurHash3). */
export function mixWord(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
