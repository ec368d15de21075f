import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SortedRows } from './sorted-rows.js';

describe('SortedRows', () => {
  it('keeps the order of a sorted list through additions and removals, and begins beyond any key', () => {
    const keys = fc.uniqueArray(fc.nat(3000), { maxLength: 1500, size: 'max' });
    fc.assert(
      fc.property(keys, keys, keys, fc.nat(3000), (first, added, removed, key) => {
        const rows = new SortedRows(first, (a, b) => a - b);
        const model = new Set(first);
        for (const row of added) if (!model.has(row)) rows.add(row), model.add(row);
        for (const row of removed) if (model.delete(row)) rows.remove(row);

        const expected = [...model].sort((a, b) => a - b);
        expect([...rows.beyond((row) => row + 1)]).toEqual(expected);
        expect([...rows.beyond((row) => row - key)]).toEqual(expected.filter((row) => row > key));
      }),
      { numRuns: 20 },
    );
  });

  it('holds thousands of rows in chunks, added in any order', () => {
    const rows = new SortedRows([], (a, b) => a - b);
    for (let i = 0; i < 5000; i++) rows.add((i * 1237) % 5000);

    expect([...rows.beyond((row) => row + 1)]).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  });
});
