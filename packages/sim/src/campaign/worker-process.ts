import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { WorkerOrder, WorkerReport } from './worker.js';

/** A worker that says nothing for so long is in a loop. */
const SILENCE_MS = 180_000;

/** One worker as its parent sees it: takes one order at a time. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  #rest = '';
  #order: { readonly report: (report: WorkerReport) => void; readonly settle: (ended: string | undefined) => void } | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #ended: string | undefined;

  constructor() {
    this.#child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, '--worker'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout!.setEncoding('utf8');
    this.#child.stdout!.on('data', (chunk: string) => this.#read(chunk));
    this.#child.stdin!.on('error', () => {});
    this.#child.on('error', (error) => this.#end(error.message));
    this.#child.on('close', (code, signal) => this.#end(`the worker ended with ${code ?? signal}`));
  }

  /**
   * Carries out one order; `report` gets everything the worker says about it.
   * @returns undefined when it was carried out, else why the worker is gone.
   */
  run(order: WorkerOrder, report: (report: WorkerReport) => void): Promise<string | undefined> {
    if (this.#ended !== undefined) return Promise.resolve(this.#ended);
    return new Promise((settle) => {
      this.#order = { report, settle };
      this.#watch();
      this.#child.stdin!.write(`${JSON.stringify(order)}\n`);
    });
  }

  stop(): void {
    clearTimeout(this.#watchdog);
    this.#child.kill('SIGKILL');
  }

  #read(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) {
      this.#watch();
      const report = JSON.parse(line) as WorkerReport;
      this.#order?.report(report);
      if (report.kind !== 'outcome') this.#settle(undefined);
    }
  }

  #watch(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      this.#end(`the worker said nothing for ${SILENCE_MS / 1000} s`);
      this.stop();
    }, SILENCE_MS);
  }

  #end(reason: string): void {
    this.#ended ??= reason;
    this.#settle(this.#ended);
  }

  #settle(ended: string | undefined): void {
    clearTimeout(this.#watchdog);
    const order = this.#order;
    this.#order = undefined;
    order?.settle(ended);
  }
}
