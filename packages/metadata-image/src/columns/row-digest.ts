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
    // Two chains of invertible steps with odd constants (of xxHash and MurmurHash3) that differ in step and shift: what is
    // equal in one by chance is hardly equal in the other.
    const a = Math.imul(this.a ^ word, 0x9e3779b1);
    this.a = a ^ (a >>> 15);
    const b = Math.imul((this.b + word) | 0, 0x85ebca6b);
    this.b = b ^ (b >>> 13);
    return this;
  }

  /** Any number that a record can hold, whole or not. */
  number(value: number): this {
    if ((value | 0) === value) return this.word(0).word(value);
    return this.word(1).text(String(value));
  }

  uuid(id: UuidWords): this {
    return this.word(id.a).word(id.b).word(id.c).word(id.d);
  }

  list(list: { readonly length: number; readonly values: Int32Array }): this {
    this.word(list.length);
    for (let i = 0; i < list.length; i++) this.word(list.values[i]!);
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

function mix(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
