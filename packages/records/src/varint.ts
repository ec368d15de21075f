/** Bytes that `value` takes as an unsigned varint (protobuf's): 1 to 5 for 0 to 2^32 - 1. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** Writes `value`, 0 to 2^32 - 1, at `at`; the caller has made room. Returns the index behind it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

/**
 * Reads varints one after another from a piece of an array, without making an object for each: `next()` returns the
 * value, `at` then stands behind it. After bytes that are no varint of 32 bits, or end too early, `next()` returns −1.
 */
export class VarintReader {
  at: number;
  private readonly bytes: Uint8Array;
  private readonly to: number;

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.bytes = bytes;
    this.at = from;
    this.to = to;
  }

  next(): number {
    let value = 0;
    for (let index = 0; index < 5; index++) {
      if (this.at >= this.to) return -1;
      const byte = this.bytes[this.at++]!;
      // Multiplied, not shifted: the fifth byte reaches beyond the 31 bits that a shift keeps positive.
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return value < 2 ** 32 ? value : -1;
    }
    return -1;
  }
}
