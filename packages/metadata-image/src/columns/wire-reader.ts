import type { IntList } from './int-list.js';

/** Protobuf wire types that our records use. */
export const VARINT = 0;
export const BYTES = 2;

/**
 * Reads protobuf fields from a payload without allocating. It knows only what our own writers write: whatever else comes
 * along sets `failed`, and the caller leaves the payload to the generated decoder, which says what is wrong.
 */
export class WireReader {
  #bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  failed = false;

  start(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.at = 0;
    this.end = bytes.length;
    this.failed = false;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The low 32 bits of a varint, signed; negative numbers take ten bytes. */
  varint(): number {
    const first = this.#next();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 70; shift += 7) {
      const byte = this.#next();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.failed = true;
    return 0;
  }

  /** Length of what follows; the position is at its first byte afterwards. Fails when it does not fit. */
  length(): number {
    const length = this.varint();
    if (length >= 0 && this.at + length <= this.end) return length;
    this.failed = true;
    return 0;
  }

  /** The bytes behind a length; a view on the payload. */
  view(): Uint8Array {
    const length = this.length();
    const from = this.at;
    this.at += length;
    return this.#bytes.subarray(from, this.at);
  }

  /** Skips 16 bytes that a length says are there, and returns where they begin. */
  uuid(): number {
    const length = this.length();
    const at = this.at;
    if (length !== 16) this.failed = true;
    this.at += length;
    return at;
  }

  /** A packed list of int32: the length stands first. The values are appended. */
  packed(into: IntList): void {
    const end = this.length() + this.at;
    while (this.at < end && !this.failed) into.push(this.varint());
    if (this.at !== end) this.failed = true;
  }

  #next(): number {
    if (this.at < this.end) return this.#bytes[this.at++]!;
    this.failed = true;
    return 0;
  }
}
