import { describe, expect, it } from 'vitest';
import type { RpcFailure } from '../rpc-failure.js';
import { WorkBudget } from './work-budget.js';

const refusal = expect.objectContaining({ reason: 'LIMIT_EXCEEDED', retryAfterMs: 100 }) as RpcFailure;

describe('what a server has in work', () => {
  it('takes calls up to its number, and more when some have ended', () => {
    const budget = new WorkBudget({ maxCalls: 2, maxBytesInWork: 1000 });
    const leave = budget.enter(1);
    budget.enter(1);
    expect(() => budget.enter(1)).toThrow(refusal);

    leave();
    leave();

    budget.enter(1);
    expect(budget.calls).toBe(2);
  });

  it('takes requests up to its bytes, and a single large one whatever its size', () => {
    const budget = new WorkBudget({ maxCalls: 10, maxBytesInWork: 100 });
    const leave = budget.enter(5000);
    expect(() => budget.enter(1)).toThrow(refusal);

    leave();
    budget.enter(60);

    expect(() => budget.enter(41)).toThrow(refusal);
    expect(budget.bytes).toBe(60);
  });

  it('tells those who wait for room once it is there', () => {
    const budget = new WorkBudget({ maxCalls: 10, maxBytesInWork: 100 });
    const releases = [budget.hold(80), budget.hold(80)];
    const told: string[] = [];
    expect(budget.isFull).toBe(true);
    budget.whenRoom(() => told.push('room'));

    releases[0]?.();
    releases[1]?.();

    expect(told).toEqual(['room']);
    expect(budget.bytes).toBe(0);
  });
});
