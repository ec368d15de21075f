import { utf8Encode } from './utf8.js';

/** Castagnoli's polynomial 0x1EDC6F41, bit-reversed (RFC 3720 B.4; iSCSI, ext4, Kafka). */
const POLYNOMIAL = 0x82f63b78;

/**
 * Table k at index `k * 256 + b`: what byte b does to the checksum when k more bytes follow it. Eight tables let one step
 * take eight bytes ("slicing by 8").
 */
const TABLES = makeTables();

/**
 * CRC-32C of `bytes[from, to)`, as an unsigned 32-bit number.
 *
 * @param seed - checksum of what comes before, to go on from: `crc32c(ab) === crc32c(b, 0, b.length, crc32c(a))`.
 */
export function crc32c(bytes: Uint8Array, from = 0, to: number = bytes.length, seed = 0): number {
  const t = TABLES;
  let crc = ~seed;
  let i = from;
  // The `!` are free: every index is below the array's length by the loop bounds and the masks.
  for (const end8 = to - 7; i < end8; i += 8) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc =
      t[1792 + (crc & 0xff)]! ^
      t[1536 + ((crc >>> 8) & 0xff)]! ^
      t[1280 + ((crc >>> 16) & 0xff)]! ^
      t[1024 + (crc >>> 24)]! ^
      t[768 + bytes[i + 4]!]! ^
      t[512 + bytes[i + 5]!]! ^
      t[256 + bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!;
  }
  for (; i < to; i++) crc = (crc >>> 8) ^ t[(crc ^ bytes[i]!) & 0xff]!;
  return ~crc >>> 0;
}

/**
 * CRC-32C of two runs of bytes, one behind the other, from that of each: nobody needs to read them again. It costs about as
 * much as reading a kilobyte.
 *
 * @param lengthOfSecond - in bytes.
 */
export function crc32cOfBoth(first: number, second: number, lengthOfSecond: number): number {
  // `first` goes on as if that many zero bytes followed: multiplied by x^(8 * length), in the field of the polynomial.
  let factor = X_TO_0;
  for (let bits = lengthOfSecond, power = 3; bits > 0; bits = Math.floor(bits / 2), power++) {
    if (bits % 2 === 1) factor = multiply(SQUARES[power]!, factor);
  }
  return (multiply(factor, first | 0) ^ second) >>> 0;
}

/** Polynomials here have their highest coefficient in the lowest bit, like the checksum itself. */
const X_TO_0 = 1 << 31;

/** Product of two polynomials, modulo ours. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= factor;
    factor = factor & 1 ? (factor >>> 1) ^ POLYNOMIAL : factor >>> 1;
  }
  return product;
}

/** x^(2^k) at index k, enough for 2^53 bytes. */
const SQUARES = makeSquares();

function makeSquares(): Int32Array {
  const squares = new Int32Array(57);
  squares[0] = 1 << 30;
  for (let k = 1; k < squares.length; k++) squares[k] = multiply(squares[k - 1]!, squares[k - 1]!);
  return squares;
}

/**
 * What the first batch of a cluster's log chains to, in place of a previous batch's checksum: a batch of another cluster
 * does not fit even at offset 0.
 */
export function genesisChecksum(clusterId: string): number {
  return crc32c(utf8Encode(clusterId));
}

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const shorter = tables[i - 256] ?? 0;
    tables[i] = (shorter >>> 8) ^ (tables[shorter & 0xff] ?? 0);
  }
  return tables;
}
