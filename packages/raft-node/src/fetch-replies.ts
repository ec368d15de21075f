import type { Effect, FetchResponse, ReplyToken } from '@quorate/raft-core';
import type { EncodedBatch } from '@quorate/records';
import type { LogStore, Transport } from './ports.js';

type ReplyFetch = Extract<Effect, { kind: 'replyFetch' }>;
type Header = Omit<FetchResponse, 'batches'>;

/** What the feed of the active controller has to say to followers. */
export interface FeedPosition {
  /** Lower bound of what has been published. */
  publishedOffset(): FetchResponse['feedPublishedOffset'];
  /** Key of the HMAC of the present epoch. */
  key(): FetchResponse['feedKey'];
}

interface SharedRead {
  batches: readonly EncodedBatch[] | undefined;
  readonly waiting: { readonly token: ReplyToken; readonly header: Header }[];
}

const NO_BATCHES: readonly EncodedBatch[] = [];

/**
 * Answers fetches with data. Equal ranges of one step are read once and handed to the transport as the same array, so that
 * it can encode them once for all (a hundred parked observers wake at the same offset).
 */
export class FetchReplies {
  readonly #log: LogStore;
  readonly #transport: Transport;
  readonly #feed: FeedPosition | undefined;
  readonly #mayHaveFeedKey: (token: ReplyToken) => boolean;
  readonly #ofThisStep = new Map<string, SharedRead>();

  constructor(options: {
    log: LogStore;
    transport: Transport;
    feed: FeedPosition | undefined;
    /** The key goes to committed-only readers and voters alone. */
    mayHaveFeedKey: (token: ReplyToken) => boolean;
  }) {
    this.#log = options.log;
    this.#transport = options.transport;
    this.#feed = options.feed;
    this.#mayHaveFeedKey = options.mayHaveFeedKey;
  }

  reply(effect: ReplyFetch): void {
    const { token, from, upTo, maxBytes } = effect;
    const header = this.#withFeed(effect);
    if (from >= upTo) return this.#transport.reply(token, { ...header, batches: NO_BATCHES });
    const key = `${from}-${upTo}-${maxBytes}`;
    const shared = this.#ofThisStep.get(key);
    if (shared?.batches !== undefined) return this.#transport.reply(token, { ...header, batches: shared.batches });
    if (shared !== undefined) shared.waiting.push({ token, header });
    else this.#read(key, effect, header);
  }

  /** Answered without data: nothing is owed to that asker any more. */
  forget(token: ReplyToken): void {
    this.#mayHaveFeedKey(token);
  }

  /** Reads of one step are not shared with the next: the log may have changed in between. */
  endStep(): void {
    if (this.#ofThisStep.size > 0) this.#ofThisStep.clear();
  }

  #read(key: string, { token, from, upTo, maxBytes }: ReplyFetch, header: Header): void {
    const shared: SharedRead = { batches: undefined, waiting: [{ token, header }] };
    this.#ofThisStep.set(key, shared);
    const generation = this.#log.generation;
    this.#log.read(from, upTo, maxBytes, (read) => {
      // A truncation in between means that we no longer lead; bytes read after it are not what the header speaks of.
      shared.batches = this.#log.generation === generation ? read.batches : NO_BATCHES;
      for (const waiter of shared.waiting.splice(0)) this.#transport.reply(waiter.token, { ...waiter.header, batches: shared.batches });
    });
  }

  #withFeed(effect: ReplyFetch): Header {
    return {
      ...effect.response,
      feedPublishedOffset: this.#feed?.publishedOffset(),
      feedKey: this.#mayHaveFeedKey(effect.token) ? this.#feed?.key() : undefined,
    };
  }
}
