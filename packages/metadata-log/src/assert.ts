/** Dies on a broken invariant: a bug of ours, never something the disk did. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`metadata log, broken invariant: ${message}`);
}
