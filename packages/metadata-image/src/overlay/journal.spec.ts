import { describe, expect, it } from 'vitest';
import { Journal } from './journal.js';
import { OverlayCells } from './overlay-cells.js';

function cells(): { readonly journal: Journal; readonly cells: OverlayCells<string, number>; write(offset: number, key: string, value?: number): void } {
  const journal = new Journal();
  const table = new OverlayCells<string, number>(journal);
  const write = (offset: number, key: string, value?: number): void => {
    journal.begin(offset);
    table.write(key, value, 1, 2);
  };
  return { journal, cells: table, write };
}

describe('Journal', () => {
  it('drops a cell once its last write is folded, and not before', () => {
    const { journal, cells: table, write } = cells();
    write(1, 'a', 10);
    write(2, 'b', 20);
    write(3, 'a', 30);

    journal.foldTo(3);
    expect([table.get('a')?.value, table.has('b')]).toEqual([30, false]);
    journal.foldTo(4);
    expect(table.size).toBe(0);
  });

  it('counts only what is not folded', () => {
    const { journal, write } = cells();
    write(1, 'a', 10);
    write(2, 'a');
    expect([journal.topicDelta, journal.partitionDelta]).toEqual([2, 4]);

    journal.foldTo(2);
    expect([journal.topicDelta, journal.partitionDelta]).toEqual([1, 2]);
  });

  it('takes writes back, newest first, and keeps what stood before them', () => {
    const { journal, cells: table, write } = cells();
    write(1, 'a', 10);
    write(2, 'a', 20);
    write(3, 'a', 30);
    write(3, 'new', 1);

    journal.undoFrom(2);

    expect([table.get('a'), table.has('new'), journal.topicDelta]).toEqual([expect.objectContaining({ value: 10, offset: 1 }), false, 1]);
    journal.foldTo(2);
    expect(table.size).toBe(0);
  });

  it('leaves to the base what it took back and the base holds by now', () => {
    const { journal, cells: table, write } = cells();
    write(1, 'a', 10);
    write(5, 'a', 50);
    journal.foldTo(2);

    journal.undoFrom(5);

    expect(table.has('a')).toBe(false);
  });

  it('does not grow with what has been folded', () => {
    const { journal, cells: table, write } = cells();
    for (let offset = 0; offset < 20_000; offset++) {
      write(offset, `k${offset % 100}`, offset);
      journal.foldTo(offset - 50);
    }

    expect(journal.length).toBeLessThan(8192 + 100);
    expect(table.size).toBe(51);
  });
});
