import { createInterface } from 'node:readline';
import { planOf, simulate } from '../simulation.js';
import type { SimulationFailure, SimulationOutcome } from '../simulation.js';
import { limitPlan } from '../plan-limits.js';
import type { PlanLimits } from '../plan-limits.js';
import type { SeedRange } from './campaign-state.js';
import { shrink } from './shrink.js';

/** What a worker is told, one line of JSON each. */
export type WorkerOrder = ({ readonly kind: 'run' } & SeedRange) | { readonly kind: 'shrink'; readonly seed: number; readonly failure: SimulationFailure };

/** What a worker says, one line of JSON each: an outcome a seed, `done` after each `run`, `shrunk` after each `shrink`. */
export type WorkerReport =
  | { readonly kind: 'outcome'; readonly seed: number; readonly outcome: SimulationOutcome }
  | { readonly kind: 'done' }
  | { readonly kind: 'shrunk'; readonly seed: number; readonly limits: PlanLimits; readonly failure: SimulationFailure };

/** A process that runs the worlds it is told to, until its standard input ends. */
export async function runWorker(): Promise<void> {
  const say = (report: WorkerReport): void => void process.stdout.write(`${JSON.stringify(report)}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as WorkerOrder;
    if (order.kind === 'shrink') say(shrunk(order.seed, order.failure));
    else {
      for (let seed = order.from; seed < order.to; seed++) say({ kind: 'outcome', seed, outcome: simulate({ seed }) });
      say({ kind: 'done' });
    }
  }
}

function shrunk(seed: number, failure: SimulationFailure): WorkerReport {
  let smallest = failure;
  const limits = shrink(planOf(seed), (tried) => {
    const outcome = simulate({ seed, adjust: (plan) => limitPlan(plan, tried) });
    if (outcome.kind === 'passed' || signatureOf(outcome.failure) !== signatureOf(failure)) return false;
    smallest = outcome.failure;
    return true;
  });
  return { kind: 'shrunk', seed, limits, failure: smallest };
}

/** Two failures with one signature count as one: the same check, or the same words with other numbers. */
export function signatureOf({ kind, message, check }: SimulationFailure): string {
  const words = (message.split('\n')[0] ?? '').replaceAll(/\d+/g, '#').slice(0, 60);
  return `${kind} ${check ?? words}`;
}
