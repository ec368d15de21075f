import { FAULT_KINDS } from '../fault-plan.js';
import type { FaultPlan } from '../fault-plan.js';
import { limitPlan } from '../plan-limits.js';
import type { NumericLimit, PlanLimits } from '../plan-limits.js';

/** So many worlds are tried at most. */
const MAX_RUNS = 150;
const SHORTEST_MS = 100;

/** Runs the world of the seed that is being shrunk, made so small; says whether it fails in the way it did before. */
export type StillFails = (limits: PlanLimits) => boolean;

/**
 * Finds a smaller world that fails in the same way: shorter, with fewer kinds of fault, clients, caches, brokers, voters.
 * Greedy: what can be left out alone is left out, until nothing more can.
 *
 * @param plan - of the whole world.
 */
export function shrink(plan: FaultPlan, stillFails: StillFails): PlanLimits {
  let runs = 0;
  let best: PlanLimits = {};
  const accept = (limits: PlanLimits): boolean => {
    if (runs >= MAX_RUNS) return false;
    runs += 1;
    if (!stillFails(limits)) return false;
    best = limits;
    return true;
  };
  let before: PlanLimits | undefined;
  while (before !== best && runs < MAX_RUNS) {
    before = best;
    shorten(plan, () => best, accept);
    dropFaults(plan, () => best, accept);
    for (const [name, smaller] of SMALLER) dropToSmallest(name, smaller, plan, () => best, accept);
  }
  return best;
}

type Accept = (limits: PlanLimits) => boolean;

const SMALLER: readonly [NumericLimit, readonly number[]][] = [
  ['clients', [1, 2]],
  ['caches', [0, 1]],
  ['brokers', [1]],
  ['voters', [1, 3]],
];

/** By halves, then by smaller and smaller steps. */
function shorten(plan: FaultPlan, best: () => PlanLimits, accept: Accept): void {
  for (const part of [0.5, 0.75, 0.9]) {
    for (;;) {
      const faultyMs = Math.floor(limitPlan(plan, best()).faultyMs * part);
      if (faultyMs < SHORTEST_MS || !accept({ ...best(), faultyMs })) break;
    }
  }
}

/** All of them, then one after the other. */
function dropFaults(plan: FaultPlan, best: () => PlanLimits, accept: Accept): void {
  const left = (): FaultPlan['kinds'] => {
    const { kinds, muted } = limitPlan(plan, best());
    return new Set(FAULT_KINDS.filter((kind) => kinds.has(kind) && !muted.has(kind)));
  };
  if (left().size > 0 && accept({ ...best(), faults: [] })) return;
  for (const kind of left()) accept({ ...best(), faults: [...left()].filter((other) => other !== kind) });
}

function dropToSmallest(name: NumericLimit, sizes: readonly number[], plan: FaultPlan, best: () => PlanLimits, accept: Accept): void {
  const count = { clients: 'clientCount', caches: 'cacheCount', brokers: 'brokerCount', voters: 'voterCount', faultyMs: 'faultyMs' } as const;
  for (const size of sizes) {
    if (size >= limitPlan(plan, best())[count[name]]) return;
    if (accept({ ...best(), [name]: size })) return;
  }
}
