/** A broken invariant is a bug: it throws, and the process that meets it stops rather than goes on with a wrong state. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`raft-node: ${message}`);
}

/** Ends a `switch` over a union; a member without a case does not compile. */
export function assertNever(value: never): never {
  throw new Error(`raft-node: unexpected ${JSON.stringify(value)}`);
}
