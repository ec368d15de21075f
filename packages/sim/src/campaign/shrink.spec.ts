import { describe, expect, it } from 'vitest';
import { limitPlan } from '../plan-limits.js';
import { planOf } from '../simulation.js';
import { shrink } from './shrink.js';

/** A plan with several of everything. */
const plan = { ...planOf(1), kinds: new Set(['loss', 'crash', 'pause', 'bit-rot'] as const), voterCount: 5, clientCount: 3, cacheCount: 2, brokerCount: 3, faultyMs: 8000 };

describe('shrink', () => {
  it('leaves nothing that the failure does not need', () => {
    const limits = shrink(plan, (tried) => {
      const { kinds, muted, faultyMs } = limitPlan(plan, tried);
      return kinds.has('crash') && !muted.has('crash') && faultyMs >= 3000;
    });

    expect(limits).toMatchObject({ faults: ['crash'], clients: 1, caches: 0, brokers: 1, voters: 1 });
    expect(limits.faultyMs).toBeGreaterThanOrEqual(3000);
    expect(limits.faultyMs).toBeLessThan(3400);
  });

  it('leaves the world whole when no smaller one fails', () => {
    expect(shrink(plan, () => false)).toEqual({});
  });

  it('ends, whatever it is told', () => {
    let runs = 0;

    shrink(plan, () => ++runs % 3 === 0);

    expect(runs).toBeLessThanOrEqual(150);
  });
});
