import { findProgram } from '../../../tools/programs.mjs';

/**
 * Path of a real program that a test wants. Where it is missing the reason is printed and undefined comes back, so that the
 * test can be skipped; under CI that is a failure.
 */
export function requireProgram(name: string): string | undefined {
  const found = findProgram(name);
  if (found.path !== undefined) return found.path;
  const reason = `${name} is missing (${found.missing}): ${found.howTo}`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return undefined;
}
