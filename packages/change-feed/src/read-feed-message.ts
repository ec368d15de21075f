import type { FeedDropReason } from '@quorate/metadata-follower';
import { copyBytes, readBatch, type EncodedBatch, type Epoch, type Offset } from '@quorate/records';
import { FEED_HEADER, isFeedMac } from './feed-message.js';

/** What came on the feed, as far as it can be believed. */
export type FeedMessageRead =
  | { readonly kind: 'batch'; readonly batch: EncodedBatch }
  /** The body was too large for the server: the batch has to be fetched. */
  | { readonly kind: 'announced'; readonly endOffset: Offset }
  | { readonly kind: 'dropped'; readonly reason: FeedDropReason };

/** What a message is checked against. */
export interface FeedIdentity {
  readonly clusterId: string;
  /** Keys of the MAC by leader epoch. */
  readonly keys: ReadonlyMap<Epoch, Uint8Array>;
}

/**
 * Reads one message of the feed. Anybody may publish on the subject, so all of it is doubted: only what carries the MAC of
 * a known epoch is read at all, and its batch must be the one that the headers name. Never throws.
 *
 * @param header - a header's value by its name; undefined or empty when it is not there.
 */
export function readFeedMessage(header: (name: string) => string | undefined, body: Uint8Array, { clusterId, keys }: FeedIdentity): FeedMessageRead {
  const claimed = header(FEED_HEADER.mac);
  if (claimed === undefined || claimed === '') return dropped('no-mac');
  const number = (name: string): number => Number(header(name) ?? '');
  const leaderEpoch = number(FEED_HEADER.leaderEpoch) as Epoch;
  const baseOffset = number(FEED_HEADER.baseOffset) as Offset;
  const endOffset = number(FEED_HEADER.endOffset) as Offset;
  if (![leaderEpoch, baseOffset, endOffset].every((value) => Number.isSafeInteger(value) && value >= 0)) return dropped('damaged');
  const key = keys.get(leaderEpoch);
  if (key === undefined) return dropped('unknown-epoch');
  if (!isFeedMac(key, { clusterId, leaderEpoch, baseOffset, endOffset, body }, claimed)) return dropped('wrong-mac');
  if (header(FEED_HEADER.body) === 'header') return { kind: 'announced', endOffset };
  const read = readBatch(copyBytes(body), 0);
  const isTheOneNamed = read.kind === 'batch' && read.nextAt === body.length && read.batch.baseOffset === baseOffset && read.batch.endOffset === endOffset;
  return isTheOneNamed ? { kind: 'batch', batch: read.batch } : dropped('damaged');
}

const dropped = (reason: FeedDropReason): FeedMessageRead => ({ kind: 'dropped', reason });
