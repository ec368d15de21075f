import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from './eventually.js';
import { isFree } from './free-ports.js';
import type { ProcessExit } from './node-process.js';
import { ROOT } from './require-program.js';

/** Every port that `npm start` takes for a small cluster; with an offset they all move. */
const DEFAULT_PORTS = [4222, 8222, 9464, 19000, 19010, 19091, 19092, 19093, 19100, 19101, 19102, 19103, 19191, 19192, 19193, 19201, 19202, 19203];
const READY_WITHIN_MS = 90_000;
const STOPPED_WITHIN_MS = 30_000;

/** `npm start` as a person types it in a terminal of their own: npm, and what it runs, are one process group. */
export class NpmStart {
  readonly home: string;
  readonly #npm: ChildProcess;
  readonly #exited: Promise<ProcessExit>;
  #said = '';

  constructor(args: readonly string[], home = mkdtempSync(path.join(tmpdir(), 'quorate-start-'))) {
    this.home = home;
    this.#npm = spawn('npm', ['start', '--', ...args], { cwd: ROOT, env: { ...process.env, QUORATE_HOME: home }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#npm.stdout?.on('data', (chunk: Buffer) => (this.#said += chunk.toString()));
    this.#npm.stderr?.on('data', (chunk: Buffer) => (this.#said += chunk.toString()));
    this.#exited = new Promise((resolve) => this.#npm.once('close', (code, signal) => resolve({ code, signal })));
  }

  /** All that was printed so far. */
  get said(): string {
    return this.#said;
  }

  /** Settles when npm is gone and all was printed. */
  exited(): Promise<ProcessExit> {
    return this.#exited;
  }

  untilReady(): Promise<void> {
    return this.untilItSays('Ctrl-C stops everything.', READY_WITHIN_MS);
  }

  untilItSays(text: string, withinMs = STOPPED_WITHIN_MS): Promise<void> {
    return eventually(
      `it says "${text}"`,
      withinMs,
      () => {
        if (!this.#said.includes(text)) throw new Error(this.#said);
      },
      () => (this.#npm.exitCode === null ? undefined : `npm has ended with ${this.#npm.exitCode}:\n${this.#said}`),
    );
  }

  /** To npm alone, as `kill` does. */
  signalNpm(signal: NodeJS.Signals): void {
    this.#npm.kill(signal);
  }

  /** Ctrl-C: the terminal sends it to every process of its group. */
  pressCtrlC(): void {
    process.kill(-(this.#npm.pid ?? 0), 'SIGINT');
  }

  /** The terminal is closed: its group gets SIGHUP, and nobody reads what is printed any more. */
  closeTerminal(): void {
    this.#npm.stdout?.destroy();
    this.#npm.stderr?.destroy();
    process.kill(-(this.#npm.pid ?? 0), 'SIGHUP');
  }

  /** The launcher alone: the parent of the controllers. */
  killLauncher(): void {
    const launcher = this.running().find(({ commandLine }) => /tools\/start\.mjs/.test(commandLine) && !commandLine.startsWith('npm'));
    if (launcher === undefined) throw new Error('no launcher is running');
    process.kill(launcher.pid, 'SIGKILL');
  }

  /** Every process that was started for this home, npm itself included: they all inherit QUORATE_HOME. */
  running(): readonly { readonly pid: number; readonly commandLine: string }[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          if (!readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(`QUORATE_HOME=${this.home}`)) return [];
          readlinkSync(`/proc/${name}/exe`);
          return [{ pid: Number(name), commandLine: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ') }];
        } catch {
          // Gone meanwhile, a zombie, or somebody else's.
          return [];
        }
      });
  }

  /** Its processes whose command line names that: one member of the cluster. */
  find(name: string): number {
    const found = this.running().find(({ commandLine }) => commandLine.includes(`/${name}.properties`));
    if (found === undefined) throw new Error(`${name} is not running`);
    return found.pid;
  }

  untilNothingRuns(): Promise<void> {
    return eventually('nothing is left running', STOPPED_WITHIN_MS, () => {
      const left = this.running();
      if (left.length > 0) throw new Error(left.map(({ pid, commandLine }) => `${pid} ${commandLine}`).join('\n'));
    });
  }

  hasLog(name: string): boolean {
    return existsSync(path.join(this.home, 'logs', `${name}.log`));
  }

  /** The log of one member. */
  log(name: string): string {
    return readFileSync(path.join(this.home, 'logs', `${name}.log`), 'utf8');
  }

  /** For the end of a test, whatever it came to. */
  cleanUp(): void {
    for (const { pid } of this.running()) process.kill(pid, 'SIGKILL');
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** An offset at which all ports of a small cluster are free, below the range of outgoing connections. */
export async function freePortOffset(): Promise<number> {
  for (let offset = 1500; offset < 13_000; offset += 137) {
    const free = await Promise.all(DEFAULT_PORTS.map((port) => isFree(port + offset)));
    if (free.every(Boolean)) return offset;
  }
  throw new Error('no port offset is free');
}

/** The default port that somebody else has, if any. */
export async function takenDefaultPort(): Promise<number | undefined> {
  for (const port of DEFAULT_PORTS) if (!(await isFree(port))) return port;
  return undefined;
}
