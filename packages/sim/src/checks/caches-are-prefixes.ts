import type { ShadowBatch } from '../log-shadow.js';
import { violated } from '../violation.js';

/**
 * What a cache has applied is exactly a prefix of the committed log, whatever the feed loses, repeats or reorders; and with
 * a feed that tells no lies it never has to start over.
 */
export class CachesArePrefixes {
  readonly #next = new Map<number, number>();

  restarted(cacheId: number): void {
    this.#next.set(cacheId, 0);
  }

  /** @param committed - what the log committed at that offset; undefined when nothing is committed there. */
  applied(cacheId: number, batch: ShadowBatch, committed: ShadowBatch | undefined): void {
    const next = this.#next.get(cacheId) ?? 0;
    if (batch.baseOffset !== next) violated('caches-are-prefixes', `cache ${cacheId} applies a batch at ${batch.baseOffset}, ${next} comes next`);
    if (committed?.checksum !== batch.checksum) {
      violated('caches-are-prefixes', `cache ${cacheId} applies a batch at ${batch.baseOffset} that ${committed === undefined ? 'is not committed' : 'differs from the committed one'}`);
    }
    this.#next.set(cacheId, batch.endOffset);
  }

  /**
   * @param snapshot - where it ends, and the checksum of the batch that ends there.
   * @param committed - the batch that the log committed there; undefined when none ends there.
   */
  loaded(cacheId: number, snapshot: { readonly endOffset: number; readonly checksum: number }, committed: ShadowBatch | undefined): void {
    const next = this.#next.get(cacheId) ?? 0;
    if (snapshot.endOffset <= next) violated('caches-are-prefixes', `cache ${cacheId} loads a snapshot that ends at ${snapshot.endOffset}, having applied ${next}`);
    if (committed?.checksum !== snapshot.checksum) violated('caches-are-prefixes', `cache ${cacheId} loads a snapshot that ends at ${snapshot.endOffset}, where ${committed === undefined ? 'no committed batch ends' : 'another batch is committed'}`);
    this.#next.set(cacheId, snapshot.endOffset);
  }

  startedOver(cacheId: number, reason: string): void {
    violated('caches-are-prefixes', `cache ${cacheId} starts over: ${reason}`);
  }
}
