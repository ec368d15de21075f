import { uuidFromWords, uuidToWords, type Uuid } from '@quorate/records';
import { mixWord } from './row-hash.js';

/** A UUID as four big-endian 32-bit words, filled again and again: how ids stand in the columns. */
export class UuidWords {
  a = 0;
  b = 0;
  c = 0;
  d = 0;

  setText(uuid: Uuid): this {
    uuidToWords(uuid, this);
    return this;
  }

  /** Reads 16 bytes from `at` on. */
  setBytes(bytes: Uint8Array, at: number): this {
    this.a = wordAt(bytes, at);
    this.b = wordAt(bytes, at + 4);
    this.c = wordAt(bytes, at + 8);
    this.d = wordAt(bytes, at + 12);
    return this;
  }

  setWords(words: Int32Array, at: number): this {
    this.a = words[at]!;
    this.b = words[at + 1]!;
    this.c = words[at + 2]!;
    this.d = words[at + 3]!;
    return this;
  }

  writeWords(words: Int32Array, at: number): void {
    words[at] = this.a;
    words[at + 1] = this.b;
    words[at + 2] = this.c;
    words[at + 3] = this.d;
  }

  writeBytes(bytes: Uint8Array, at: number): void {
    writeWord(bytes, at, this.a);
    writeWord(bytes, at + 4, this.b);
    writeWord(bytes, at + 8, this.c);
    writeWord(bytes, at + 12, this.d);
  }

  equalsWords(words: Int32Array, at: number): boolean {
    return words[at] === this.a && words[at + 1] === this.b && words[at + 2] === this.c && words[at + 3] === this.d;
  }

  toUuid(): Uuid {
    return uuidFromWords(this);
  }
}

/** For hash tables: ids are random as a rule, but need not be. */
export function hashOfUuid(a: number, b: number, c: number, d: number): number {
  return mixWord(a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca6b) ^ Math.imul(d, 0xc2b2ae35));
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}
