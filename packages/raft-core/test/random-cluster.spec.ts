import { expect, test } from 'vitest';
import { RandomWorld } from './random-world.js';

const SEEDS = Number(process.env['QUORATE_CORE_SEEDS'] ?? 200);
const ONLY = process.env['QUORATE_CORE_SEED'];
const TROUBLE_MS = 8000;

/** Replay one: QUORATE_CORE_SEED=17 npx vitest run --project raft-core test/random-cluster.spec.ts */
test('clusters under random trouble stay safe, and agree once the trouble ends', () => {
  const seeds = ONLY === undefined ? Array.from({ length: SEEDS }, (_, index) => index + 1) : [Number(ONLY)];
  let steps = 0;
  let committed = 0;
  let elections = 0;
  let installs = 0;
  let changes = 0;
  let updates = 0;
  let repairs = 0;
  let mismatches = 0;
  for (const seed of seeds) {
    const world = new RandomWorld(seed);
    try {
      world.run(TROUBLE_MS);
    } catch (error) {
      throw new Error(`seed ${seed} (${JSON.stringify(world.weather)}): ${String(error)}\n${world.trace.slice(-30).join('\n')}`, { cause: error });
    }
    steps += world.steps;
    committed += world.committedEnd;
    elections += world.elections;
    installs += world.installs;
    changes += world.changesDone;
    updates += world.updatesDone;
    repairs += world.repairs;
    mismatches += world.mismatches;
  }

  console.log(`core-level seeds: ${seeds.length}, steps ${steps}, records committed ${committed}, elections ${elections}, snapshots installed ${installs}, voter changes ${changes}, of addresses ${updates}, logs repaired ${repairs}, ${mismatches} of them found damaged while in use`);
  expect(steps).toBeGreaterThan(seeds.length * 1000);
  expect(committed).toBeGreaterThan(seeds.length * 10);
  if (ONLY !== undefined) return;
  expect(installs).toBeGreaterThan(seeds.length / 10);
  expect(changes).toBeGreaterThan(seeds.length / 2);
  expect(updates).toBeGreaterThan(seeds.length / 10);
  expect(repairs).toBeGreaterThan(seeds.length / 20);
  expect(mismatches).toBeGreaterThan(0);
}, 120_000);

/** KIP-996 in one sentence; Kafka's own simulation has the same property. */
test('a leader that a majority can reach is not disturbed by the rest', () => {
  const seeds = Array.from({ length: Math.min(SEEDS, 60) }, (_, index) => index + 1);
  for (const seed of seeds) {
    const world = new RandomWorld(seed);
    try {
      world.runWithMinorityCutOff();
    } catch (error) {
      throw new Error(`seed ${seed} (${JSON.stringify(world.weather)}): ${String(error)}`, { cause: error });
    }
  }

  expect(seeds.length).toBeGreaterThan(0);
}, 120_000);

/** As in etcd at Cloudflare, November 2020: a switch that passes some links and drops others, in one direction or both. */
test.each([3, 5])('with a half-broken switch between %i voters, a majority of which hear each other, leadership settles and goes on committing', (voters) => {
  let elections = 0;
  for (let seed = 1; seed <= Math.min(SEEDS, 60); seed += 1) {
    const world = new RandomWorld(seed, { voters, observers: 0, lossRate: 0, meanSnapshotMs: Infinity });
    try {
      elections += world.runWithBrokenSwitch();
    } catch (error) {
      throw new Error(`seed ${seed} (${JSON.stringify(world.weather)}): ${String(error)}\n${world.trace.slice(-30).join('\n')}`, { cause: error });
    }
  }
  // Where the leader stood outside, somebody else had to be elected.
  expect(elections).toBeGreaterThan(0);
}, 120_000);
