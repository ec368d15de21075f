import { beforeAll, describe, expect, it } from 'vitest';
import { CrashWorld, PowerCut, untilPowerCut } from '../test/crash-world.js';
import { format, FORMAT, openNow, seeded } from '../test/log-fixture.js';
import { formatDirectory } from './format.js';
import { inspectDirectory } from './inspect-directory.js';
import { MemoryFileSystem } from './memory-file-system.js';

/** Appends, rolls, truncates within and across segments, votes, lets the marker go by itself. */
function story(world: CrashWorld): void {
  for (let i = 0; i < 6; i++) world.append({ records: 2, payloadBytes: 60 });
  world.timers.advance(5);
  world.vote();
  for (let i = 0; i < 6; i++) world.append({ payloadBytes: 150 });
  world.truncate(9);
  world.append({ payloadBytes: 400 });
  world.append({ payloadBytes: 900 });
  world.timers.advance(5);
  world.truncate(3);
  world.vote();
  for (let i = 0; i < 4; i++) world.append({ payloadBytes: 300 });
  world.truncate(world.history.length);
  world.append();
}

describe('a power cut', () => {
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

  it('at every file-system call of append, roll, truncate and vote loses nothing that was promised', () => {
    expect(callsOfStory).toBeGreaterThan(120);
    for (let call = 0; call <= callsOfStory; call++) {
      for (let outcome = 0; outcome < 4; outcome++) {
        const random = seeded(call * 100 + outcome);
        const world = new CrashWorld(formatted, random, true);
        world.open();
        world.cutPowerAfter(call);
        untilPowerCut(() => story(world));
        world.crash(random);

        world.open();
        world.check();

        world.append({ payloadBytes: 500 });
        world.crash(random);
        world.open();
        world.check();
      }
    }
  });

  it('at any call while syncs take their time loses nothing, and neither does one more during recovery', () => {
    for (let seed = 1; seed <= 600; seed++) {
      const random = seeded(seed);
      const world = new CrashWorld(formatted, random, false);
      world.open();
      for (let life = 0; life < 3; life++) {
        world.cutPowerAfter(Math.floor(random() * 60));
        // A failed sync stops the process; what it wrote stays readable, and no later sync would make it durable.
        if (random() < 0.3) world.failSyncAfter(Math.floor(random() * 8));
        untilPowerCut(() => live(world, random));
        // Sometimes only the process dies, and the machine follows a little later.
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

  it('at every call of formatting leaves a directory that is formatted or can be formatted', async () => {
    let calls = 0;
    const count = new MemoryFileSystem({ random: seeded(1), onCall: () => void calls++ as undefined });
    await format(count);
    expect(calls).toBeGreaterThan(20);
    for (let cut = 0; cut <= calls; cut++) {
      for (let outcome = 0; outcome < 10; outcome++) {
        const random = seeded(cut * 100 + outcome);
        let left = cut;
        let fs = new MemoryFileSystem({
          random,
          onCall: () => {
            if (left-- === 0) throw new PowerCut();
            return undefined;
          },
        });
        let done = false;
        untilPowerCut(() => formatDirectory(fs, FORMAT, (result) => (done = result.kind === 'formatted')));
        fs = fs.crash(random, { random });

        const found = inspectDirectory(fs);
        expect(['empty', 'half-formatted', 'formatted']).toContain(found.kind);
        if (done) expect(found.kind).toBe('formatted');
        if (found.kind !== 'formatted') expect(await format(fs)).toEqual({ kind: 'formatted' });
        expect(openNow(fs).kind).toBe('opened');
      }
    }
  });
});

function live(world: CrashWorld, random: () => number): void {
  for (let step = 0; step < 40; step++) {
    const choice = random();
    if (choice < 0.5) world.append({ records: 1 + Math.floor(random() * 3), payloadBytes: Math.floor(random() * 250) });
    else if (choice < 0.75) world.completeOne();
    else if (choice < 0.85) world.timers.advance(5);
    else if (choice < 0.93) world.truncate(Math.floor(random() * (world.history.length + 1)));
    else world.vote();
  }
}
