import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../..');

interface Programs {
  findProgram(name: string): { readonly path: string } | { readonly missing: string; readonly howTo: string };
}

/**
 * Path of a real program that a test wants. Where it is missing the reason is printed and undefined comes back, so that the
 * test can be skipped; under CI that is a failure.
 */
export async function requireProgram(name: string): Promise<string | undefined> {
  const programs = (await import(pathToFileURL(path.join(ROOT, 'tools/programs.mjs')).href)) as Programs;
  const found = await programs.findProgram(name);
  if ('path' in found && found.path !== undefined) return found.path;
  const reason = `${name} is missing (${'missing' in found ? found.missing : ''}): ${'howTo' in found ? found.howTo : ''}`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return undefined;
}
