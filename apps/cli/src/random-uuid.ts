import { isReservedUuid, uuidFromBytes, type Uuid } from '@quorate/records';

/** A UUID as Kafka's tools make them: never reserved, and never starting with `-`, which a shell would take for a flag. */
export function makeUuid(randomBytes: (size: number) => Uint8Array): Uuid {
  for (;;) {
    const bytes = randomBytes(16);
    // Version 4, variant 1.
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const uuid = uuidFromBytes(bytes);
    if (!uuid.startsWith('-') && !isReservedUuid(uuid)) return uuid;
  }
}
