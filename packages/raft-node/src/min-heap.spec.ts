import { describe, expect, it } from 'vitest';
import { Fifo } from './fifo.js';
import { MinHeap } from './min-heap.js';

describe('MinHeap', () => {
  it('hands out values by rising key', () => {
    const heap = new MinHeap<string>();
    for (const key of [5, 3, 9, 1, 7, 3]) heap.add(key, `v${key}`);

    const taken: string[] = [];
    for (let next = heap.take(); next !== undefined; next = heap.take()) taken.push(next);

    expect(taken).toEqual(['v1', 'v3', 'v3', 'v5', 'v7', 'v9']);
  });

  it('keeps back what is beyond the limit', () => {
    const heap = new MinHeap<string>();
    heap.add(10, 'later');
    heap.add(5, 'now');

    expect(heap.takeUpTo(7)).toBe('now');
    expect(heap.takeUpTo(7)).toBeUndefined();
    expect(heap.nextKey()).toBe(10);
  });
});

describe('Fifo', () => {
  it('keeps the order over many pushes and shifts', () => {
    const fifo = new Fifo<number>();
    const out: number[] = [];
    for (let i = 0; i < 5000; i++) {
      fifo.push(i);
      if (i % 3 !== 0) out.push(fifo.shift()!);
    }
    while (fifo.length > 0) out.push(fifo.shift()!);

    expect(out).toEqual(Array.from({ length: 5000 }, (_, i) => i));
    expect(fifo.shift()).toBeUndefined();
  });
});
