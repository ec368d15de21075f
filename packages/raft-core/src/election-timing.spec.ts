import { describe, expect, test } from 'vitest';
import { backoffMs, checkQuorumMs, electionTimeoutMs, retryBackoffMs, roundLimitMs, successionDelayMs } from './election-timing.js';

test('a round takes 100 ms at most, then twice as long each time, up to the election timeout', () => {
  expect([1, 2, 3, 4, 5, 50].map((attempt) => roundLimitMs(attempt, 1000))).toEqual([100, 200, 400, 800, 1000, 1000]);
});

test('the wait after a lost round is random up to 50 ms, then up to twice as long each time, up to the ceiling', () => {
  expect([1, 2, 3, 6, 50].map((attempt) => backoffMs(attempt, 1000, 0.999))).toEqual([49.95, 99.9, 199.8, 999, 999]);
  expect(backoffMs(5, 1000, 0)).toBe(0);
});

test('a failed request is sent again after 20 ms; when it goes on failing, more and more rarely', () => {
  expect([1, 8, 9, 10, 11, 30].map(retryBackoffMs)).toEqual([20, 20, 20, 40, 80, 500]);
});

test('an election timeout is random from T up to, but not including, 2T', () => {
  expect(electionTimeoutMs(1000, 0)).toBe(1000);
  expect(electionTimeoutMs(1000, 0.999)).toBe(1999);
});

describe('successors stand one after the other', () => {
  test.each([
    ['the only one at once', 0, 1, 0],
    ['the first of two at once', 0, 2, 0],
    ['the second of two after half the ceiling', 1, 2, 500],
    ['the second of four', 1, 4, 125],
    ['the third of four', 2, 4, 250],
    ['the last of four', 3, 4, 500],
    ['one that is not in the list after the whole ceiling', -1, 2, 1000],
  ])('%s', (_name, position, count, expected) => {
    expect(successionDelayMs(position, count, 1000)).toBe(expected);
  });
});

test('check-quorum is one and a half fetch timeouts', () => {
  expect(checkQuorumMs(2000)).toBe(3000);
});
