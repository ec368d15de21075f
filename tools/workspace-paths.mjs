// Where things lie: the root of the checkout, and the folder for what is costly to make and safe to delete.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the checkout's root. */
export const workspaceRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Absolute path of the cache: `.cache` in the checkout, or what QUORATE_CACHE names (so that several checkouts share one). */
export function cacheFolder(env = process.env) {
  return env.QUORATE_CACHE ? path.resolve(env.QUORATE_CACHE) : path.join(workspaceRoot, '.cache');
}
