import { uuidFromBytes } from '@quorate/records';
import type { Uuid } from '@quorate/records';

/**
 * A random UUID (version 4). Its version bits keep it away from the reserved ids, and its text never begins with `-`,
 * which a command line would take for an option (Kafka avoids both too).
 *
 * @param random - uniform in [0, 1).
 */
export function randomUuid(random: () => number): Uuid {
  const bytes = new Uint8Array(16);
  for (let at = 0; at < 16; at += 4) {
    const word = Math.floor(random() * 0x1_0000_0000);
    bytes[at] = word >>> 24;
    bytes[at + 1] = word >>> 16;
    bytes[at + 2] = word >>> 8;
    bytes[at + 3] = word;
  }
  if (bytes[0]! >> 2 === 62) bytes[0]! &= 0x7f; // 62 is `-` in base64url
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return uuidFromBytes(bytes);
}

/**
 * A random UUID that is not taken.
 *
 * @throws when the random source keeps giving ids that are: it repeats itself, and waiting for another would be for ever.
 */
export function freshUuid(random: () => number, isTaken: (uuid: Uuid) => boolean): Uuid {
  for (let attempt = 0; attempt < 16; attempt++) {
    const uuid = randomUuid(random);
    if (!isTaken(uuid)) return uuid;
  }
  throw new Error('the random source repeats itself: sixteen UUIDs in a row were taken');
}
