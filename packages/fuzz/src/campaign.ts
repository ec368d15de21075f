import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Campaign } from './arguments.js';
import { toHexFile } from './hex-file.js';
import { runTarget, type FailingInput, type TargetResult } from './run-target.js';
import type { FuzzTarget } from './target.js';
import { TARGETS } from './targets/index.js';

/** Where failing inputs are kept; not in git. One that shall be tried for ever goes to packages/fuzz/testdata/<target>/. */
const KEPT_IN = join('test-results', 'fuzz');

/**
 * Gives each target its share of the time and prints what it did. Exit code 0 when nothing was found, 2 when something
 * was, 1 when no target has such a name.
 */
export function runCampaign({ targets, seconds, seed, from }: Campaign): number {
  const chosen = TARGETS.filter(({ name }) => targets.length === 0 || targets.some((part) => name === part || name.startsWith(`${part}-`)));
  if (chosen.length === 0) {
    process.stderr.write(`no target has such a name; there are: ${TARGETS.map(({ name }) => name).join(', ')}\n`);
    return 1;
  }
  process.stdout.write(`seed ${seed}, ${chosen.length} targets, ${seconds} s\n${row(['target', 'inputs', 'MiB', 'changed+read', 'refused', 'buffers/byte', 'heap/byte', 'findings'])}`);
  const failing: FailingInput[] = [];
  let inputs = 0;
  for (const target of chosen) {
    const result = runFor(target, { seed, from, ms: (seconds * 1000) / chosen.length });
    inputs += result.inputs;
    failing.push(...result.failing);
    process.stdout.write(row([target.name, result.inputs, mebibytes(result.bytes), result.changedAndRead, result.refused, result.buffersPerByte.toFixed(2), result.heapPerByte.toFixed(1), result.failing.length]));
  }
  for (const failure of failing) process.stdout.write(keep(failure));
  process.stdout.write(`${inputs} inputs, ${failing.length} findings\n`);
  return failing.length === 0 ? 0 : 2;
}

function runFor(target: FuzzTarget, { seed, from, ms }: { readonly seed: number; readonly from: number; readonly ms: number }): TargetResult {
  const until = performance.now() + ms;
  return runTarget({ target, seed, from, goesOn: () => performance.now() < until });
}

function keep(failure: FailingInput): string {
  mkdirSync(KEPT_IN, { recursive: true });
  const file = join(KEPT_IN, `${failure.target}-${failure.seed}-${failure.index}.hex`);
  writeFileSync(file, toHexFile(failure.bytes, [`${failure.kind}: ${failure.message}`, `seed ${failure.seed}, input ${failure.index}`]));
  return `${failure.target}: ${failure.kind}: ${failure.message}\n  ${failure.bytes.length} bytes, kept in ${file}\n  again: npm run fuzz -- --target ${failure.target} --replay ${file}\n`;
}

const WIDTHS = [26, 10, 8, 13, 10, 13, 10, 9];

function row(cells: readonly (string | number)[]): string {
  return `${cells.map((cell, index) => (index === 0 ? String(cell).padEnd(WIDTHS[0]!) : String(cell).padStart(WIDTHS[index]!))).join('')}\n`;
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
