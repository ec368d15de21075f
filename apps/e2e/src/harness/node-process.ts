import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './require-program.js';

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface NodeProcessOptions {
  readonly name: string;
  readonly logFile: string;
  readonly command: readonly string[];
  /**
   * `own`: one of our programs, which stops when the channel to the test breaks, so that nothing outlives a test that was
   * killed. `guarded`: somebody else's, with a guard of ours that does it for it; signals go to both.
   */
  readonly kind: 'own' | 'guarded';
}

const GUARD = path.join(ROOT, 'tools/local-cluster/dist/guard.js');

/** One real process of a test, with its output in a file; ended by its own id only. */
export class NodeProcess {
  readonly name: string;
  readonly logFile: string;
  readonly #options: NodeProcessOptions;
  #child: ChildProcess | undefined;
  #exited: Promise<ProcessExit> | undefined;
  #isToEnd = false;

  constructor(options: NodeProcessOptions) {
    this.name = options.name;
    this.logFile = options.logFile;
    this.#options = options;
  }

  /**
   * @param options.mayEnd - true when the test expects it to end by itself: a start that is refused.
   */
  start(options: { readonly env?: NodeJS.ProcessEnv; readonly mayEnd?: boolean } = {}): void {
    const isGuarded = this.#options.kind === 'guarded';
    const [program, ...args] = isGuarded ? [process.execPath, GUARD, ...this.command] : this.command;
    if (program === undefined) throw new Error(`${this.name}: no command`);
    if (this.isRunning) throw new Error(`${this.name} is running`);
    const log = openSync(this.logFile, 'a');
    const child = spawn(program, args, { stdio: ['ignore', log, log, 'ipc'], env: options.env ?? process.env, detached: isGuarded });
    closeSync(log);
    this.#child = child;
    this.#isToEnd = options.mayEnd ?? false;
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
      child.once('error', () => resolve({ code: 127, signal: null }));
    });
  }

  get command(): readonly string[] {
    return this.#options.command;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** How it ended, if it did so without having been told to: a crash. */
  get crash(): ProcessExit | undefined {
    if (this.#child === undefined || this.isRunning || this.#isToEnd) return undefined;
    return { code: this.#child.exitCode, signal: this.#child.signalCode };
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`${this.name} was not started`);
    return this.#child.pid;
  }

  /** Sends the signal; returns at once. */
  signal(signal: NodeJS.Signals): void {
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') this.#isToEnd = true;
    if (this.#child?.pid === undefined || !this.isRunning) return;
    if (this.#options.kind === 'guarded') process.kill(-this.#child.pid, signal);
    else this.#child.kill(signal);
  }

  /** Settles when the process is gone. */
  async exited(): Promise<ProcessExit> {
    if (this.#exited === undefined) throw new Error(`${this.name} was not started`);
    return this.#exited;
  }

  async kill(): Promise<void> {
    if (!this.isRunning) return;
    this.signal('SIGKILL');
    // A stopped process dies of SIGKILL all the same.
    await this.exited();
  }

  async terminate(): Promise<ProcessExit> {
    this.signal('SIGTERM');
    return this.exited();
  }

  output(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** The end of its output, for the message of a failure. */
  lastLines(count = 15): string {
    return this.output().trimEnd().split('\n').slice(-count).join('\n');
  }
}
