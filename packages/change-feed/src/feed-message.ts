import { createHmac, timingSafeEqual } from 'node:crypto';
import type { EncodedBatch, Epoch, Offset } from '@quorate/records';

/** Names of the headers that a batch carries on the feed. */
export const FEED_HEADER = {
  baseOffset: 'Quorate-Base-Offset',
  endOffset: 'Quorate-End-Offset',
  /** Epoch of the leader that published, whose key made the MAC; not always the batch's own. */
  leaderEpoch: 'Quorate-Leader-Epoch',
  previousChecksum: 'Quorate-Previous-Checksum',
  mac: 'Quorate-Mac',
  /** "header": the body was too large for the server and has to be fetched. */
  body: 'Quorate-Body',
  messageId: 'Nats-Msg-Id',
  contentType: 'Content-Type',
} as const;

export interface FeedFields {
  readonly clusterId: string;
  readonly leaderEpoch: Epoch;
  readonly baseOffset: Offset;
  readonly endOffset: Offset;
  readonly body: Uint8Array;
}

/** HMAC-SHA-256 over cluster id, epoch, offsets and body; each field is written with its length, so none can slide into the next. */
export function feedMac(key: Uint8Array, fields: FeedFields): Buffer {
  const cluster = Buffer.from(fields.clusterId, 'utf8');
  const head = Buffer.alloc(4 + 24);
  head.writeUInt32BE(cluster.length, 0);
  head.writeBigUInt64BE(BigInt(fields.leaderEpoch), 4);
  head.writeBigUInt64BE(BigInt(fields.baseOffset), 12);
  head.writeBigUInt64BE(BigInt(fields.endOffset), 20);
  return createHmac('sha256', key).update(head).update(cluster).update(fields.body).digest();
}

export function isFeedMac(key: Uint8Array, fields: FeedFields, claimed: string): boolean {
  const expected = feedMac(key, fields);
  const given = Buffer.from(claimed, 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** `<cluster>:<the batch's own epoch>:<base offset>`: a republished tail has the ids of its first publication. */
export function messageId(clusterToken: string, batch: EncodedBatch): string {
  return `${clusterToken}:${batch.epoch}:${batch.baseOffset}`;
}
