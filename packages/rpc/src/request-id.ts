import { randomBytes } from 'node:crypto';
import { isRequestId } from '@quorate/controller-node';
import { invalidRequest } from './rpc-failure.js';

/** Randomness is fetched for so many ids at once: asking the system for each cost more than all the rest of a write here. */
const IDS_AT_ONCE = 256;
let randomness = new Uint8Array(0);
let used = 0;

/** A new UUIDv7 (RFC 9562): 48 bits of time, then randomness; 16 bytes. */
export function newRequestId(wallMs: number): Uint8Array {
  if (used === randomness.length) {
    randomness = new Uint8Array(randomBytes(16 * IDS_AT_ONCE));
    used = 0;
  }
  const bytes = Uint8Array.from(randomness.subarray(used, (used += 16)));
  for (let at = 5, rest = wallMs; at >= 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return bytes;
}

const TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Reads the caller's request id; makes one where it sent none.
 *
 * @throws RpcFailure (INVALID_ARGUMENT, field `request_id`) when it is no UUIDv7.
 */
export function requestIdOrNew(text: string, wallMs: number): Uint8Array {
  if (text === '') return newRequestId(wallMs);
  const bytes = TEXT.test(text) ? Uint8Array.from(Buffer.from(text.replaceAll('-', ''), 'hex')) : undefined;
  if (bytes === undefined || !isRequestId(bytes)) {
    throw invalidRequest([{ field: 'request_id', description: `must be a UUIDv7 such as 0190163d-8694-739b-aea5-966c26f8ad91, got ${JSON.stringify(text)}` }]);
  }
  return bytes;
}

/** The usual text form. */
export function requestIdText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.substring(0, 8)}-${hex.substring(8, 12)}-${hex.substring(12, 16)}-${hex.substring(16, 20)}-${hex.substring(20)}`;
}
