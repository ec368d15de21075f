import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One real process of a test, with its output in a file; ended by its own id only. */
export class NodeProcess {
  readonly name: string;
  readonly logFile: string;
  readonly #command: readonly string[];
  #child: ChildProcess | undefined;
  #exited: Promise<ProcessExit> | undefined;

  constructor(options: { readonly name: string; readonly logFile: string; readonly command: readonly string[] }) {
    this.name = options.name;
    this.logFile = options.logFile;
    this.#command = options.command;
  }

  start(env: NodeJS.ProcessEnv = process.env): void {
    const [program, ...args] = this.#command;
    if (program === undefined) throw new Error(`${this.name}: no command`);
    if (this.isRunning) throw new Error(`${this.name} is running`);
    const log = openSync(this.logFile, 'a');
    const child = spawn(program, args, { stdio: ['ignore', log, log], env });
    closeSync(log);
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
      child.once('error', () => resolve({ code: 127, signal: null }));
    });
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`${this.name} was not started`);
    return this.#child.pid;
  }

  /** Sends the signal; returns at once. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
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
}
