import { violated } from '../violation.js';

/** A running node's high watermark never falls. It is not on disk: a restart begins anew. */
export class HighWatermarkNeverFalls {
  readonly #highest = new Map<number, number>();

  restarted(nodeId: number): void {
    this.#highest.delete(nodeId);
  }

  observed(nodeId: number, highWatermark: number): void {
    const before = this.#highest.get(nodeId) ?? 0;
    if (highWatermark < before) violated('high-watermark-never-falls', `node ${nodeId} had ${before}, now ${highWatermark}`);
    this.#highest.set(nodeId, highWatermark);
  }
}
