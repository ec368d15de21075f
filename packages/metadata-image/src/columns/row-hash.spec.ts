import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowHash, mixWord } from './row-hash.js';

function rowsUnder(table: RowHash, hash: number): number[] {
  const rows: number[] = [];
  for (let row = table.first(hash); row >= 0; row = table.next()) rows.push(row);
  return rows;
}

describe('RowHash', () => {
  it('finds every row through growth over many pages, and none that was removed', () => {
    const table = new RowHash(mixWord);
    for (let row = 0; row < 50_000; row++) table.add(mixWord(row), row);
    for (let row = 0; row < 50_000; row += 3) table.remove(mixWord(row), row);

    for (let row = 0; row < 50_000; row++) expect(rowsUnder(table, mixWord(row)).includes(row)).toBe(row % 3 !== 0);
  });

  it('grows one page of slots at a time, with about seven bytes a row', () => {
    const table = new RowHash(mixWord);
    for (let row = 0; row < 100_000; row++) table.add(mixWord(row), row);

    expect(table.byteCount / 16_384).toBeGreaterThan(30);
    expect(table.byteCount / 16_384).toBeLessThanOrEqual(64);
  });

  it('holds rows whose hashes are all equal: it grows where splitting does not help', () => {
    const table = new RowHash(() => 5);
    for (let row = 0; row < 5000; row++) table.add(5, row);
    table.remove(5, 1234);

    const rows = rowsUnder(table, 5);
    expect(rows).toHaveLength(4999);
    expect(rows).not.toContain(1234);
  });

  it('finds the others after any removals from crowded slots', () => {
    const hashOf = (row: number): number => row % 7;
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(60), { maxLength: 60, size: 'max' }), fc.array(fc.nat(60), { maxLength: 60, size: 'max' }), (added, removed) => {
        const table = new RowHash(hashOf);
        const live = new Set(added);
        for (const row of added) table.add(hashOf(row), row);
        for (const row of removed) if (live.delete(row)) table.remove(hashOf(row), row);

        for (let row = 0; row <= 60; row++) expect(rowsUnder(table, hashOf(row)).includes(row)).toBe(live.has(row));
      }),
    );
  });

  it('says so when a row to be removed is not there', () => {
    expect(() => new RowHash(mixWord).remove(mixWord(1), 1)).toThrow('row 1 is not in the hash table');
  });
});
