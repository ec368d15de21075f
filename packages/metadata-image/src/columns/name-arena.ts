import { utf8Decode } from '@quorate/records';
import { BlockArena, blockStart } from './block-arena.js';
import { mixWord } from './row-hash.js';

const DOT = 46;
const UNDERSCORE = 95;

/** Names as they were when they were held. */
export interface HeldNames {
  /** A view, valid while the hold lasts. */
  bytes(address: number, length: number): Uint8Array;
  release(): void;
}

/** Names as UTF-8 bytes in shared pages. An address is a word that a table keeps, with the length beside it. */
export class NameArena {
  readonly #blocks = new BlockArena();

  get byteCount(): number {
    return this.#blocks.byteCount;
  }

  /** @returns the name's address, as a signed 32-bit word. */
  add(name: Uint8Array): number {
    const address = this.#blocks.allocate(wordsOf(name.length));
    this.#blocks.writableBytes(address).set(name, blockStart(address) * 4);
    return address | 0;
  }

  remove(address: number, length: number): void {
    this.#blocks.free(address >>> 0, wordsOf(length));
  }

  /** A view, valid until the next change. */
  bytes(address: number, length: number): Uint8Array {
    return viewOf(this.#blocks.bytes(address >>> 0), address, length);
  }

  hold(): HeldNames {
    const blocks = this.#blocks.hold();
    return {
      bytes: (address, length) => viewOf(blocks.bytes(address >>> 0), address, length),
      release: () => blocks.release(),
    };
  }
}

/** The text of a name in the arena: copied out of shared memory first, which decoders refuse. */
export function nameText(name: Uint8Array): string {
  return utf8Decode(new Uint8Array(name));
}

/** Negative, zero or positive as `a` stands before, at or behind `b` in the order of their bytes. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** Whether the names are equal after mapping `.` to `_`. */
export function areColliding(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (normalized(a[i]!) !== normalized(b[i]!)) return false;
  return true;
}

/** Equal for colliding names. FNV-1a over the bytes with `.` as `_`, then mixed, since hash tables want good leading bits. */
export function hashOfName(name: Uint8Array): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ normalized(name[i]!), 0x01000193);
  return mixWord(hash);
}

function viewOf(page: Uint8Array, address: number, length: number): Uint8Array {
  const start = blockStart(address) * 4;
  return page.subarray(start, start + length);
}

function wordsOf(bytes: number): number {
  return (bytes + 3) >>> 2;
}

function normalized(byte: number): number {
  return byte === DOT ? UNDERSCORE : byte;
}
