/** Numbers of the file formats: big-endian, unsigned. */
const TWO_32 = 2 ** 32;

export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** A value of 2^53 or more has lost its low bits; compare with Number.isSafeInteger before use. */
export function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) * TWO_32 + readU32(bytes, at + 4);
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function writeU64(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, Math.floor(value / TWO_32));
  writeU32(bytes, at + 4, value % TWO_32);
}

/** Whether nothing but zeros stands in `bytes[from, to)`: what a disk shows where nothing was written. */
export function isBlank(bytes: Uint8Array, from = 0, to: number = bytes.length): boolean {
  for (let i = from; i < to; i++) {
    if (bytes[i] !== 0) return false;
  }
  return true;
}

export function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
