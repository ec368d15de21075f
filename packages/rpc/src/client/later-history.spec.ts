import { describe, expect, it } from 'vitest';
import { uuidFromBytes, ZERO_UUID } from '@quorate/records';
import { isLaterHistory } from './later-history.js';

const id = (...first: number[]) => uuidFromBytes(Uint8Array.from({ length: 16 }, (_, index) => first[index] ?? 0x70));

describe('of two histories of a cluster', () => {
  it('any override is later than none', () => {
    expect(isLaterHistory(id(0, 1), ZERO_UUID)).toBe(true);
    expect(isLaterHistory(ZERO_UUID, id(0, 1))).toBe(false);
  });

  it('the one made later is later, by bytes and not by the letters of its text', () => {
    // As base64url 0xf8 begins with "-", which sorts before all letters as text and behind them as a number.
    expect(isLaterHistory(id(0x01, 0xf8), id(0x01, 0x12))).toBe(true);
    expect(isLaterHistory(id(0x01, 0x12), id(0x01, 0xf8))).toBe(false);
  });

  it('one is not later than itself', () => {
    expect(isLaterHistory(id(1, 2), id(1, 2))).toBe(false);
  });
});
