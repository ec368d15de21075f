import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BugsArguments } from '../arguments.js';
import { knownBugs } from './known-bugs.js';
import type { Finding } from './put-back.js';

/** A bug that keeps its process busy for longer counts as missed. */
const TIMEOUT_MS = 5 * 60_000;
/** Some bugs fill the memory: the process ends before the machine suffers. */
const MAX_HEAP_MB = 1024;

/** Puts the known bugs back one at a time, each in a process of its own, and prints what found it; 2 when one was missed. */
export async function runBugs({ only, jobs, seeds }: BugsArguments): Promise<number> {
  const chosen = knownBugs.map(({ title }, bug) => ({ title, bug })).filter(({ title }) => only === undefined || title.includes(only));
  const findings: (Finding | undefined)[] = chosen.map(() => undefined);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < chosen.length; at = next++) findings[at] = await findingOf(chosen[at]!, seeds);
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const found = findings.filter((finding) => finding !== undefined);
  process.stdout.write(tableOf(found));
  const missed = found.filter(({ isExpected }) => !isExpected).length;
  process.stdout.write(`${found.length - missed} of ${found.length} bugs found as they should be, each within ${seeds} worlds\n`);
  return missed === 0 ? 0 : 2;
}

function findingOf({ title, bug }: { readonly title: string; readonly bug: number }, seeds: number): Promise<Finding> {
  const program = fileURLToPath(new URL('./put-back.js', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [...process.execArgv, `--max-old-space-size=${MAX_HEAP_MB}`, program, String(bug), String(seeds)], { timeout: TIMEOUT_MS }, (error, stdout) => {
      if (error === null) resolve(JSON.parse(stdout) as Finding);
      else resolve({ title, seed: undefined, foundBy: `its process ended: ${error.message.split('\n').find((line) => line.includes('Error')) ?? error.message}`, isExpected: false, wallMs: 0 });
    });
  });
}

/** As Markdown, to be kept as it is. */
export function tableOf(findings: readonly Finding[]): string {
  const rows = findings.map(({ title, seed, foundBy, isExpected }) => [title, seed === undefined ? 'missed' : String(seed), `${foundBy.slice(0, 90)}${isExpected ? '' : ' (not expected)'}`]);
  const lines = [['bug put back', 'seed', 'found by'], ['---', '---', '---'], ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}
