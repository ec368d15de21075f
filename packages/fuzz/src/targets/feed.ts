import { FEED_HEADER, feedMac, readFeedMessage } from '@quorate/change-feed';
import { concatBytes, utf8Decode, utf8Encode, type EncodedBatch, type Epoch, type Offset } from '@quorate/records';
import type { FuzzTarget } from '../target.js';
import { repairBatches } from '../repair-batches.js';
import { batches, CLUSTER_ID } from './made.js';

const EPOCH = 3 as Epoch;
const KEYS = new Map([[EPOCH, new Uint8Array(32).fill(7)]]);
const SEPARATOR = 0;

/** A message of the feed: header lines, a zero byte, the body. */
export const feedTarget: FuzzTarget = {
  name: 'feed-message',
  shape: 'bytes',
  valid: (random) => message(random.pick(batches(random)), random.oneIn(6)),
  repair: (bytes, random) => {
    const at = bytes.indexOf(SEPARATOR);
    if (at < 0) return bytes;
    const body = Uint8Array.from(bytes.subarray(at + 1));
    return signed(headersOf(bytes.subarray(0, at)), random.oneIn(2) ? repairBatches(body, 0, random.oneIn(2)) : body);
  },
  decode: (bytes) => {
    const at = bytes.indexOf(SEPARATOR);
    const headers = headersOf(at < 0 ? bytes : bytes.subarray(0, at));
    const body = at < 0 ? bytes.subarray(bytes.length) : bytes.subarray(at + 1);
    return readFeedMessage((name) => headers.get(name), body, { clusterId: CLUSTER_ID, keys: KEYS }).kind === 'dropped' ? 'refused' : 'read';
  },
};

function message(batch: EncodedBatch, headerOnly: boolean): Uint8Array {
  const headers = new Map([
    [FEED_HEADER.baseOffset as string, String(batch.baseOffset)],
    [FEED_HEADER.endOffset, String(batch.endOffset)],
    [FEED_HEADER.leaderEpoch, String(EPOCH)],
    ...(headerOnly ? [[FEED_HEADER.body, 'header'] as const] : []),
  ]);
  return signed(headers, headerOnly ? new Uint8Array(0) : batch.bytes);
}

/** With the MAC that these headers and this body ask for, where the numbers in them can be signed at all. */
function signed(headers: Map<string, string>, body: Uint8Array): Uint8Array {
  const number = (name: string): number => Number(headers.get(name) ?? '');
  const [leaderEpoch, baseOffset, endOffset] = [number(FEED_HEADER.leaderEpoch), number(FEED_HEADER.baseOffset), number(FEED_HEADER.endOffset)];
  const key = KEYS.get(leaderEpoch as Epoch);
  if (key !== undefined && [baseOffset, endOffset].every((value) => Number.isSafeInteger(value) && value >= 0)) {
    const fields = { clusterId: CLUSTER_ID, leaderEpoch: leaderEpoch as Epoch, baseOffset: baseOffset as Offset, endOffset: endOffset as Offset, body };
    headers.set(FEED_HEADER.mac, feedMac(key, fields).toString('base64url'));
  }
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`).join('\r\n');
  return concatBytes([utf8Encode(lines), Uint8Array.of(SEPARATOR), body]);
}

function headersOf(bytes: Uint8Array): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of utf8Decode(bytes).split('\r\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) headers.set(line.slice(0, colon), line.slice(colon + 2));
  }
  return headers;
}
