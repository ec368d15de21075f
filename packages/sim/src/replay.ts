import { simulate } from './simulation.js';
import type { SimulationFailure, SimulationOutcome } from './simulation.js';

/** Exit code of a failure: which kind it was can be told without reading. */
export const EXIT_CODE: Readonly<Record<SimulationFailure['kind'], number>> = { safety: 2, liveness: 3, crash: 4 };

/** Runs one world and prints its whole trace; returns the exit code. */
export function replay(seed: number): number {
  const outcome = simulate({ seed, print: (line) => process.stdout.write(`${line}\n`) });
  if (outcome.kind === 'passed') {
    const { simulatedMs, events, acknowledged, committedOffset, traceHash } = outcome.result;
    process.stdout.write(`passed: ${simulatedMs} ms simulated, ${events} events, ${acknowledged} operations acknowledged, ${committedOffset} records committed, trace ${traceHash}\n`);
    return 0;
  }
  process.stdout.write(`\n${outcome.failure.kind} failure: ${outcome.failure.stack ?? outcome.failure.message}\n${commandFor(seed)}\n`);
  return EXIT_CODE[outcome.failure.kind];
}

/** What is printed of a failed world when its whole trace was not: seed, command, what broke, the last lines. */
export function describeFailure(outcome: Extract<SimulationOutcome, { kind: 'failed' }>): string {
  const { kind, message, stack, lastLines } = outcome.failure;
  return [`seed ${outcome.seed}: ${kind} failure`, commandFor(outcome.seed), ...lastLines, kind === 'crash' ? (stack ?? message) : message, ''].join('\n');
}

export function commandFor(seed: number): string {
  return `again: npm run sim -- --seed ${seed}`;
}
