import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c, crc32cOfBoth, genesisChecksum } from './crc32c.js';
import { utf8Encode } from './utf8.js';

/** One bit at a time, straight from the polynomial. */
function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0);
  }
  return ~crc >>> 0;
}

describe('CRC-32C', () => {
  it.each<[string, Uint8Array, number]>([
    ['nothing', new Uint8Array(0), 0],
    ['"123456789"', utf8Encode('123456789'), 0xe306_9283],
    ['32 bytes of zeros', new Uint8Array(32), 0x8a91_36aa],
    ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8_ab43],
    ['32 bytes counting up', Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd_794e],
    ['32 bytes counting down', Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113f_db5c],
  ])('of %s is what RFC 3720 (B.4) says', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  it('is that of the polynomial for any piece of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(20), fc.nat(20), (bytes, cutFront, cutBack) => {
        const from = Math.min(cutFront, bytes.length);
        const to = Math.max(from, bytes.length - cutBack);

        expect(crc32c(bytes, from, to)).toBe(slowCrc32c(bytes.subarray(from, to)));
      }),
    );
  });

  it('of two runs of bytes is made from that of each', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.uint8Array({ maxLength: 3000 }), (first, second) => {
        const both = Uint8Array.of(...first, ...second);

        expect(crc32cOfBoth(crc32c(first), crc32c(second), second.length)).toBe(crc32c(both));
      }),
    );
    const large = new Uint8Array(5_000_001).fill(7);
    expect(crc32cOfBoth(crc32c(large, 0, 1), crc32c(large, 1), large.length - 1)).toBe(crc32c(large));
  });

  it('goes on from the checksum of what came before', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, cut) => {
        const middle = Math.min(cut, bytes.length);

        expect(crc32c(bytes, middle, bytes.length, crc32c(bytes, 0, middle))).toBe(crc32c(bytes));
      }),
    );
  });

  it('chains the first batch of unlike clusters to unlike values', () => {
    expect(genesisChecksum('kafka-cluster-001')).toBe(crc32c(utf8Encode('kafka-cluster-001')));
    expect(genesisChecksum('a')).not.toBe(genesisChecksum('b'));
  });
});
