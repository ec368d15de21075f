import type { MetadataDelta } from '@quorate/metadata-image';

/** Tells each stable step of the image to whoever listens: watches, page caches. */
export class Deltas {
  readonly #listeners = new Set<(delta: MetadataDelta | undefined) => void>();

  subscribe(listener: (delta: MetadataDelta | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(delta: MetadataDelta): void {
    if (delta.changes.length === 0) return;
    for (const listener of [...this.#listeners]) listener(delta);
  }

  /** The image was started over: anything may have changed. */
  startedOver(): void {
    for (const listener of [...this.#listeners]) listener(undefined);
  }
}
