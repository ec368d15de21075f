import type { Random } from './random.js';

/** A UUIDv7 of that time, as a client makes one. */
export function makeRequestId(random: Random, wallMs: number): Uint8Array {
  const bytes = random.bytes(16);
  let timeMs = Math.trunc(wallMs);
  for (let at = 5; at >= 0; at--) {
    bytes[at] = timeMs % 256;
    timeMs = Math.floor(timeMs / 256);
  }
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return bytes;
}
