import { vi } from 'vitest';

/** Waits until a value is there; fails with what was waited for after `withinMs`. */
export async function until<T>(what: string, look: () => T | undefined | false, withinMs = 10_000): Promise<T> {
  let found: T | undefined | false;
  await vi.waitFor(
    () => {
      found = look();
      if (found === undefined || found === false) throw new Error(`waited ${withinMs} ms for ${what}`);
    },
    { timeout: withinMs, interval: 2 },
  );
  return found as T;
}
