import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Standard output and error are appended here. */
  readonly logFile: string;
  /** With an IPC channel, whose loss the child takes for SIGTERM: nothing outlives a launcher that was killed. */
  readonly ipc: boolean;
}

/**
 * One child in a process group of its own, so that Ctrl-C in the terminal reaches the launcher alone and the launcher
 * decides the order in which things stop.
 */
export class SupervisedProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  /** Settles when the process is gone; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  #end: ProcessEnd | undefined;

  constructor(command: ProcessCommand) {
    this.name = command.name;
    const log = openSync(command.logFile, 'a');
    this.#child = spawn(command.command, [...command.args], {
      detached: true,
      env: command.env,
      stdio: command.ipc ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
    });
    closeSync(log);
    this.ended = new Promise((resolve) => {
      const settle = (end: ProcessEnd): void => {
        this.#end = end;
        resolve(end);
      };
      this.#child.once('exit', (code, signal) => settle({ code, signal }));
      this.#child.once('error', () => settle({ code: 127, signal: null }));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Asks it to stop; waits until it is gone or the grace is over, then kills it. */
  async stop(graceMs: number): Promise<ProcessEnd> {
    if (this.#end !== undefined) return this.#end;
    this.#child.kill('SIGTERM');
    const killer = setTimeout(() => this.kill(), graceMs);
    const end = await this.ended;
    clearTimeout(killer);
    return end;
  }

  /** The whole group: a guard must not leave what it guards behind. */
  kill(): void {
    if (this.#child.pid === undefined || this.#end !== undefined) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // It has ended this very moment.
    }
  }
}
