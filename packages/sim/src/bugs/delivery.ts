/* eslint-disable @typescript-eslint/no-explicit-any -- each bug replaces a part of some module by hand */

import type { KnownBug } from './known-bug.js';
import { crowded } from './worlds-that-show.js';

/** From the log into images and caches. */
export const deliveryBugs: readonly KnownBug[] = [
  {
    title: 'a reader is sent what is not committed',
    module: 'raft-node/fetch-replies',
    change: (original) => ({
      ...original,
      FetchReplies: class extends original.FetchReplies {
        reply(effect: any): void {
          super['reply']({ ...effect, upTo: Number.MAX_SAFE_INTEGER });
        }
      },
    }),
    adjust: (plan) => ({ ...plan, cacheCount: 2 }),
    foundBy: /caches-are-prefixes/,
  },
  {
    title: 'a cache takes whatever the feed brings next',
    module: 'metadata-follower/feed-position',
    change: (original) => ({
      ...original,
      AppliedTail: class extends original.AppliedTail {
        place(batch: any): string {
          const placed = super['place'](batch) as string;
          return placed === 'gap' ? 'continues' : placed;
        }
      },
    }),
    adjust: (plan) => ({ ...plan, cacheCount: 2, feed: { isThere: true, lossProbability: 0.1, duplicateProbability: 0.1, maxDelayMs: 20 } }),
    foundBy: /caches-are-prefixes|does not continue/,
  },
  {
    title: 'the committed image is not told of aborted transactions',
    module: 'metadata-image/batch-fold',
    change: (original) => ({
      ...original,
      BatchFold: class extends original.BatchFold {
        get transactionOpen(): boolean {
          return false;
        }
      },
    }),
    foundBy: /transaction/i,
  },
  {
    title: 'a batch is delivered to the state machine twice',
    module: 'raft-node/deliver-committed',
    change: (original) => ({
      ...original,
      CommittedDelivery: class extends original.CommittedDelivery {
        constructor(options: any) {
          const { listener } = options;
          let times = 0;
          const twice = { ...bound(listener), committed: (batches: unknown, highWatermark: unknown) => {
            listener.committed(batches, highWatermark);
            if (times++ === 20) listener.committed(batches, highWatermark);
          } };
          super({ ...options, listener: twice });
        }
      },
    }),
    foundBy: /delivered-in-order/,
  },
  {
    title: 'leadership is claimed before everything committed was delivered',
    module: 'raft-node/deliver-committed',
    change: (original) => ({
      ...original,
      CommittedDelivery: class extends original.CommittedDelivery {
        readonly #listener: any;
        constructor(options: any) {
          super(options);
          this.#listener = options.listener;
        }
        leadershipReady({ epoch, epochStartOffset }: any): void {
          this.#listener.claim(epoch, epochStartOffset);
        }
      },
    }),
    foundBy: /delivered-in-order/,
  },
  {
    title: 'an uncommitted overlay outlives the records it was made from',
    module: 'metadata-image/overlay',
    change: (original) => ({
      ...original,
      Overlay: class extends original.Overlay {
        foldTo(): void {
          super['dropAll']();
        }
      },
    }),
    adjust: crowded,
    foundBy: /Topic|topic|Partition|broker/,
  },
];

function bound(listener: any): Record<string, unknown> {
  return {
    claim: listener.claim.bind(listener),
    renounce: listener.renounce.bind(listener),
    flushed: listener.flushed.bind(listener),
  };
}
