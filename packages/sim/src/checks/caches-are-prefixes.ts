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

  startedOver(cacheId: number, reason: string): void {
    violated('caches-are-prefixes', `cache ${cacheId} starts over: ${reason}`);
  }
}
