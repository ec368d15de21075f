import { describe, it } from 'vitest';
import { expectWorldsToPass } from './worlds.js';

/** A first look; `npm test` runs hundreds of others, and `npm run sim -- --seeds N` as many as there is time for. */
describe('simulated worlds', () => {
  it('keeps every invariant and comes to rest in 60 worlds', { timeout: 300_000 }, () => {
    expectWorldsToPass(1_000_001, 60);
  });
});
