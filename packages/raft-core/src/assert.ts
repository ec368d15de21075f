import { RaftInvariantError } from './errors.js';

/** Stops everything when an invariant does not hold: going on could lose what was acknowledged. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new RaftInvariantError(message);
}

/** Ends a `switch` over a union; a case that was forgotten does not compile. */
export function assertNever(value: never): never {
  throw new RaftInvariantError(`unexpected value ${JSON.stringify(value)}`);
}
