import { afterEach, describe, expect, it, vi } from 'vitest';
import type { KnownBug } from '../src/bugs/known-bug.js';
import { knownBugs } from '../src/bugs/known-bugs.js';

/** A bug that the simulator does not find in so many worlds counts as missed here; `npm run sim -- --bugs` gives each 2,000. */
const MAX_SEEDS = 300;

/**
 * The checkers are checked: each of these bugs is put into the real code, one at a time, and the simulator must find it.
 */
describe('the simulator finds bugs that are put back', () => {
  afterEach(() => vi.resetModules());

  for (const bug of knownBugs) {
    it(bug.title, { timeout: 240_000 }, async () => {
      expect(await findingOf(bug)).toMatch(bug.foundBy);
    });
  }
});

/** What the first world that fails says. */
async function findingOf({ module, change, adjust }: KnownBug): Promise<string> {
  const [packageName, ...rest] = module.split('/');
  const file = `../../${packageName}/src/${rest.join('/')}.ts`;
  vi.resetModules();
  vi.doMock(file, async (importOriginal) => change(await importOriginal<Record<string, unknown>>()));
  const { simulate } = await import('../src/simulation.js');
  for (let seed = 1; seed <= MAX_SEEDS; seed++) {
    const outcome = simulate({ seed, adjust });
    if (outcome.kind === 'failed') {
      vi.doUnmock(file);
      return outcome.failure.message;
    }
  }
  vi.doUnmock(file);
  return `nothing found in ${MAX_SEEDS} worlds`;
}
