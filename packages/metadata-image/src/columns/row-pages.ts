/** Rows of one page. A page is what is added when a table grows, and what is copied when a held page is written. */
export const PAGE_ROWS = 4096;
const ROW_SHIFT = 12;
const ROW_MASK = PAGE_ROWS - 1;

/** A page as a snapshot keeps it: shared memory, so that a worker could read it too. */
export type Words = Int32Array<SharedArrayBuffer>;

/** Pages as they were when they were held; what is written afterwards goes to copies. */
export interface HeldRows {
  /** Rows below this number existed, free ones among them. */
  readonly rowCount: number;
  words(row: number): Words;
  at(row: number): number;
  /** Ends the hold; the pages are no longer copied on its account. Idempotent. */
  release(): void;
}

/**
 * A table of rows of 32-bit words, in pages of 4,096 rows of shared memory. It grows by one page at a time, so that nothing
 * ever doubles or moves, and a row that was removed is used again.
 *
 * Row numbers are handles for use inside the image only; two images with equal content may number their rows differently.
 * A removed row's first word links to the next free one: tables mark a row as live in another word.
 */
export class RowPages {
  readonly rowWords: number;
  readonly #pages: Words[] = [];
  /** The hold generation in which each page was made or last copied. */
  readonly #generations: number[] = [];
  #generation = 0;
  #holds = 0;
  #rowCount = 0;
  #liveCount = 0;
  #firstFree = -1;

  constructor(rowWords: number) {
    this.rowWords = rowWords;
  }

  /** Rows below this number exist, free ones among them. */
  get rowCount(): number {
    return this.#rowCount;
  }

  get liveCount(): number {
    return this.#liveCount;
  }

  get byteCount(): number {
    return this.#pages.length * PAGE_ROWS * this.rowWords * 4;
  }

  /** The page of the row, for reading. */
  words(row: number): Words {
    return this.#pages[row >>> ROW_SHIFT]!;
  }

  /** Where the row begins in its page. */
  at(row: number): number {
    return (row & ROW_MASK) * this.rowWords;
  }

  /** The page of the row, for writing: a copy of its own when a snapshot holds the present one. */
  writable(row: number): Words {
    const index = row >>> ROW_SHIFT;
    if (this.#holds > 0 && this.#generations[index] !== this.#generation) this.#copy(index);
    return this.#pages[index]!;
  }

  /** A row with all words zero. */
  add(): number {
    this.#liveCount += 1;
    const row = this.#firstFree;
    if (row < 0) return this.#append();
    const words = this.writable(row);
    const at = this.at(row);
    this.#firstFree = words[at]! - 1;
    words.fill(0, at, at + this.rowWords);
    return row;
  }

  /** Gives the row back. All its words are zero afterwards but the first. */
  remove(row: number): void {
    const words = this.writable(row);
    const at = this.at(row);
    words.fill(0, at, at + this.rowWords);
    words[at] = this.#firstFree + 1;
    this.#firstFree = row;
    this.#liveCount -= 1;
  }

  hold(): HeldRows {
    this.#holds += 1;
    this.#generation += 1;
    const pages = [...this.#pages];
    let held = true;
    return {
      rowCount: this.#rowCount,
      words: (row) => pages[row >>> ROW_SHIFT]!,
      at: (row) => this.at(row),
      release: () => {
        if (held) this.#holds -= 1;
        held = false;
      },
    };
  }

  #append(): number {
    const row = this.#rowCount;
    if (row === this.#pages.length * PAGE_ROWS) {
      this.#pages.push(new Int32Array(new SharedArrayBuffer(PAGE_ROWS * this.rowWords * 4)));
      this.#generations.push(this.#generation);
    }
    this.#rowCount = row + 1;
    return row;
  }

  #copy(index: number): void {
    const copy = new Int32Array(new SharedArrayBuffer(PAGE_ROWS * this.rowWords * 4));
    copy.set(this.#pages[index]!);
    this.#pages[index] = copy;
    this.#generations[index] = this.#generation;
  }
}

/** Number of the page that holds the row. */
export function pageOfRow(row: number): number {
  return row >>> ROW_SHIFT;
}
