import { register } from 'node:module';
import type * as simulationModule from '../simulation.js';
import { knownBugs } from './known-bugs.js';
import type { HookData } from './module-hook.js';

/** What a process that runs with one bug finds; `seed` is undefined when it finds nothing. */
export interface Finding {
  readonly title: string;
  readonly seed: number | undefined;
  /** Name of the check, or what the code itself said. */
  readonly foundBy: string;
  readonly isExpected: boolean;
  readonly wallMs: number;
}

/** Run as a program: bug (index), worlds it may hide in. Puts the bug back, runs worlds until one fails, prints the finding. */
const bug = Number(process.argv[2]);
const seeds = Number(process.argv[3]);
const { title, module, adjust, foundBy } = knownBugs[bug]!;
const data: HookData = { target: compiled(module), bugsModule: new URL('./known-bugs.js', import.meta.url).href, bug };
register(new URL('./module-hook.js', import.meta.url), { data });
process.stdout.write(`${JSON.stringify(await find())}\n`);

async function find(): Promise<Finding> {
  const { simulate } = (await import('../simulation.js')) as typeof simulationModule;
  const startedMs = Date.now();
  for (let seed = 1; seed <= seeds; seed++) {
    const outcome = simulate({ seed, adjust });
    if (outcome.kind === 'passed') continue;
    const { message, check } = outcome.failure;
    return { title, seed, foundBy: check ?? message.split('\n')[0]!, isExpected: foundBy.test(message), wallMs: Date.now() - startedMs };
  }
  return { title, seed: undefined, foundBy: 'nothing', isExpected: false, wallMs: Date.now() - startedMs };
}

/** `raft-core/vote` → the file that Node loads. */
function compiled(name: string): string {
  const [packageName, ...rest] = name.split('/');
  return new URL(`../../../${packageName}/dist/${rest.join('/')}.js`, import.meta.url).href;
}
