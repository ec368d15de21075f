import type { Uuid } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { id } from '../../test/records.js';
import { TopicTable } from './topic-table.js';
import { UuidWords } from './uuid-words.js';

function tableOf(...names: string[]): TopicTable {
  const table = new TopicTable();
  names.forEach((name, n) => table.add(words(n), name));
  return table;
}
const words = (n: number): UuidWords => new UuidWords().setText(id(n));
const nameOf = (table: TopicTable, row: number): string | undefined => (row < 0 ? undefined : table.name(row));

describe('TopicTable', () => {
  it('finds a topic by name and by id, and no other', () => {
    const table = tableOf('a.b', 'a_b', 'é');

    expect([table.findByName('a.b'), table.findByName('a_b'), table.findByName('é'), table.findByName('a-b')]).toEqual([0, 1, 2, -1]);
    expect([table.findByUuid(id(1)), table.findByUuid(id(3))]).toEqual([1, -1]);
  });

  it('finds the names that are equal after mapping dots to underscores', () => {
    expect(tableOf('a.b', 'a_b', 'ab', 'a.b.c').findColliding('a_b')).toEqual([0, 1]);
  });

  it('forgets a removed topic, by the id found last too, and uses its room again', () => {
    const table = tableOf('first', 'second');
    const bytes = table.byteCount;
    table.findByUuid(id(0));
    table.remove(0);

    expect([table.findByUuid(id(0)), table.findByName('first')]).toEqual([-1, -1]);
    expect(table.add(words(9), 'third')).toBe(0);
    expect([table.findByUuid(id(0)), table.findByUuid(id(9)), table.byteCount]).toEqual([-1, 0, bytes]);
  });

  it('shows a hold the names and ids as they were', () => {
    const table = tableOf('first', 'second');
    const held = table.hold();
    table.remove(0);
    table.add(words(9), 'third');

    expect(held.read(0)).toEqual({ id: id(0), name: 'first' });
    expect(nameOf(table, 0)).toBe('third');
    held.release();
  });

  it('finds each of ten thousand, in order too', () => {
    const table = new TopicTable();
    const names = Array.from({ length: 10_000 }, (_, n) => `topic-${(n * 7919) % 10_000}`);
    names.forEach((name, n) => table.add(words(n), name));

    expect(names.every((name, n) => table.findByName(name) === n && table.findByUuid(id(n) as Uuid) === n)).toBe(true);
    expect([...table.rowsBeyond('')].map((row) => table.name(row))).toEqual([...names].sort());
  });

  it('finds partitions created together by their run, and says which need an index', () => {
    const table = tableOf('a');
    const inRun = [0, 1, 2].map((partition) => table.addPartition(0, partition, 50 + partition));

    expect([...inRun, table.addPartition(0, 3, 99), table.addPartition(0, 4, 54)]).toEqual([true, true, true, false, false]);
    expect([0, 2, 3, 4].map((partition) => table.runRow(0, partition))).toEqual([50, 52, -1, -1]);
    expect([table.partitionCount(0), table.partitionIdLimit(0)]).toEqual([5, 5]);
  });
});
