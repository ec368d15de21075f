import { beforeAll, describe, expect, it } from 'vitest';
import { CrashWorld, untilPowerCut } from '../test/crash-world.js';
import { format, seeded } from '../test/log-fixture.js';
import { MemoryFileSystem } from './memory-file-system.js';

/** Snapshots of its own, cleaning, an install beyond the end, one that contradicts what is there, and what comes after. */
function story(world: CrashWorld): void {
  for (let i = 0; i < 6; i++) world.append({ records: 2, payloadBytes: 100 });
  world.snapshot(2, false);
  world.timers.advance(5);
  world.snapshot(5, true);
  for (let i = 0; i < 4; i++) world.append({ payloadBytes: 200 });
  world.snapshot(8, true);
  world.truncate(9);
  world.append();
  world.install(40);
  world.append({ payloadBytes: 300 });
  world.append({ payloadBytes: 600 });
  world.snapshot(3, false);
  world.append({ payloadBytes: 600 });
  world.append({ payloadBytes: 600 });
  world.timers.advance(5);
  world.install(42);
  world.append({ payloadBytes: 300 });
  world.snapshot(2, true);
  for (let i = 0; i < 3; i++) world.append({ payloadBytes: 300 });
  world.timers.advance(70_000);
}

describe('a power cut, with snapshots', () => {
  const formatted = new MemoryFileSystem({ random: seeded(0) });
  let callsOfStory = 0;

  beforeAll(async () => {
    await format(formatted);
    const world = new CrashWorld(formatted, seeded(1), true);
    world.open();
    const before = world.calls.length;
    story(world);
    callsOfStory = world.calls.length - before;
  });

  it('at every call of snapshot, cleaning and install leaves the old log or the new start, and nothing promised is lost', () => {
    expect(callsOfStory).toBeGreaterThan(150);
    let cases = 0;
    for (let call = 0; call <= callsOfStory; call++) {
      for (let outcome = 0; outcome < 3; outcome++) {
        const random = seeded(call * 100 + outcome);
        const world = new CrashWorld(formatted, random, true);
        world.open();
        world.cutPowerAfter(call);
        untilPowerCut(() => story(world));
        if (outcome % 3 === 2) world.killProcess();
        else world.crash(random);

        world.open();
        try {
          world.check();
          world.append({ payloadBytes: 500 });
          world.crash(random);
          world.open();
          world.check();
        } catch (error) {
          throw new Error(`call ${call}, outcome ${outcome}`, { cause: error });
        }
        cases++;
      }
    }
    console.log(`snapshot, cleaning, install: ${callsOfStory} calls, ${cases} power cuts, 0 violations`);
  });

  it('at any call while syncs take their time loses nothing, and neither does one more during recovery', () => {
    for (let seed = 1; seed <= 120; seed++) {
      const random = seeded(seed);
      const world = new CrashWorld(formatted, random, false);
      world.open();
      for (let life = 0; life < 3; life++) {
        world.cutPowerAfter(Math.floor(random() * 90));
        if (random() < 0.2) world.failSyncAfter(Math.floor(random() * 8));
        untilPowerCut(() => live(world, random));
        if (random() < 0.4) world.killProcess();
        else world.crash(random);
        world.cutPowerAfter(random() < 0.7 ? Math.floor(random() * 40) : Infinity);
        if (untilPowerCut(() => world.open())) {
          world.crash(random);
          world.open();
        }
        world.cutPowerAfter(Infinity);
        try {
          world.check();
        } catch (error) {
          throw new Error(`seed ${seed}, life ${life}`, { cause: error });
        }
      }
    }
  });
});

function live(world: CrashWorld, random: () => number): void {
  for (let step = 0; step < 40; step++) {
    const choice = random();
    const newestSnapshot = world.opened!.snapshots.list().at(-1)?.id.endOffset ?? 0;
    const kept = world.history.filter((edge) => edge.endOffset <= newestSnapshot).length;
    const batchCount = kept + Math.floor(random() * (world.history.length - kept + 1));
    if (choice < 0.5) world.append({ records: 1 + Math.floor(random() * 3), payloadBytes: Math.floor(random() * 250) });
    else if (choice < 0.68) world.completeOne();
    else if (choice < 0.75) world.timers.advance(random() < 0.9 ? 5 : 70_000);
    else if (choice < 0.8) world.truncate(batchCount);
    else if (choice < 0.95 && batchCount > 0) world.snapshot(batchCount, random() < 0.6);
    else if (choice > 0.97) world.install(newestSnapshot + 1 + Math.floor(random() * 20));
  }
}
