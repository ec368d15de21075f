import type { UuidWords } from './uuid-words.js';

/**
 * Two running 32-bit hashes of one row's content. A row is hashed as a sequence of words and texts that begins with what
 * kind of row it is; the same sequence gives the same two numbers on every machine.
 */
export class RowDigest {
  a = 0;
  b = 0;

  begin(kind: number): this {
    this.a = 0x2f0b4a55;
    this.b = 0x6d2b79f5;
    return this.word(kind);
  }

  word(word: number): this {
    this.a = stepA(this.a, word);
    this.b = stepB(this.b, word);
    return this;
  }

  /** Any number that a record can hold, whole or not. */
  number(value: number): this {
    if ((value | 0) === value) return this.word(0).word(value);
    return this.word(1).text(String(value));
  }

  uuid({ a, b, c, d }: UuidWords): this {
    this.a = stepA(stepA(stepA(stepA(this.a, a), b), c), d);
    this.b = stepB(stepB(stepB(stepB(this.b, a), b), c), d);
    return this;
  }

  list(list: { readonly length: number; readonly values: Int32Array }): this {
    const { length, values } = list;
    this.word(length);
    let { a, b } = this;
    for (let i = 0; i < length; i++) {
      a = stepA(a, values[i]!);
      b = stepB(b, values[i]!);
    }
    this.a = a;
    this.b = b;
    return this;
  }

  text(text: string): this {
    this.word(text.length);
    for (let i = 0; i < text.length; i++) this.word(text.charCodeAt(i));
    return this;
  }

  optionalText(text: string | undefined): this {
    return text === undefined ? this.word(0) : this.word(1).text(text);
  }

  bytes(bytes: Uint8Array): this {
    this.word(bytes.length);
    for (let i = 0; i < bytes.length; i++) this.word(bytes[i]!);
    return this;
  }
}

/**
 * A sum of row hashes, modulo 2^32 in each lane: rows come and go in any order, and equal contents give equal sums.
 */
export class DigestSum {
  #a = 0;
  #b = 0;

  add(row: RowDigest): void {
    this.#a = (this.#a + mix(row.a)) | 0;
    this.#b = (this.#b + mix(row.b ^ row.a)) | 0;
  }

  subtract(row: RowDigest): void {
    this.#a = (this.#a - mix(row.a)) | 0;
    this.#b = (this.#b - mix(row.b ^ row.a)) | 0;
  }

  /** 8 bytes, big-endian, the caller's own. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(8);
    for (let i = 0; i < 4; i++) {
      bytes[i] = this.#a >>> (24 - 8 * i);
      bytes[i + 4] = this.#b >>> (24 - 8 * i);
    }
    return bytes;
  }
}

// Two chains of invertible steps with odd constants (of xxHash and MurmurHash3) that differ in step and shift: what is equal
// in one by chance is hardly equal in the other.
function stepA(hash: number, word: number): number {
  const a = Math.imul(hash ^ word, 0x9e3779b1);
  return a ^ (a >>> 15);
}

function stepB(hash: number, word: number): number {
  const b = Math.imul((hash + word) | 0, 0x85ebca6b);
  return b ^ (b >>> 13);
}

function mix(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
