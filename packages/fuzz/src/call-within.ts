import { Script } from 'node:vm';

const KEY = Symbol.for('quorate.fuzz.call');
const script = new Script("globalThis[Symbol.for('quorate.fuzz.call')]()");

/** Runs `call`, and stops it wherever it is when it takes longer: an endless loop and an endless regular expression end too. */
export function callWithin(limitMs: number, call: () => void): 'done' | 'timed-out' {
  (globalThis as unknown as Record<symbol, unknown>)[KEY] = call;
  try {
    script.runInThisContext({ timeout: limitMs });
    return 'done';
  } catch (error) {
    if ((error as { readonly code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'timed-out';
    throw error;
  }
}
