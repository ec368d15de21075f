import { describe, expect, it } from 'vitest';
import { Random } from '../random.js';
import { cutBothWays, cutOneWay, PARTITION_SHAPES } from './partitions.js';

const ids = [1, 2, 3, 4, 5];
const text = ({ from, to }: { from: number; to: number }): string => `${from}>${to}`;

describe('a partition', () => {
  it('blocks both directions, or one of them', () => {
    for (const shape of PARTITION_SHAPES) {
      const both = cutBothWays(shape, ids, new Random(4)).links;
      const one = cutOneWay(shape, ids, new Random(4)).links;

      expect(new Set(both.map(text))).toEqual(new Set(both.map(({ from, to }) => text({ from: to, to: from }))));
      expect(one.length).toBeGreaterThan(0);
      expect(one.length * 2).toBe(both.length);
      for (const { from, to } of one) expect(one.map(text)).not.toContain(text({ from: to, to: from }));
    }
  });

  it('that is a bridge leaves one node that reaches everybody', () => {
    const { links } = cutBothWays('bridge', ids, new Random(1));
    const cutOff = (id: number): number => links.filter(({ from }) => from === id).length;

    expect(ids.filter((id) => cutOff(id) === 0)).toHaveLength(1);
  });

  it('that isolates leaves one node that reaches nobody', () => {
    const { links } = cutBothWays('isolate', ids, new Random(1));

    expect(links).toHaveLength(8);
  });
});
