import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from './until.js';

/** A real nats-server on a free port of loopback, which can be killed and come back on the same port. */
export class NatsServer {
  readonly #program: string;
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'quorate-nats-'));
  #process: ChildProcess | undefined;
  port = -1;

  constructor(program: string) {
    this.#program = program;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** @param config - lines of a nats-server configuration file. */
  async start(config = ''): Promise<void> {
    const file = path.join(this.#folder, 'nats.conf');
    // The server keeps the old file when it was killed.
    for (const name of this.#portsFiles()) rmSync(path.join(this.#folder, name));
    writeFileSync(file, `host: 127.0.0.1\nport: ${this.port}\nports_file_dir: ${JSON.stringify(this.#folder)}\n${config}\n`);
    const child = spawn(this.#program, ['-c', file], { stdio: 'ignore' });
    this.#process = child;
    const urls = await until('nats-server to listen', () => this.#announcedPorts());
    this.port = Number(new URL(urls[0] ?? '').port);
  }

  /** At once, as a crash would. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** Stops all that it does, connections stay open: a machine that hangs. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }
  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async remove(): Promise<void> {
    this.thaw();
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #portsFiles(): string[] {
    return readdirSync(this.#folder).filter((name) => name.endsWith('.ports'));
  }

  #announcedPorts(): string[] | undefined {
    const [name] = this.#portsFiles();
    if (name === undefined) return undefined;
    try {
      return (JSON.parse(readFileSync(path.join(this.#folder, name), 'utf8')) as { nats: string[] }).nats;
    } catch {
      return undefined;
    }
  }
}
