import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DigestSum } from './columns/row-digest.js';
import { HeldTable } from './held-table.js';

const table = (): HeldTable<string, number> => new HeldTable(1, new DigestSum(), (digest, key, value) => void digest.text(key).number(value));

describe('HeldTable', () => {
  it('shows a hold all rows as they were, however they change before and while they are walked', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const operation = fc.tuple(key, fc.option(fc.nat(9), { nil: undefined }));
    const operations = fc.array(operation, { maxLength: 12, size: 'max' });
    fc.assert(
      fc.property(operations, operations, fc.array(operation, { minLength: 6, maxLength: 6 }), (first, second, during) => {
        const rows = table();
        const apply = ([name, value]: [string, number | undefined]): void => (value === undefined ? rows.remove(name) : rows.put(name, value));
        first.forEach(apply);
        const expected = new Map(rows.entries());
        const held = rows.hold();
        second.forEach(apply);
        const walked: (readonly [string, number])[] = [];
        for (const row of held.entries()) {
          walked.push(row);
          apply(during[walked.length % 6]!);
        }
        expect(walked).toHaveLength(expected.size);
        expect(new Map(walked)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});
