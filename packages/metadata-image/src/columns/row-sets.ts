import { PAGE_ROWS, pageOfRow } from './row-pages.js';

/** 16-bit words of one pool page. */
const POOL_PAGE = 32_768;
const POOL_SHIFT = 15;
const POOL_MASK = POOL_PAGE - 1;
/** Sizes of a container in 16-bit words, its count included; the last one is a bitmap of 4,096 bits. */
const SIZES = [16, 32, 64, 128, 257] as const;
const BITMAP_CLASS = 4;
/** A bitmap with fewer rows becomes a list again; well below where a list becomes a bitmap, so that it does not swing. */
const LIST_AGAIN = 96;
/** Page numbers under one chunk of handles. */
const CHUNK_PAGES = 256;
const CHUNK_SHIFT = 8;
const CHUNK_MASK = CHUNK_PAGES - 1;
const CLASS_BITS = 3;
const NOT_IN_SET = 'the row is not in the set';

/** Handles of a set's containers, by page of rows; 0 is none. */
type Handles = (Int32Array | undefined)[];

/**
 * Sets of rows by a small number (a broker's slot, a condition): which rows of the table belong to it, in about two bytes
 * a row. Within each page of 4,096 rows a set keeps a list of 12-bit row numbers, or a bitmap once the list would be
 * longer than that (the containers of Roaring bitmaps, Chambi et al. 2016).
 *
 * Walking a set costs its rows and one look at each page of the table, never the table's rows. The index is not part of a
 * snapshot, so its pages are neither shared nor copied.
 */
export class RowSets {
  readonly #sets: (Handles | undefined)[] = [];
  readonly #sizes: number[] = [];
  readonly #pool: Uint16Array[] = [];
  readonly #free: number[] = SIZES.map(() => 0);
  /** The pool's first words are never handed out: handle 0 means none. */
  #next: number = SIZES[0];

  get byteCount(): number {
    let chunks = 0;
    for (const set of this.#sets) for (const chunk of set ?? []) if (chunk !== undefined) chunks += 1;
    return this.#pool.length * POOL_PAGE * 2 + chunks * CHUNK_PAGES * 4;
  }

  /** How many rows the set holds. */
  sizeOf(set: number): number {
    return this.#sizes[set] ?? 0;
  }

  /** The row must not be in the set. */
  add(set: number, row: number): void {
    const chunk = this.#chunk(set, row);
    const page = pageOfRow(row) & CHUNK_MASK;
    chunk[page] = this.#addTo(chunk[page]!, row & (PAGE_ROWS - 1));
    this.#sizes[set] = this.sizeOf(set) + 1;
  }

  /** @throws Error when the row is not in the set. */
  remove(set: number, row: number): void {
    const chunk = this.#chunk(set, row);
    const page = pageOfRow(row) & CHUNK_MASK;
    chunk[page] = this.#removeFrom(chunk[page]!, row & (PAGE_ROWS - 1));
    this.#sizes[set] = this.sizeOf(set) - 1;
  }

  /**
   * Rows of the set as they are when the walk reaches their page: each page's rows are read at once, so that the caller may
   * change the rows it is given.
   */
  *rows(set: number): Generator<number> {
    const handles = this.#sets[set] ?? [];
    for (let c = 0; c < handles.length; c++) {
      const chunk = handles[c];
      if (chunk === undefined) continue;
      for (let page = 0; page < CHUNK_PAGES; page++) {
        if (chunk[page] !== 0) yield* this.#rowsOf(chunk[page]!, (c * CHUNK_PAGES + page) * PAGE_ROWS);
      }
    }
  }

  #chunk(set: number, row: number): Int32Array {
    const at = pageOfRow(row) >>> CHUNK_SHIFT;
    return this.#sets[set]?.[at] ?? this.#addChunk(set, at);
  }

  #addChunk(set: number, at: number): Int32Array {
    const handles = (this.#sets[set] ??= []);
    while (handles.length <= at) handles.push(undefined);
    return (handles[at] = new Int32Array(CHUNK_PAGES));
  }

