/** Words of one page of the arena. */
const PAGE_WORDS = 16_384;
const PAGE_SHIFT = 14;
const PAGE_MASK = PAGE_WORDS - 1;
/** Blocks up to this size come in every size; larger ones in powers of two. */
const EXACT_WORDS = 64;

interface Page {
  words: Int32Array<SharedArrayBuffer>;
  bytes: Uint8Array<SharedArrayBuffer>;
  generation: number;
}

/** The arena as it was when it was held. */
export interface HeldBlocks {
  words(address: number): Int32Array<SharedArrayBuffer>;
  bytes(address: number): Uint8Array<SharedArrayBuffer>;
  release(): void;
}

/**
 * Blocks of words of any length in pages of shared memory: names, and rows too long for their table. An address is a word
 * number; a block lies in one page and never moves. Freed blocks are used again for blocks of the same size class.
 */
export class BlockArena {
  readonly #pages: Page[] = [];
  /** First free block by size class, as address + 1; the next one stands in the block's first word. */
  readonly #free: number[] = [];
  #generation = 0;
  #holds = 0;
  #next = 0;
  #end = 0;
  #byteCount = 0;

  get byteCount(): number {
    return this.#byteCount;
  }

  /** A block of at least so many words, content undefined. */
  allocate(words: number): number {
    const size = classSize(words);
    const free = this.#free[size] ?? 0;
    if (free > 0) {
      this.#free[size] = this.words(free - 1)[blockStart(free - 1)]! >>> 0;
      return free - 1;
    }
    if (size > PAGE_WORDS) return this.#addPage(size);
    if (this.#end - this.#next < size) {
      this.#keepRest();
      this.#next = this.#addPage(PAGE_WORDS);
      this.#end = this.#next + PAGE_WORDS;
    }
    const address = this.#next;
    this.#next += size;
    return address;
  }

  /** @param words - as asked for in `allocate`. */
  free(address: number, words: number): void {
    const size = classSize(words);
    this.writableWords(address)[blockStart(address)] = this.#free[size] ?? 0;
    this.#free[size] = address + 1;
  }

  words(address: number): Int32Array<SharedArrayBuffer> {
    return this.#pages[address >>> PAGE_SHIFT]!.words;
  }

  bytes(address: number): Uint8Array<SharedArrayBuffer> {
    return this.#pages[address >>> PAGE_SHIFT]!.bytes;
  }

  writableWords(address: number): Int32Array<SharedArrayBuffer> {
    return this.#writable(address).words;
  }

  writableBytes(address: number): Uint8Array<SharedArrayBuffer> {
    return this.#writable(address).bytes;
  }

  hold(): HeldBlocks {
    this.#holds += 1;
    this.#generation += 1;
    const pages = this.#pages.map(({ words, bytes }) => ({ words, bytes }));
    let held = true;
    return {
      words: (address) => pages[address >>> PAGE_SHIFT]!.words,
      bytes: (address) => pages[address >>> PAGE_SHIFT]!.bytes,
      release: () => {
        if (held) this.#holds -= 1;
        held = false;
      },
    };
  }

  #writable(address: number): Page {
    const page = this.#pages[address >>> PAGE_SHIFT]!;
    if (this.#holds > 0 && page.generation !== this.#generation) {
      const copy = new SharedArrayBuffer(page.bytes.length);
      const bytes = new Uint8Array(copy);
      bytes.set(page.bytes);
      page.words = new Int32Array(copy);
      page.bytes = bytes;
      page.generation = this.#generation;
    }
    return page;
  }

  /** @returns address of the new page. One longer than usual still takes a single page number: only its start is addressed. */
  #addPage(words: number): number {
    const memory = new SharedArrayBuffer(words * 4);
    this.#byteCount += words * 4;
    this.#pages.push({ words: new Int32Array(memory), bytes: new Uint8Array(memory), generation: this.#generation });
    return (this.#pages.length - 1) * PAGE_WORDS;
  }

  #keepRest(): void {
    const rest = this.#end - this.#next;
    if (rest > 0 && rest <= EXACT_WORDS) this.free(this.#next, rest);
  }
}

/** Where a block begins in its page, in words (times 4: in bytes). It never crosses the page. */
export function blockStart(address: number): number {
  return address & PAGE_MASK;
}

function classSize(words: number): number {
  if (words <= EXACT_WORDS) return Math.max(1, words);
  return 2 ** (32 - Math.clz32(words - 1));
}
