import type { Offset } from '@quorate/records';
import { describe, expect, test } from 'vitest';
import { nextHighWatermark } from './high-watermark.js';

const at = (...offsets: (number | undefined)[]) => offsets as (Offset | undefined)[];
const next = (durable: (number | undefined)[], epochStart = 0, current?: number) =>
  nextHighWatermark({ durableOffsets: at(...durable), epochStartOffset: epochStart as Offset, current: current as Offset | undefined });

describe('the high watermark is what a majority has on disk', () => {
  test.each([
    [[7], 7],
    [[7, 5], 5],
    [[7, 5, 3], 5],
    [[7, 6, 5, 3], 5],
    [[9, 7, 6, 5, 3], 6],
    [[3, 9, 7], 7],
    [[7, undefined, undefined], undefined],
    [[7, 7, undefined], 7],
    [[7, undefined], undefined],
  ])('%j gives %j', (durable, expected) => {
    expect(next(durable)).toBe(expected);
  });
});

test('records of earlier epochs are not committed by counting copies', () => {
  // Raft paper, figure 8: all three hold up to 10, but the leader's own epoch begins there.
  expect(next([10, 10, 10], 10)).toBeUndefined();
  expect(next([11, 11, 10], 10)).toBe(11);
});

test('it never falls, whatever the voters say', () => {
  expect(next([12, 5, 5], 0, 9)).toBe(9);
  expect(next([12, 10, 5], 0, 9)).toBe(10);
});

test('a set without known offsets moves nothing', () => {
  expect(next([], 0, 4)).toBe(4);
});
