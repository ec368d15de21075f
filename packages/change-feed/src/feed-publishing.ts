import type { EncodedBatch, Epoch, Offset } from '@quorate/records';

export interface FeedPublishingOptions {
  /** How far back a new leader publishes again, in batches. */
  readonly maxBatches: number;
  /** Bound of what is kept for that, in bytes; the newest batch is kept all the same. */
  readonly maxBytes: number;
  /** Hands one batch to the feed; false when there is nobody to hand it to now. */
  readonly send: (batch: EncodedBatch, leaderEpoch: Epoch, key: Uint8Array) => boolean;
  /** 32 unpredictable bytes; asked once for each epoch that we lead. */
  readonly newKey: () => Uint8Array;
}

/**
 * Decides what goes onto the feed and when. Every controller keeps the last committed batches; the active one publishes
 * each as it commits, in order. A new leader goes on from the lower bound that it heard from the old one, so what the old
 * one may not have sent is sent again: duplicates are harmless, holes cost a Fetch. Nothing here is needed for safety.
 */
export class FeedPublishing {
  readonly #options: FeedPublishingOptions;
  #recent: EncodedBatch[] = [];
  #recentBytes = 0;
  #heardOffset = 0 as Offset;
  #leading: { readonly epoch: Epoch; readonly key: Uint8Array; nextOffset: Offset } | undefined;

  constructor(options: FeedPublishingOptions) {
    this.#options = options;
  }

  /** Lower bound of what is on the feed while we lead; undefined otherwise. */
  publishedOffset(): Offset | undefined {
    return this.#leading?.nextOffset;
  }

  /** Key of the epoch that we lead, for Fetch answers. */
  key(): Uint8Array | undefined {
    return this.#leading?.key;
  }

  /** A Fetch answer of the leader named its published offset. */
  heardPublishedOffset(offset: Offset): void {
    if (offset > this.#heardOffset) this.#heardOffset = offset;
  }

  /** Batches became committed here, in order. The bytes are kept, so they must be the caller's to give. */
  committed(batches: readonly EncodedBatch[]): void {
    for (const batch of batches) {
      this.#recent.push(batch);
      this.#recentBytes += batch.bytes.length;
    }
    this.#publish();
    this.#forgetOldest();
  }

  /** We lead this epoch from now on. */
  claim(epoch: Epoch): void {
    this.#leading = { epoch, key: this.#options.newKey(), nextOffset: this.#heardOffset };
    this.#publish();
  }

  renounce(): void {
    if (this.#leading !== undefined) this.heardPublishedOffset(this.#leading.nextOffset);
    this.#leading = undefined;
  }

  /** The feed's server is there (again): send what could not be sent. */
  serverUp(): void {
    this.#publish();
  }

  #publish(): void {
    const leading = this.#leading;
    if (leading === undefined) return;
    const first = this.#firstToSend(leading.nextOffset);
    for (let index = first; index < this.#recent.length; index += 1) {
      const batch = this.#recent[index];
      if (batch === undefined || !this.#options.send(batch, leading.epoch, leading.key)) return;
      leading.nextOffset = batch.endOffset;
    }
  }

  /** In the steady state only the newest batches are unsent: look from the end. */
  #firstToSend(nextOffset: Offset): number {
    let index = this.#recent.length;
    while (index > 0 && (this.#recent[index - 1]?.endOffset ?? 0) > nextOffset) index -= 1;
    return index;
  }

  /** Cuts in one go when a quarter too many have gathered, so that forgetting costs nothing per batch. */
  #forgetOldest(): void {
    const tooMany = this.#recent.length > this.#options.maxBatches * 1.25;
    const tooLarge = this.#recentBytes > this.#options.maxBytes * 1.25;
    if (!tooMany && !tooLarge) return;
    let first = Math.max(0, this.#recent.length - this.#options.maxBatches);
    let keptBytes = 0;
    for (let index = this.#recent.length - 1; index >= first; index -= 1) {
      keptBytes += this.#recent[index]?.bytes.length ?? 0;
      if (keptBytes > this.#options.maxBytes && index < this.#recent.length - 1) {
        first = index + 1;
        break;
      }
    }
    this.#recent = this.#recent.slice(first);
    this.#recentBytes = this.#recent.reduce((sum, batch) => sum + batch.bytes.length, 0);
  }
}
