import { describe, expect, it } from 'vitest';
import { overRuns, percentile, summarize } from './statistics.js';

describe('statistics', () => {
  it('takes the nearest rank', () => {
    expect(percentile([1, 2, 3, 4], 0.5)).toBe(2);
    expect(percentile([1, 2, 3, 4], 0.99)).toBe(4);
    expect(percentile([7], 0.01)).toBe(7);
    expect(percentile([], 0.5)).toBeNaN();
  });

  it('sorts by number, not by text', () => {
    expect(summarize([10, 9, 100])).toEqual({ count: 3, p50: 10, p99: 100, max: 100 });
  });

  it('knows which end is the worst', () => {
    expect(overRuns([3, 1, 2], 'less')).toEqual({ median: 2, worst: 3 });
    expect(overRuns([3, 1, 2], 'more')).toEqual({ median: 2, worst: 1 });
  });
});
