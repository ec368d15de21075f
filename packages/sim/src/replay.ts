import { commandFor, limitPlan } from './plan-limits.js';
import type { PlanLimits } from './plan-limits.js';
import { simulate } from './simulation.js';
import type { SimulationFailure } from './simulation.js';

/** Exit code of a failure: which kind it was can be told without reading. */
export const EXIT_CODE: Readonly<Record<SimulationFailure['kind'], number>> = { safety: 2, liveness: 3, crash: 4 };

/** Runs one world and prints its whole trace; returns the exit code. */
export function replay(seed: number, limits: PlanLimits): number {
  const outcome = simulate({ seed, adjust: (plan) => limitPlan(plan, limits), print: (line) => process.stdout.write(`${line}\n`) });
  if (outcome.kind === 'passed') {
    const { simulatedMs, events, acknowledged, committedOffset, traceHash } = outcome.result;
    process.stdout.write(`passed: ${simulatedMs} ms simulated, ${events} events, ${acknowledged} operations acknowledged, ${committedOffset} records committed, trace ${traceHash}\n`);
    return 0;
  }
  process.stdout.write(`\n${outcome.failure.kind} failure: ${outcome.failure.stack ?? outcome.failure.message}\nagain: ${commandFor(seed, limits)}\n`);
  return EXIT_CODE[outcome.failure.kind];
}

/** What is printed of a failed world when its whole trace was not: seed, commit, command, the last lines, what broke. */
export function describeFailure(failed: { readonly seed: number; readonly commit?: string; readonly command?: string; readonly failure: SimulationFailure }): string {
  const { kind, message, stack, lastLines } = failed.failure;
  const at = failed.commit === undefined ? '' : ` at commit ${failed.commit}`;
  const head = [`seed ${failed.seed}: ${kind} failure${at}`, `again: ${failed.command ?? commandFor(failed.seed)}`];
  return [...head, ...lastLines, kind === 'crash' ? (stack ?? message) : message, ''].join('\n');
}
