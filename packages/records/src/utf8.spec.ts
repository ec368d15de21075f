import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8Encode } from './utf8.js';

describe('UTF-8', () => {
  it('is what the platform makes of it, for short and long texts, ASCII and not', () => {
    const texts = fc.oneof(fc.string({ maxLength: 80 }), fc.string({ unit: 'grapheme', maxLength: 80 }), fc.string({ unit: 'binary', maxLength: 80 }));
    fc.assert(
      fc.property(texts, (text) => {
        expect(utf8Encode(text)).toEqual(new TextEncoder().encode(text));
      }),
    );
  });

  it('has U+FFFD for a lone surrogate', () => {
    expect(utf8Encode('a\ud800')).toEqual(new TextEncoder().encode('a\ufffd'));
  });
});
