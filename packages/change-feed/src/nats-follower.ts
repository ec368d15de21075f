import type { Msg } from '@nats-io/transport-node';
import type { FeedDropReason, FeedReceiver, MetadataFeed } from '@quorate/metadata-follower';
import { copyBytes, readBatch, type Epoch, type Offset } from '@quorate/records';
import { FEED_HEADER, isFeedMac } from './feed-message.js';
import { NatsLink } from './nats-connection.js';
import { logSubject } from './subjects.js';

export interface NatsFollowerOptions {
  readonly servers: readonly string[];
  readonly name: string;
  readonly clusterId: string;
  readonly recoveryId: string | undefined;
  readonly onProblem: (message: string) => void;
}

/** Keys of so many epochs are kept: a new leader republishes the tail of the old one under its own key. */
const REMEMBERED_KEYS = 8;

/** Receives committed batches from NATS and lets through only what carries the MAC of a known epoch. */
export class NatsFollower implements MetadataFeed {
  readonly #options: NatsFollowerOptions;
  readonly #link: NatsLink;
  readonly #keys = new Map<Epoch, Uint8Array>();
  #receiver: FeedReceiver | undefined;
  #subscribed = false;

  constructor(options: NatsFollowerOptions) {
    this.#options = options;
    this.#link = new NatsLink({
      servers: options.servers,
      name: options.name,
      listener: {
        up: (connection) => {
          if (!this.#subscribed) {
            // The client subscribes again by itself when it reconnects.
            this.#subscribed = true;
            connection.subscribe(logSubject(options), { callback: (error, message) => (error === null ? this.#handle(message) : options.onProblem(error.message)) });
            void connection.closed().then(() => {
              this.#subscribed = false;
            });
          }
          // Only once the server has the subscription may a Fetch close the gap for good.
          connection.flush().then(
            () => this.#receiver?.connected(true),
            () => undefined,
          );
        },
        down: () => this.#receiver?.connected(false),
        problem: (message) => options.onProblem(message),
      },
    });
  }

  open(receiver: FeedReceiver): void {
    this.#receiver = receiver;
    this.#link.open();
  }

  setKey(epoch: Epoch, key: Uint8Array): void {
    this.#keys.set(epoch, copyBytes(key));
    for (const known of this.#keys.keys()) {
      if (this.#keys.size <= REMEMBERED_KEYS) break;
      this.#keys.delete(known);
    }
  }

  close(): void {
    this.#receiver = undefined;
    void this.#link.close();
  }

  #handle(message: Msg): void {
    const receiver = this.#receiver;
    if (receiver === undefined) return;
    const verdict = this.#check(message);
    if (typeof verdict === 'string') {
      receiver.dropped(verdict);
      return;
    }
    if (message.headers?.get(FEED_HEADER.body) === 'header') {
      receiver.announced(verdict.endOffset);
      return;
    }
    const read = readBatch(copyBytes(message.data), 0);
    if (read.kind !== 'batch' || read.nextAt !== message.data.length || read.batch.baseOffset !== verdict.baseOffset || read.batch.endOffset !== verdict.endOffset) {
      receiver.dropped('damaged');
      return;
    }
    receiver.batch(read.batch);
  }

  #check(message: Msg): FeedDropReason | { readonly baseOffset: Offset; readonly endOffset: Offset } {
    const claimed = message.headers?.get(FEED_HEADER.mac);
    if (claimed === undefined || claimed === '') return 'no-mac';
    const number = (name: string): number => Number(message.headers?.get(name) ?? '');
    const fields = {
      clusterId: this.#options.clusterId,
      leaderEpoch: number(FEED_HEADER.leaderEpoch) as Epoch,
      baseOffset: number(FEED_HEADER.baseOffset) as Offset,
      endOffset: number(FEED_HEADER.endOffset) as Offset,
      body: message.data,
    };
    const isOffset = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
    if (!isOffset(fields.leaderEpoch) || !isOffset(fields.baseOffset) || !isOffset(fields.endOffset)) return 'damaged';
    const key = this.#keys.get(fields.leaderEpoch);
    if (key === undefined) return 'unknown-epoch';
    return isFeedMac(key, fields, claimed) ? { baseOffset: fields.baseOffset, endOffset: fields.endOffset } : 'wrong-mac';
  }
}
