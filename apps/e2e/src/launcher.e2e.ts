import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from './harness/eventually.js';
import { ROOT } from './harness/require-program.js';

/** Far from the default ports and from those of other tests. */
const PORT_OFFSET = 21_000;
const homes: string[] = [];
afterEach(() => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
});

interface Started {
  readonly launcher: ChildProcess;
  readonly home: string;
  readonly said: () => string;
}

/** `npm start` as a person types it, small, in a folder of its own. */
function npmStart(home = mkdtempSync(path.join(tmpdir(), 'quorate-start-')), args: readonly string[] = []): Started {
  if (!homes.includes(home)) homes.push(home);
  const launcher = spawn('npm', ['start', '--', '--brokers', '1', '--port-offset', String(PORT_OFFSET), ...args], {
    cwd: ROOT,
    env: { ...process.env, QUORATE_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  launcher.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  launcher.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { launcher, home, said: () => text };
}

const untilReady = (started: Started): Promise<void> =>
  eventually('the cluster is ready', 90_000, () => {
    if (!started.said().includes('Quorate is ready')) throw new Error(started.said());
  });

/** Processes whose command line names this home: everything that the launcher started. */
function alive(home: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes(home));
}

const gone = (home: string): Promise<void> =>
  eventually('nothing is left running', 30_000, () => {
    const left = alive(home);
    if (left.length > 0) throw new Error(left.join('\n'));
  });

const exited = (launcher: ChildProcess): Promise<unknown> => (launcher.exitCode !== null || launcher.signalCode !== null ? Promise.resolve() : new Promise((resolve) => launcher.once('exit', resolve)));

describe.skipIf(process.platform !== 'linux')('npm start', () => {
  it('prints addresses and first commands, stops everything on SIGTERM to npm, and finds its data again', { timeout: 240_000 }, async () => {
    const first = npmStart();
    await untilReady(first);
    expect(first.said()).toContain('grpcurl -plaintext');
    expect(first.said()).toMatch(/node [123] leads epoch \d+/);
    expect(alive(first.home).length).toBeGreaterThanOrEqual(6);

    first.launcher.kill('SIGTERM');
    await exited(first.launcher);
    await gone(first.home);

    const second = npmStart(first.home);
    await untilReady(second);
    expect(second.said()).not.toContain('formatting cluster');
    process.kill(-(second.launcher.pid ?? 0), 'SIGINT');
    await exited(second.launcher);
    await gone(second.home);
    expect(second.said()).toContain('stopped');
  });

  it('leaves nothing running when the launcher is killed with SIGKILL', { timeout: 120_000 }, async () => {
    const started = npmStart();
    await untilReady(started);

    process.kill(-(started.launcher.pid ?? 0), 'SIGKILL');
    await gone(started.home);
  });

  it('refuses an even number of controllers and says what to write', async () => {
    const started = npmStart(undefined, ['--controllers', '2']);
    await exited(started.launcher);

    expect(started.launcher.exitCode).not.toBe(0);
    expect(started.said()).toContain('write 1, 3 or 5');
  });
});
