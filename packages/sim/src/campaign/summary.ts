import { EXIT_CODE } from '../replay.js';
import type { SimulationFailure, SimulationOutcome } from '../simulation.js';

/** A world that failed, as it is kept. */
export interface FailedWorld {
  readonly seed: number;
  readonly kind: SimulationFailure['kind'];
  readonly message: string;
  /** Replays the smallest world that was found to fail in the same way. */
  readonly command: string;
}

/** What a campaign came to. */
export interface Summary {
  worlds: number;
  simulatedMs: number;
  events: number;
  acknowledged: number;
  readonly tallies: Record<string, number>;
  readonly failures: FailedWorld[];
}

export function emptySummary(): Summary {
  return { worlds: 0, simulatedMs: 0, events: 0, acknowledged: 0, tallies: {}, failures: [] };
}

/** Adds one world. Failures are added by whoever keeps them. */
export function countWorld(summary: Summary, outcome: SimulationOutcome): void {
  summary.worlds += 1;
  if (outcome.kind === 'failed') return;
  const { simulatedMs, events, acknowledged, tallies } = outcome.result;
  addUp(summary, { worlds: 0, simulatedMs, events, acknowledged, tallies, failures: [] });
}

/** Adds what another summary counted. */
export function addUp(summary: Summary, more: Readonly<Summary>): void {
  summary.worlds += more.worlds;
  summary.simulatedMs += more.simulatedMs;
  summary.events += more.events;
  summary.acknowledged += more.acknowledged;
  for (const [what, times] of Object.entries(more.tallies)) summary.tallies[what] = (summary.tallies[what] ?? 0) + times;
  summary.failures.push(...more.failures);
}

/** One line: how far it is and how fast. `here`: what this run did, without what an earlier one left. */
export function progressLine(total: Summary, here: Summary, planned: number, wallMs: number): string {
  const { worlds, failures, acknowledged } = total;
  const perWorld = (value: number): string => (here.worlds === 0 ? 0 : value / here.worlds).toFixed(0);
  return (
    `${worlds} of ${planned} worlds, ${failures.length} failed; ${(here.simulatedMs / 1000).toFixed(0)} s simulated in ${(wallMs / 1000).toFixed(1)} s ` +
    `(${(here.simulatedMs / Math.max(1, wallMs)).toFixed(0)} times real time), ${perWorld(here.events)} events and ${perWorld(wallMs)} ms a world, ${acknowledged} operations acknowledged`
  );
}

export function talliesLine({ tallies }: Summary): string {
  return Object.entries(tallies)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, times]) => `${what} ${times}`)
    .join(', ');
}

/** Counts as `npm test` reads them (passed, failed, skipped), and what was simulated. */
export function reportOf(summary: Summary, about: { readonly from: number; readonly seeds: number; readonly wallMs: number; readonly commit: string }): string {
  const failed = summary.failures.map(({ seed, kind, message, command }) => ({ name: `seed ${seed}: ${kind}: ${message.split('\n')[0]} (${command})` }));
  const counts = { passed: summary.worlds - failed.length, failed, skipped: [] };
  return `${JSON.stringify({ ...counts, ...about, ...summary }, undefined, 2)}\n`;
}

/** That of the worst failure; 0 when there is none. */
export function exitCodeOf({ failures }: Summary): number {
  for (const kind of ['safety', 'crash', 'liveness'] as const) if (failures.some((failure) => failure.kind === kind)) return EXIT_CODE[kind];
  return 0;
}
