import { expect } from 'vitest';
import { describeFailure } from '../src/replay.js';
import { simulate } from '../src/simulation.js';

/** Runs the worlds of these seeds; a failed one is printed with its seed, its command and its last lines. */
export function expectWorldsToPass(from: number, count: number): void {
  let acknowledged = 0;
  for (let seed = from; seed < from + count; seed++) {
    const outcome = simulate({ seed });
    if (outcome.kind === 'failed') expect.fail(describeFailure(outcome));
    acknowledged += outcome.result.acknowledged;
  }
  // Worlds in which nothing happens prove nothing.
  expect(acknowledged).toBeGreaterThan(count);
}