  #addTo(handle: number, local: number): number {
    if (handle === 0) {
      const first = this.#allocate(0);
      this.#writeList(first, [local]);
      return first;
    }
    const pool = this.#poolOf(handle);
    const at = atOf(handle);
    const count = pool[at]!;
    const sizeClass = classOf(handle);
    if (sizeClass === BITMAP_CLASS) {
      pool[at + 1 + (local >>> 4)]! |= 1 << (local & 15);
      pool[at] = count + 1;
      return handle;
    }
    if (count + 1 < SIZES[sizeClass]!) {
      pool[at + 1 + count] = local;
      pool[at] = count + 1;
      return handle;
    }
    return this.#rebuild(handle, [...this.#localsOf(handle), local], sizeClass + 1);
  }

  #removeFrom(handle: number, local: number): number {
    if (handle === 0) throw new Error(NOT_IN_SET);
    const pool = this.#poolOf(handle);
    const at = atOf(handle);
    const count = pool[at]!;
    if (classOf(handle) === BITMAP_CLASS) {
      if (((pool[at + 1 + (local >>> 4)]! >>> (local & 15)) & 1) === 0) throw new Error(NOT_IN_SET);
      pool[at + 1 + (local >>> 4)]! &= ~(1 << (local & 15));
      pool[at] = count - 1;
      return count - 1 < LIST_AGAIN ? this.#rebuild(handle, this.#localsOf(handle), BITMAP_CLASS - 1) : handle;
    }
    const place = pool.subarray(at + 1, at + 1 + count).indexOf(local);
    if (place < 0) throw new Error(NOT_IN_SET);
    pool[at + 1 + place] = pool[at + count]!;
    pool[at] = count - 1;
    if (count > 1) return handle;
    this.#release(handle);
    return 0;
  }

  #rebuild(handle: number, locals: readonly number[], sizeClass: number): number {
    const next = this.#allocate(sizeClass);
    if (sizeClass === BITMAP_CLASS) this.#writeBitmap(next, locals);
    else this.#writeList(next, locals);
    this.#release(handle);
    return next;
  }

  #writeList(handle: number, locals: readonly number[]): void {
    const pool = this.#poolOf(handle);
    pool[atOf(handle)] = locals.length;
    pool.set(locals, atOf(handle) + 1);
  }

  #writeBitmap(handle: number, locals: readonly number[]): void {
    const pool = this.#poolOf(handle);
    const at = atOf(handle);
    pool.fill(0, at, at + SIZES[BITMAP_CLASS]);
    pool[at] = locals.length;
    for (const local of locals) pool[at + 1 + (local >>> 4)]! |= 1 << (local & 15);
  }

  #rowsOf(handle: number, base: number): number[] {
    const rows = this.#localsOf(handle);
    for (let i = 0; i < rows.length; i++) rows[i]! += base;
    return rows;
  }

  #localsOf(handle: number): number[] {
    const pool = this.#poolOf(handle);
    const at = atOf(handle) + 1;
    const locals: number[] = [];
    if (classOf(handle) !== BITMAP_CLASS) {
      for (let i = 0; i < pool[at - 1]!; i++) locals.push(pool[at + i]!);
      return locals;
    }
    for (let word = 0; word < PAGE_ROWS / 16; word++) {
      for (let bits = pool[at + word]!; bits !== 0; bits &= bits - 1) locals.push(word * 16 + 31 - Math.clz32(bits & -bits));
    }
    return locals;
  }

  /** @returns a handle: where the container stands, and its size class in the low bits. */
  #allocate(sizeClass: number): number {
    const free = this.#free[sizeClass]!;
    if (free !== 0) {
      const pool = this.#poolOf(free);
      const at = atOf(free);
      this.#free[sizeClass] = pool[at]! | (pool[at + 1]! << 16);
      return free;
    }
    const size = containerSize(sizeClass);
    if ((this.#next & POOL_MASK) + size > POOL_PAGE) this.#next = ((this.#next >>> POOL_SHIFT) + 1) << POOL_SHIFT;
    while (this.#pool.length <= this.#next >>> POOL_SHIFT) this.#pool.push(new Uint16Array(POOL_PAGE));
    const handle = (this.#next << CLASS_BITS) | sizeClass;
    this.#next += size;
    return handle;
  }

  #release(handle: number): void {
    const pool = this.#poolOf(handle);
    const at = atOf(handle);
    const next = this.#free[classOf(handle)]!;
    pool[at] = next & 0xffff;
    pool[at + 1] = next >>> 16;
    this.#free[classOf(handle)] = handle;
  }

  #poolOf(handle: number): Uint16Array {
    return this.#pool[handle >>> (CLASS_BITS + POOL_SHIFT)]!;
  }
}

function atOf(handle: number): number {
  return (handle >>> CLASS_BITS) & POOL_MASK;
}

function classOf(handle: number): number {
  return handle & ((1 << CLASS_BITS) - 1);
}

/** What a container takes in the pool: kept even, so that the free list's link fits. */
function containerSize(sizeClass: number): number {
  return sizeClass === BITMAP_CLASS ? 272 : SIZES[sizeClass]!;
}
