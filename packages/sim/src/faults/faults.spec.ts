import { describe, expect, it } from 'vitest';
import { FAULT_KINDS } from '../fault-plan.js';
import type { FaultKind, FaultPlan } from '../fault-plan.js';
import { simulate } from '../simulation.js';

/** A fault shows in what a world counted, or in its trace; a `fault NAME` is counted when it really happens. */
const EVIDENCE: Readonly<Partial<Record<FaultKind, string | RegExp>>> = {
  loss: 'messages lost',
  duplication: 'messages duplicated',
  reordering: 'messages overtaken',
  crash: /CRASH|KILL/,
  'crash-all': 'crashes',
  'graceful-stop': /STOP/,
  'fsync-error': /EXIT EIO.*|EIO: injected/,
  'read-error': /EIO: injected/,
  'disk-full': /raft.disk.full/,
  'foreign-disk': /refuses the disk: other-node/,
  'old-disk-image': /an old image of its disk is put back/,
  'wiped-disk': /WIPED/,
  'oversize-batch': /is told RECORD_LIST_TOO_LARGE/,
  'feed-loss': 'feed gaps',
  'feed-reordering': 'feed gaps',
};

/** Settings of a whole world, which show in nothing that is counted: how they come about is shown beside their own files. */
const SETTINGS: ReadonlySet<FaultKind> = new Set(['latency', 'clock-rate', 'torn-writes-512', 'torn-writes-4096']);

/** Nothing but this fault, often. */
function only(kind: FaultKind): (plan: FaultPlan) => FaultPlan {
  return (plan) => ({
    ...plan,
    kinds: new Set([kind]),
    isCalm: false,
    voterCount: 3,
    cacheCount: 1,
    meanBetweenFaultsMs: 150,
    maxFaultMs: 600,
    faultyMs: 6000,
    network: { ...plan.network, lossProbability: kind === 'loss' ? 0.05 : 0, duplicateProbability: kind === 'duplication' ? 0.05 : 0, reorderProbability: kind === 'reordering' ? 0.05 : 0 },
    feed: { isThere: true, lossProbability: kind === 'feed-loss' ? 0.3 : 0, duplicateProbability: 0, maxDelayMs: kind === 'feed-reordering' ? 50 : 1 },
    maxBatchBytes: 2000,
    thinkMs: 20,
  });
}

describe('a fault', () => {
  for (const kind of FAULT_KINDS.filter((each) => !SETTINGS.has(each))) {
    it(`of the kind ${kind} happens`, { timeout: 60_000 }, () => {
      const seeds = [5, 6, 7, 8, 9];

      expect(seeds.some((seed) => happensIn(seed, kind))).toBe(true);
    });
  }
});

function happensIn(seed: number, kind: FaultKind): boolean {
  const lines: string[] = [];
  const outcome = simulate({ seed, adjust: only(kind), print: (line) => lines.push(line) });
  if (outcome.kind === 'failed') throw new Error(outcome.failure.message);
  const evidence = EVIDENCE[kind] ?? `fault ${kind}`;
  return typeof evidence === 'string' ? (outcome.result.tallies[evidence] ?? 0) > 0 : evidence.test(lines.join('\n'));
}
