/** Bytes of a UUID. */
const REQUEST_ID_BYTES = 16;

/** Whether it is a UUIDv7 (RFC 9562): the version and variant bits are right. */
export function isRequestId(bytes: Uint8Array): boolean {
  return bytes.length === REQUEST_ID_BYTES && bytes[6]! >> 4 === 7 && bytes[8]! >> 6 === 2;
}

/** The time that a UUIDv7 begins with, milliseconds since 1970. */
export function requestIdTimeMs(bytes: Uint8Array): number {
  let timeMs = 0;
  for (let at = 0; at < 6; at++) timeMs = timeMs * 256 + bytes[at]!;
  return timeMs;
}
