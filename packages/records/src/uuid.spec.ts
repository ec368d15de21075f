import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Uuid } from './ids.js';
import { RESERVED_DIRECTORY, ZERO_UUID, isReservedUuid, parseUuid, uuidFromBytes, uuidFromWords, uuidToBytes, uuidToWords } from './uuid.js';

const anyBytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
const small = (value: number): Uuid => uuidFromBytes(Uint8Array.from({ length: 16 }, (_, index) => (index === 15 ? value : 0)));

describe('a UUID', () => {
  it('is base64url without padding, as in Kafka', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(uuidFromBytes(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
      }),
    );
  });

  it('comes back from its text and from its bytes', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const uuid = uuidFromBytes(bytes);

        expect(uuidToBytes(uuid)).toEqual(bytes);
        expect(parseUuid(uuid)).toBe(uuid);
        expect(parseUuid(`${uuid}==`)).toBe(uuid);
      }),
    );
  });

  it('is four big-endian words too', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const uuid = uuidFromBytes(bytes);
        const words = { a: 0, b: 0, c: 0, d: 0 };

        uuidToWords(uuid, words);

        const view = new DataView(bytes.buffer, bytes.byteOffset);
        expect(words).toEqual({ a: view.getInt32(0), b: view.getInt32(4), c: view.getInt32(8), d: view.getInt32(12) });
        expect(uuidFromWords(words)).toBe(uuid);
      }),
    );
  });

  it.each(['', 'abc', 'A'.repeat(21), 'A'.repeat(23), `${'A'.repeat(21)}+`, `${'A'.repeat(21)}/`, `${'A'.repeat(21)}é`, `${'A'.repeat(22)}=`])('is not "%s"', (text) => {
    expect(parseUuid(text)).toBeUndefined();
  });

  it('is one string for one value: low bits that mean nothing are dropped', () => {
    expect(parseUuid('AAAAAAAAAAAAAAAAAAAAAR')).toBe('AAAAAAAAAAAAAAAAAAAAAQ');
  });

  it.each([0, 15, 17])('cannot be made from %d bytes', (length) => {
    expect(() => uuidFromBytes(new Uint8Array(length))).toThrow(`a UUID has 16 bytes, got ${length}`);
  });

  it('is reserved from 0 to 99', () => {
    expect(Array.from({ length: 256 }, (_, value) => value).filter((value) => isReservedUuid(small(value)))).toEqual(Array.from({ length: 100 }, (_, value) => value));
    expect(isReservedUuid(uuidFromBytes(Uint8Array.from({ length: 16 }, (_, index) => (index === 14 ? 1 : 0))))).toBe(false);
  });

  it('names what a directory id may say instead of a directory', () => {
    expect([ZERO_UUID, RESERVED_DIRECTORY.MIGRATING, RESERVED_DIRECTORY.UNASSIGNED, RESERVED_DIRECTORY.LOST]).toEqual([small(0), small(0), small(1), small(2)]);
  });
});
