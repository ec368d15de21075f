import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { NatsPlan } from './nats.js';

interface ProgramFinder {
  ensureProgram(name: string, options: { onProgress: (line: string) => void }): Promise<{ readonly path?: string; readonly missing?: string; readonly howTo?: string }>;
}

/**
 * Decides where NATS comes from: a server that was named; else `nats-server` on PATH, in the project's cache or built into
 * it; else Docker; else none, which costs latency and nothing else.
 */
export async function planNats(options: {
  readonly withNats: boolean;
  readonly portOffset: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly root: string;
  readonly print: (line: string) => void;
}): Promise<NatsPlan> {
  const given = options.env['QUORATE_NATS_URL'];
  if (given !== undefined && given !== '') return { kind: 'given', url: given };
  if (!options.withNats) return { kind: 'none', howTo: 'start without --no-nats' };
  const port = 4222 + options.portOffset;
  const httpPort = 8222 + options.portOffset;
  const url = `nats://127.0.0.1:${port}`;
  const finder = (await import(pathToFileURL(path.join(options.root, 'tools/programs.mjs')).href)) as ProgramFinder;
  const found = await finder.ensureProgram('nats-server', { onProgress: options.print });
  if (found.path !== undefined) return { kind: 'program', program: found.path, url, port, httpPort };
  if (spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 5000 }).status === 0) return { kind: 'docker', url, port, httpPort };
  return { kind: 'none', howTo: found.howTo ?? found.missing ?? 'put nats-server on PATH' };
}
