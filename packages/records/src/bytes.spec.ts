import { describe, expect, it } from 'vitest';
import { bytesEqual, concatBytes, copyBytes } from './bytes.js';
import { utf8Decode, utf8DecodeStrict, utf8Encode } from './utf8.js';

describe('a copy of bytes', () => {
  it('owns its memory and nothing more, even of a piece of a Buffer', () => {
    const frame = Buffer.alloc(1024, 1);

    const copy = copyBytes(frame.subarray(100, 116));
    frame.fill(2);

    expect(copy).toEqual(new Uint8Array(16).fill(1));
    expect(copy.buffer.byteLength).toBe(16);
    expect(Buffer.isBuffer(copy)).toBe(false);
  });
});

describe('bytes', () => {
  it('are equal when all of them are', () => {
    expect(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
  });

  it('are put together in order', () => {
    expect(concatBytes([Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)])).toEqual(Uint8Array.of(1, 2, 3));
  });
});

describe('UTF-8', () => {
  it('goes there and back', () => {
    expect(utf8Decode(utf8Encode('Größe 大小 🙂\uFEFF'))).toBe('Größe 大小 🙂\uFEFF');
  });

  it('that is none reads as replacement characters, or as nothing where that matters', () => {
    expect(utf8Decode(Uint8Array.of(0x61, 0xff))).toBe('a\uFFFD');
    expect(utf8DecodeStrict(Uint8Array.of(0x61, 0xff))).toBeUndefined();
    expect(utf8DecodeStrict(utf8Encode('ä'))).toBe('ä');
  });
});
