/**
 * A smaller input that still does the same: pieces are left out while that holds, first large ones, then bytes; then bytes
 * become 0. Stops after `tries` attempts.
 */
export function shrink(bytes: Uint8Array, stillFails: (smaller: Uint8Array) => boolean, tries = 600): Uint8Array {
  let best = bytes;
  let left = tries;
  const attempt = (candidate: Uint8Array): boolean => {
    if (left <= 0) return false;
    left -= 1;
    if (!stillFails(candidate)) return false;
    best = candidate;
    return true;
  };
  for (let size = best.length >> 1; size >= 1 && left > 0; size = size >> 1) {
    for (let at = 0; at < best.length && left > 0; ) {
      if (!attempt(withoutRange(best, at, at + size))) at += size;
    }
  }
  for (let at = 0; at < best.length && left > 0; at++) {
    if (best[at] === 0) continue;
    const zeroed = Uint8Array.from(best);
    zeroed[at] = 0;
    attempt(zeroed);
  }
  return best;
}

function withoutRange(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const smaller = new Uint8Array(from + Math.max(0, bytes.length - to));
  smaller.set(bytes.subarray(0, from));
  if (to < bytes.length) smaller.set(bytes.subarray(to), from);
  return smaller;
}
