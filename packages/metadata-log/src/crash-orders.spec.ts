import { beforeAll, describe, expect, it } from 'vitest';
import { CrashWorld, untilPowerCut } from '../test/crash-world.js';
import { format, seeded } from '../test/log-fixture.js';
import { MemoryFileSystem } from './memory-file-system.js';

/** Short stories: what was there before, all of it durable, and what the power fails in. */
const STORIES: Readonly<Record<string, { readonly before?: (world: CrashWorld) => void; readonly story: (world: CrashWorld) => void }>> = {
  append: { story: (world) => (world.append(), world.append({ records: 2, payloadBytes: 300 })) },
  'marker by itself': { story: (world) => (world.timers.advance(5), world.append()) },
  roll: { before: (world) => world.append({ payloadBytes: 500 }), story: (world) => (world.append({ payloadBytes: 300 }), world.append()) },
  'truncation within a segment': { before: (world) => [1, 2, 3].forEach(() => world.append()), story: (world) => (world.truncate(1), world.append()) },
  'truncation across segments': { before: (world) => [1, 2, 3].forEach(() => world.append({ payloadBytes: 500 })), story: (world) => world.truncate(1) },
  vote: { story: (world) => (world.vote(), world.vote()) },
  snapshot: { story: (world) => world.snapshot(1, false) },
  cleaning: {
    before: (world) => ([1, 2, 3].forEach(() => world.append({ payloadBytes: 500 })), world.snapshot(1, false)),
    story: (world) => (world.snapshot(2, true), world.timers.advance(70_000), world.timers.advance(0), world.timers.advance(0)),
  },
  'install beyond the end': { before: (world) => [1, 2].forEach(() => world.append({ payloadBytes: 500 })), story: (world) => (world.install(20), world.append()) },
  'install of another history': { before: (world) => [1, 2, 3].forEach(() => world.append({ payloadBytes: 500 })), story: (world) => world.install(2) },
};

describe('every state that a power cut may leave', () => {
  const formatted = new MemoryFileSystem({ random: seeded(0) });
  beforeAll(() => format(formatted));

  it.each(Object.keys(STORIES))('of %s, at every call, is one that recovery understands', (name) => {
    const { before, story } = STORIES[name]!;
    let states = 0;
    let call = 0;
    for (let isOver = false; !isOver; call++) {
      const world = new CrashWorld(formatted, seeded(1), true);
      world.open();
      world.append();
      before?.(world);
      world.restart();
      world.cutPowerAfter(call);
      isOver = !untilPowerCut(() => story(world));
      states += world.checkEveryCrash();
    }
    console.log(`${name}: ${call} power cuts, ${states} states, 0 violations`);
    expect(states).toBeGreaterThan(call);
  });
});
