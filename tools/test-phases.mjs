// The phases of `npm test`. Each runs alone, in this order, and gives its counts: { passed, failed: [name], skipped: [{ name, reason }] }.
// None goes through nx's cache: a result that was not produced now does not count.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { describeFailure, runStep } from './run-step.mjs';
import { workspaceRoot } from './workspace-paths.mjs';

const MINUTE_MS = 60_000;
/** A test run that is interrupted stops the clusters it has started. */
const STOP_WITHIN_MS = 30_000;
const CHECK_LIMIT_MS = 4 * MINUTE_MS;
const UNITS_LIMIT_MS = 8 * MINUTE_MS;
const SIM_LIMIT_MS = 8 * MINUTE_MS;
const E2E_LIMIT_MS = 12 * MINUTE_MS;

/** Where counts and logs of the last run lie; ignored by git. */
export const resultsFolder = path.join(workspaceRoot, 'test-results');

export const phaseNames = ['lint', 'units', 'sim', 'e2e'];

/** Name → how to run it. `options`: seeds (a number), projects (names of vitest projects; empty: all), e2e (parts of file names; empty: all). */
export const phases = { lint: runLint, units: runUnits, sim: runSimulator, e2e: runEndToEnd };

async function runLint() {
  const checks = [
    { name: 'generated code is fresh', args: ['tools/generate.mjs', '--check'] },
    { name: 'the tools that install, find programs and hold locks work', args: ['--test', 'tools/tools.test.mjs'] },
    { name: 'the documents say what is so', args: ['--test', 'tools/docs.test.mjs'] },
    { name: 'lint is clean, and every rule bites', args: ['tools/lint.mjs'] },
  ];
  const counts = { passed: 0, failed: [], skipped: [] };
  for (const { name, args } of checks) {
    const result = await runStep({ title: name, command: process.execPath, args, cwd: workspaceRoot, env: { ...process.env, NX_SKIP_NX_CACHE: 'true' }, timeoutMs: CHECK_LIMIT_MS });
    if (result.ok) counts.passed += 1;
    else {
      console.error(`${result.output.trimEnd()}\n${args.join(' ')} ${describeFailure(result, CHECK_LIMIT_MS)}`);
      counts.failed.push(name);
    }
  }
  return counts;
}

/** Rules beside their files, and the stories in testdata. */
function runUnits({ projects }) {
  return runVitest('units', projects.flatMap((name) => ['--project', name]), UNITS_LIMIT_MS);
}

/** Seeded simulations, by the simulator's own runner, in a process for each core. */
async function runSimulator({ seeds }) {
  const main = 'packages/sim/dist/main.js';
  if (!existsSync(path.join(workspaceRoot, main))) return { passed: 0, failed: [`${main} is missing: the simulator was not built`], skipped: [] };
  return runCounting('sim', (file) => [main, '--seeds', String(seeds), '--jobs', String(availableParallelism()), '--json', file], SIM_LIMIT_MS);
}

/** Real processes, NATS and disks: one file at a time, nothing beside it. */
async function runEndToEnd({ e2e }) {
  const config = ['vitest.e2e.config.ts', 'apps/e2e/vitest.e2e.config.ts'].find((file) => existsSync(path.join(workspaceRoot, file)));
  if (config === undefined) return { passed: 0, failed: ['vitest.e2e.config.ts is missing: the real-process tests cannot run'], skipped: [] };
  return runVitest('e2e', [...e2e, '--config', config, '--no-file-parallelism'], E2E_LIMIT_MS);
}

/**
 * `--update=none`: a missing golden file fails instead of being written; `--allowOnly=false`: a focused test fails instead
 * of hiding the others.
 */
function runVitest(name, args, limitMs) {
  const reporters = ['--reporter=default', `--reporter=${path.join(workspaceRoot, 'tools', 'counting-reporter.mjs')}`];
  return runCounting(name, () => ['node_modules/vitest/vitest.mjs', 'run', '--update=none', '--allowOnly=false', ...reporters, ...args], limitMs);
}

/** Runs a command that leaves its counts in a file. One that leaves none, or fails without naming a failure, is a failure itself. */
async function runCounting(name, argsFor, limitMs) {
  mkdirSync(resultsFolder, { recursive: true });
  const file = path.join(resultsFolder, `${name}.json`);
  rmSync(file, { force: true });
  const result = await runStep({
    title: name,
    command: process.execPath,
    args: argsFor(file),
    cwd: workspaceRoot,
    env: { ...process.env, QUORATE_TEST_COUNTS: file },
    shown: true,
    timeoutMs: limitMs,
    stopWithinMs: STOP_WITHIN_MS,
  });
  const counts = readCounts(file);
  if (counts === undefined) return { passed: 0, failed: [`${name} ${describeFailure(result, limitMs)} and left no counts`], skipped: [] };
  if (!result.ok && counts.failed.length === 0) counts.failed.push(`${name} ${describeFailure(result, limitMs)}`);
  return counts;
}

/** The simulator gives `failed` and `skipped` as lists too; a bare number is taken for that many unnamed ones. */
function readCounts(file) {
  let counts;
  try {
    counts = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
  if (!Number.isInteger(counts.passed)) return undefined;
  const list = (value, unnamed) => (Array.isArray(value) ? value : Array.from({ length: value ?? 0 }, unnamed));
  return {
    passed: counts.passed,
    failed: list(counts.failed, () => 'see above').map((item) => (typeof item === 'string' ? item : (item.name ?? JSON.stringify(item)))),
    skipped: list(counts.skipped, () => ({ name: 'unnamed', reason: 'no reason given' })),
  };
}
