import { expect, test } from 'vitest';
import { RandomWorld } from './random-world.js';

const RUNS = 200;

/**
 * Simulated time, so the figures are the same on every machine: how long after a kill another voter leads. The connection to the
 * dead leader breaks within one message's time; messages take up to the given time; a vote on disk costs nothing here.
 */
test.each([
  [3, 1, 15, 30],
  [3, 5, 30, 60],
  [5, 1, 15, 50],
])('%i voters, messages of up to %i ms: a leader within %i ms at the median and %i ms at p99', (voters, maxDelayMs, medianMs, p99Ms) => {
  const calm = { voters, observers: 0, lossRate: 0, duplicateRate: 0, maxDelayMs, maxFlushMs: 0 };
  const times = Array.from({ length: RUNS }, (_, seed) => new RandomWorld(seed, calm).timeToNextLeader()).sort((a, b) => a - b);
  const percentile = (share: number) => times[Math.floor(times.length * share)] ?? Infinity;

  console.log(`${voters} voters, ${maxDelayMs} ms: p50 ${percentile(0.5)}, p99 ${percentile(0.99)}, worst ${times.at(-1)}`);
  expect(percentile(0.5)).toBeLessThanOrEqual(medianMs);
  expect(percentile(0.99)).toBeLessThanOrEqual(p99Ms);
});
