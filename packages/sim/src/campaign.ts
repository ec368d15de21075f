import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { CampaignArguments } from './arguments.js';
import { describeFailure, EXIT_CODE } from './replay.js';
import { simulate } from './simulation.js';
import type { SimulationOutcome } from './simulation.js';

/** What a campaign came to; what `--json` writes. */
interface Summary {
  worlds: number;
  simulatedMs: number;
  events: number;
  acknowledged: number;
  readonly tallies: Record<string, number>;
  readonly failures: { readonly seed: number; readonly kind: string; readonly message: string }[];
}

/** Runs many worlds, in one process or several, prints progress and every failure; returns the exit code of the worst. */
export async function runCampaign(args: CampaignArguments): Promise<number> {
  const startedMs = Date.now();
  const summary: Summary = { worlds: 0, simulatedMs: 0, events: 0, acknowledged: 0, tallies: {}, failures: [] };
  let lastPrintedMs = startedMs;
  const take = (outcome: SimulationOutcome): void => {
    count(summary, outcome);
    if (args.asWorker) {
      process.stdout.write(`${JSON.stringify(outcome)}\n`);
      return;
    }
    if (outcome.kind === 'failed') process.stdout.write(`${describeFailure(outcome)}\n`);
    if (Date.now() - lastPrintedMs < 5000) return;
    lastPrintedMs = Date.now();
    process.stdout.write(`${progress(summary, args, startedMs)}\n`);
  };
  if (args.jobs === 1) runHere(args, startedMs, take);
  else await runInProcesses(args, take);
  if (!args.asWorker) process.stdout.write(`${progress(summary, args, startedMs)}\n${tallies(summary)}\n`);
  if (args.json !== undefined) writeFileSync(args.json, report(summary, args, Date.now() - startedMs));
  return args.asWorker ? 0 : exitCode(summary);
}

function runHere(args: CampaignArguments, startedMs: number, take: (outcome: SimulationOutcome) => void): void {
  for (let seed = args.from; seed < args.from + args.seeds; seed++) {
    if (args.budgetSeconds !== undefined && Date.now() - startedMs > args.budgetSeconds * 1000) return;
    take(simulate({ seed }));
  }
}

async function runInProcesses(args: CampaignArguments, take: (outcome: SimulationOutcome) => void): Promise<void> {
  const share = Math.ceil(args.seeds / args.jobs);
  const shares = Array.from({ length: args.jobs }, (_, job) => ({ from: args.from + job * share, seeds: Math.min(share, args.seeds - job * share) }));
  await Promise.all(shares.filter(({ seeds }) => seeds > 0).map(({ from, seeds }) => runWorker(from, seeds, args.budgetSeconds, take)));
}

function runWorker(from: number, seeds: number, budgetSeconds: number | undefined, take: (outcome: SimulationOutcome) => void): Promise<void> {
  const budget = budgetSeconds === undefined ? [] : ['--budget', String(budgetSeconds)];
  const worker = spawn(process.execPath, [...process.execArgv, process.argv[1]!, '--worker', '--seeds', String(seeds), '--from', String(from), ...budget], { stdio: ['ignore', 'pipe', 'inherit'] });
  let rest = '';
  worker.stdout.setEncoding('utf8');
  worker.stdout.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) take(JSON.parse(line) as SimulationOutcome);
  });
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('close', (code, signal) => (code === 0 ? resolve() : reject(new Error(`the worker for seeds from ${from} ended with ${code ?? signal}`))));
  });
}

function count(summary: Summary, outcome: SimulationOutcome): void {
  summary.worlds += 1;
  if (outcome.kind === 'failed') {
    summary.failures.push({ seed: outcome.seed, kind: outcome.failure.kind, message: outcome.failure.message });
    return;
  }
  summary.simulatedMs += outcome.result.simulatedMs;
  summary.events += outcome.result.events;
  summary.acknowledged += outcome.result.acknowledged;
  for (const [what, times] of Object.entries(outcome.result.tallies)) summary.tallies[what] = (summary.tallies[what] ?? 0) + times;
}

function progress({ worlds, simulatedMs, events, acknowledged, failures }: Summary, args: CampaignArguments, startedMs: number): string {
  const wallMs = Math.max(1, Date.now() - startedMs);
  return (
    `${worlds} of ${args.seeds} worlds, ${failures.length} failed; ${(simulatedMs / 1000).toFixed(0)} s simulated in ${(wallMs / 1000).toFixed(1)} s ` +
    `(${(simulatedMs / wallMs).toFixed(0)} times real time), ${(events / worlds || 0).toFixed(0)} events and ${(wallMs / worlds || 0).toFixed(0)} ms a world, ${acknowledged} operations acknowledged`
  );
}

/** Counts as `npm test` reads them (passed, failed, skipped), and what was simulated. */
function report(summary: Summary, { from, seeds }: CampaignArguments, wallMs: number): string {
  const failed = summary.failures.map(({ seed, kind, message }) => ({ name: `seed ${seed}: ${kind}: ${message.split('\n')[0]}` }));
  const counts = { passed: summary.worlds - failed.length, failed, skipped: [] };
  return `${JSON.stringify({ ...counts, from, seeds, wallMs, ...summary }, undefined, 2)}\n`;
}

function tallies({ tallies: counted }: Summary): string {
  return Object.entries(counted)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, times]) => `${what} ${times}`)
    .join(', ');
}

function exitCode({ failures }: Summary): number {
  for (const kind of ['safety', 'crash', 'liveness'] as const) if (failures.some((failure) => failure.kind === kind)) return EXIT_CODE[kind];
  return 0;
}
