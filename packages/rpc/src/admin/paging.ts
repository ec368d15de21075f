import { crc32c } from '@quorate/records';
import { invalidRequest } from '../rpc-failure.js';

/** Items of a page where the caller names no number. */
const DEFAULT_PAGE = 1000;
/** Larger wishes are cut to this (AIP-158). */
const LARGEST_PAGE = 10_000;

export interface PageLimits {
  readonly defaultSize: number;
  readonly largestSize: number;
}

const USUAL: PageLimits = { defaultSize: DEFAULT_PAGE, largestSize: LARGEST_PAGE };

/** Number of items for a page. @throws RpcFailure for a negative number. */
export function pageSize(asked: number, limits: PageLimits = USUAL): number {
  if (asked < 0) throw invalidRequest([{ field: 'page_size', description: `must be 0 or more, got ${asked}` }]);
  return asked === 0 ? limits.defaultSize : Math.min(asked, limits.largestSize);
}

/**
 * A token that says where the next page begins: the key of the last item of this one, under the name of the list and with a
 * checksum, so that a token of another list or a made-up one is refused and not misread.
 */
export function pageToken(list: string, lastKey: string): string {
  const body = Buffer.from(JSON.stringify([list, lastKey]));
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32c(body));
  return Buffer.concat([sum, body]).toString('base64url');
}

/** Key of the last item of the page before; undefined on the first page. @throws RpcFailure for a token that is not ours. */
export function keyAfter(list: string, token: string): string | undefined {
  if (token === '') return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const body = bytes.subarray(4);
  // Node's decoder passes over what is no base64url; a token with such additions is not one that we made.
  if (bytes.length < 5 || bytes.toString('base64url') !== token || bytes.readUInt32BE(0) !== crc32c(body)) throw wrongToken();
  const parts = parsedOrNothing(body.toString());
  if (!Array.isArray(parts) || parts[0] !== list || typeof parts[1] !== 'string') throw wrongToken();
  return parts[1];
}

/** Anybody can make a checksum: what it covers may still be no JSON. */
function parsedOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wrongToken(): Error {
  return invalidRequest([{ field: 'page_token', description: 'must be empty or the next_page_token of an earlier answer of this method' }]);
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken: string;
}

/** One page of a list that is sorted by its keys: from index `start`, before index `end`, at most `size` items. */
export function pageOf<T>(list: string, sorted: readonly T[], keyOf: (item: T) => string, range: { readonly start: number; readonly end: number; readonly size: number }): Page<T> {
  const stop = Math.min(range.start + range.size, range.end);
  const items = sorted.slice(range.start, stop);
  const last = items.at(-1);
  return { items, nextPageToken: stop < range.end && last !== undefined ? pageToken(list, keyOf(last)) : '' };
}
