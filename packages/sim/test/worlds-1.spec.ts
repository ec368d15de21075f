import { describe, it } from 'vitest';
import { expectWorldsToPass } from './worlds.js';

describe('simulated worlds, part 1 of 2', () => {
  it('keeps every invariant and comes to rest in 300 worlds', { timeout: 300_000 }, () => {
    expectWorldsToPass(1, 300);
  });
});
