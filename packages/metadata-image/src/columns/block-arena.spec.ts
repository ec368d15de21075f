import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockArena, blockStart } from './block-arena.js';

function write(arena: BlockArena, address: number, words: number, value: number): void {
  arena.writableWords(address).fill(value, blockStart(address), blockStart(address) + words);
}
function read(arena: { words(address: number): Int32Array }, address: number, words: number): Set<number> {
  return new Set(arena.words(address).subarray(blockStart(address), blockStart(address) + words));
}

describe('BlockArena', () => {
  it('keeps blocks of any size apart, through any order of freeing', () => {
    const operation = fc.record({ words: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(16_384, 20_000)), free: fc.nat(200) });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80, size: 'max' }), (operations) => {
        const arena = new BlockArena();
        const live: { address: number; words: number; value: number }[] = [];
        operations.forEach(({ words, free }, value) => {
          const address = arena.allocate(words);
          write(arena, address, words, value);
          live.push({ address, words, value });
          if (free < live.length) {
            const [freed] = live.splice(free, 1);
            arena.free(freed!.address, freed!.words);
          }
        });
        for (const { address, words, value } of live) expect(read(arena, address, words)).toEqual(new Set([value]));
      }),
    );
  });

  it('uses a freed block again instead of growing', () => {
    const arena = new BlockArena();
    for (let i = 0; i < 100_000; i++) arena.free(arena.allocate(1 + (i % 64)), 1 + (i % 64));

    expect(arena.byteCount).toBe(65_536);
  });

  it('shows a hold the blocks as they were', () => {
    const arena = new BlockArena();
    const address = arena.allocate(4);
    write(arena, address, 4, 1);
    const held = arena.hold();
    arena.free(address, 4);
    write(arena, arena.allocate(4), 4, 2);

    expect(read(held, address, 4)).toEqual(new Set([1]));
    expect(read(arena, address, 4)).toEqual(new Set([2]));
  });

  it('reads the same memory as words and as bytes', () => {
    const arena = new BlockArena();
    const address = arena.allocate(2);
    arena.writableBytes(address).set([1, 0, 0, 0], blockStart(address) * 4);

    expect(arena.words(address)[blockStart(address)]).toBe(1);
  });
});
