import type { Msg } from '@nats-io/transport-node';
import type { FeedReceiver, MetadataFeed } from '@quorate/metadata-follower';
import { copyBytes, type Epoch } from '@quorate/records';
import { NatsLink } from './nats-connection.js';
import { readFeedMessage } from './read-feed-message.js';
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
    const read = readFeedMessage((name) => message.headers?.get(name), message.data, { clusterId: this.#options.clusterId, keys: this.#keys });
    switch (read.kind) {
      case 'batch':
        return receiver.batch(read.batch);
      case 'announced':
        return receiver.announced(read.endOffset);
      case 'dropped':
        return receiver.dropped(read.reason);
    }
  }
}
