import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { CampaignArguments } from '../arguments.js';
import { commandFor } from '../plan-limits.js';
import type { PlanLimits } from '../plan-limits.js';
import { describeFailure } from '../replay.js';
import type { SimulationFailure } from '../simulation.js';
import { CampaignState } from './campaign-state.js';
import type { SeedRange } from './campaign-state.js';
import { addUp, countWorld, emptySummary, exitCodeOf, progressLine, reportOf, talliesLine } from './summary.js';
import { WorkerProcess } from './worker-process.js';

/** Seeds that a worker gets at a time: some seconds of work. */
const PIECE = 20;
const PROGRESS_MS = 5000;
/** When everything fails, a few are enough to shrink. */
const MAX_SHRUNK = 10;

/** Runs many worlds in several processes, prints progress and every failure; returns the exit code of the worst. */
export async function runCampaign(args: CampaignArguments): Promise<number> {
  const campaign = new Campaign(args);
  return campaign.run();
}

class Campaign {
  readonly #args: CampaignArguments;
  readonly #state: CampaignState;
  readonly #commit = currentCommit();
  readonly #startedMs = Date.now();
  readonly #here = emptySummary();
  readonly #pieces: SeedRange[];
  readonly #workers = new Set<WorkerProcess>();
  #lastPrintedMs = Date.now();
  #shrunk = 0;
  #interrupted = false;

  constructor(args: CampaignArguments) {
    this.#args = args;
    this.#state = CampaignState.open({ commit: this.#commit, from: args.from, seeds: args.seeds }, args.state);
    this.#pieces = this.#state.remaining(PIECE);
  }

  async run(): Promise<number> {
    const { args, summary } = { args: this.#args, summary: this.#state.summary };
    if (args.state !== undefined) this.#print(`state in ${args.state}: ${summary.worlds === 0 ? 'a new campaign' : `going on after ${summary.worlds} worlds`}; commit ${this.#commit}`);
    const interrupt = (): void => this.#interrupt();
    process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
    await Promise.all(Array.from({ length: Math.min(args.jobs, this.#pieces.length) }, () => this.#work()));
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    this.#state.save();
    this.#print(`${this.#progress()}\n${talliesLine(summary)}`);
    for (const { command } of summary.failures) this.#print(`failed: ${command}`);
    if (args.json !== undefined) writeFileSync(args.json, reportOf(summary, { from: args.from, seeds: args.seeds, wallMs: Date.now() - this.#startedMs, commit: this.#commit }));
    if (this.#interrupted) this.#print(args.state === undefined ? 'interrupted' : 'interrupted; the same command goes on from here');
    return this.#interrupted ? 130 : exitCodeOf(summary);
  }

  /** One worker after the other: a world that kills its process must not end the campaign. */
  async #work(): Promise<void> {
    let worker = this.#newWorker();
    for (let piece = this.#nextPiece(); piece !== undefined; piece = this.#nextPiece()) {
      if (!(await this.#runPiece(worker, piece))) {
        this.#workers.delete(worker);
        worker = this.#newWorker();
      }
    }
    worker.stop();
  }

  #newWorker(): WorkerProcess {
    const worker = new WorkerProcess();
    this.#workers.add(worker);
    return worker;
  }

  #nextPiece(): SeedRange | undefined {
    const { budgetSeconds } = this.#args;
    const isOver = this.#interrupted || (budgetSeconds !== undefined && Date.now() - this.#startedMs > budgetSeconds * 1000);
    return isOver ? undefined : this.#pieces.shift();
  }

  /** What a piece came to is added when it is whole, so that one begun again counts once. @returns whether the worker is still there. */
  async #runPiece(worker: WorkerProcess, { from, to }: SeedRange): Promise<boolean> {
    const counted = emptySummary();
    const failed: { readonly seed: number; readonly failure: SimulationFailure }[] = [];
    let next = from;
    const ended = await worker.run({ kind: 'run', from, to }, (report) => {
      if (report.kind !== 'outcome') return;
      next = report.seed + 1;
      countWorld(counted, report.outcome);
      if (report.outcome.kind === 'failed') failed.push({ seed: report.seed, failure: report.outcome.failure });
    });
    if (this.#interrupted) return true;
    if (ended !== undefined) {
      counted.worlds += 1;
      failed.push({ seed: next, failure: { kind: 'crash', check: undefined, message: ended, stack: undefined, lastLines: [] } });
      if (next + 1 < to) this.#pieces.unshift({ from: next + 1, to });
    }
    addUp(this.#state.summary, counted);
    addUp(this.#here, counted);
    this.#state.finished({ from, to: ended === undefined ? to : next + 1 });
    for (const { seed, failure } of failed) await this.#keep(worker, seed, failure);
    this.#report();
    return ended === undefined;
  }

  async #keep(worker: WorkerProcess, seed: number, failure: SimulationFailure): Promise<void> {
    let smallest: { limits: PlanLimits; failure: SimulationFailure } = { limits: {}, failure };
    if (this.#shrunk++ < MAX_SHRUNK) {
      await worker.run({ kind: 'shrink', seed, failure }, (report) => {
        if (report.kind === 'shrunk') smallest = report;
      });
    }
    const command = commandFor(seed, smallest.limits);
    const account = describeFailure({ seed, commit: this.#commit, command, failure: smallest.failure });
    this.#state.keepFailure({ seed, kind: failure.kind, message: smallest.failure.message, command }, account);
    this.#print(account);
  }

  #report(): void {
    if (Date.now() - this.#lastPrintedMs < PROGRESS_MS) return;
    this.#lastPrintedMs = Date.now();
    this.#state.save();
    this.#print(this.#progress());
  }

  #progress(): string {
    return progressLine(this.#state.summary, this.#here, this.#args.seeds, Date.now() - this.#startedMs);
  }

  #interrupt(): void {
    this.#interrupted = true;
    for (const worker of this.#workers) worker.stop();
  }

  #print(text: string): void {
    process.stdout.write(`${text}\n`);
  }
}

/** What is checked out; `+` when files differ from it. */
function currentCommit(): string {
  const git = (...args: string[]): string | undefined => {
    const { status, stdout } = spawnSync('git', args, { encoding: 'utf8' });
    return status === 0 ? stdout.trim() : undefined;
  };
  const commit = git('rev-parse', '--short=12', 'HEAD');
  if (commit === undefined) return 'unknown';
  return git('status', '--porcelain', '--untracked-files=no') === '' ? commit : `${commit}+`;
}
