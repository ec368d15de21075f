import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { TestContext } from 'vitest';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../..');

interface Programs {
  findProgram(name: string): { readonly path: string } | { readonly missing: string; readonly howTo: string };
}

/** A real program that a test wants, or why it is not there. */
export interface WantedProgram {
  /** Undefined where it is missing. */
  readonly path: string | undefined;
  /** Its path; where it is missing the test is skipped, and the report says why. */
  pathOrSkip(ctx: Pick<TestContext, 'skip'>): string;
}

/** Looks for a real program. Under CI a missing one is a failure: an Error that says how to get it. */
export async function wantProgram(name: string): Promise<WantedProgram> {
  const programs = (await import(pathToFileURL(path.join(ROOT, 'tools/programs.mjs')).href)) as Programs;
  const found = programs.findProgram(name);
  if ('path' in found) return { path: found.path, pathOrSkip: () => found.path };
  const reason = `${found.missing}; ${found.howTo}`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  return { path: undefined, pathOrSkip: (ctx) => ctx.skip(reason) };
}

/** As `wantProgram`, outside a test: the path, or undefined and a line that says why. */
export async function requireProgram(name: string): Promise<string | undefined> {
  const programs = (await import(pathToFileURL(path.join(ROOT, 'tools/programs.mjs')).href)) as Programs;
  const found = programs.findProgram(name);
  if ('path' in found) return found.path;
  console.warn(`${found.missing}; ${found.howTo}`);
  return undefined;
}
