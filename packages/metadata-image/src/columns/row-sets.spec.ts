import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowSets } from './row-sets.js';

const sorted = (rows: Iterable<number>): number[] => [...rows].sort((a, b) => a - b);

describe('RowSets', () => {
  it('holds what a set of each number holds, through lists and bitmaps and back', () => {
    const operation = fc.record({ set: fc.nat(2), from: fc.nat(9000), count: fc.nat(600), step: fc.integer({ min: 1, max: 3 }), add: fc.boolean() });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 12, size: 'max' }), (operations) => {
        const sets = new RowSets();
        const model = [new Set<number>(), new Set<number>(), new Set<number>()];
        for (const { set, from, count, step, add } of operations) {
          for (let row = from; row < from + count * step; row += step) {
            if (add === model[set]!.has(row)) continue;
            if (add) sets.add(set, row);
            else sets.remove(set, row);
            if (add) model[set]!.add(row);
            else model[set]!.delete(row);
          }
        }
        model.forEach((rows, set) => {
          expect(sorted(sets.rows(set))).toEqual(sorted(rows));
          expect(sets.sizeOf(set)).toBe(rows.size);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('takes a small part of a byte for each row of a set that holds them all', () => {
    const sets = new RowSets();
    for (let row = 0; row < 400_000; row++) sets.add(0, row);

    expect(sets.byteCount).toBeLessThan(400_000 / 4);
  });

  it('uses the room of emptied sets again', () => {
    const sets = new RowSets();
    const churn = (): void => {
      for (let row = 0; row < 5000; row++) sets.add(0, row);
      for (let row = 0; row < 5000; row++) sets.remove(0, row);
    };
    churn();
    const bytes = sets.byteCount;
    for (let i = 0; i < 50; i++) churn();

    expect(sets.byteCount).toBe(bytes);
    expect([...sets.rows(0)]).toEqual([]);
  });

  it('lets the caller change the rows that it is given', () => {
    const sets = new RowSets();
    for (let row = 0; row < 100; row++) sets.add(0, row);
    let met = 0;
    for (const row of sets.rows(0)) {
      sets.remove(0, row);
      met += 1;
    }

    expect([met, sets.sizeOf(0)]).toEqual([100, 0]);
  });

  it('says so when a row to be removed is not there', () => {
    expect(() => new RowSets().remove(0, 5)).toThrow('the row is not in the set');
  });
});
