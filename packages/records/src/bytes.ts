/**
 * A copy that owns its memory, for bytes that outlive the frame they were read from. `Buffer.slice` does not copy and
 * `subarray` never does, hence this one way to do it.
 */
export function copyBytes(view: Uint8Array): Uint8Array {
  return Uint8Array.from(view);
}

/** Whether both hold the same bytes. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

/** All parts in one new array, in order. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
