import type { EncodedBatch } from '@quorate/records';
import type { FeedReceiver, MetadataFeed } from '@quorate/metadata-follower';
import type { Random } from './random.js';
import type { World } from './world.js';

/** How the feed fares. A feed without MACs in the simulator: what is forged or damaged never gets past them. */
export interface FeedSettings {
  /** Whether there is a feed at all. */
  readonly isThere: boolean;
  readonly lossProbability: number;
  readonly duplicateProbability: number;
  readonly maxDelayMs: number;
}

/** What the active controller publishes, and what of it reaches which cache, in whatever order. */
export class SimFeed {
  readonly #world: World;
  readonly #random: Random;
  readonly #settings: FeedSettings;
  readonly #receivers = new Set<FeedReceiver>();

  constructor(world: World, random: Random, settings: FeedSettings) {
    this.#world = world;
    this.#random = random;
    this.#settings = settings;
  }

  publish(batch: EncodedBatch): void {
    for (const receiver of this.#receivers) {
      if (this.#random.chance(this.#settings.lossProbability)) continue;
      this.#deliver(receiver, batch);
      if (this.#random.chance(this.#settings.duplicateProbability)) this.#deliver(receiver, batch);
    }
  }

  /** One cache's end of it; undefined when there is no feed. */
  connect(): MetadataFeed | undefined {
    if (!this.#settings.isThere) return undefined;
    let own: FeedReceiver | undefined;
    return {
      open: (receiver) => {
        own = receiver;
        this.#receivers.add(receiver);
        receiver.connected(true);
      },
      setKey: () => {},
      close: () => {
        if (own !== undefined) this.#receivers.delete(own);
      },
    };
  }

  #deliver(receiver: FeedReceiver, batch: EncodedBatch): void {
    this.#world.after(this.#random.between(0.1, this.#settings.maxDelayMs), () => {
      if (!this.#receivers.has(receiver)) return;
      if (this.#random.chance(0.01)) receiver.announced(batch.endOffset);
      else receiver.batch(batch);
    });
  }
}
