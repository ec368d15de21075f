import { violated } from '../violation.js';

/** The state machine gets every committed batch once, in offset order, or a snapshot in place of what it has not had yet. */
export class DeliveredInOrder {
  readonly #next = new Map<number, number>();

  restarted(nodeId: number, appliedOffset: number): void {
    this.#next.set(nodeId, appliedOffset);
  }

  /** A snapshot took the place of the image. */
  loaded(nodeId: number, endOffset: number): void {
    const next = this.#next.get(nodeId) ?? 0;
    if (endOffset <= next) violated('delivered-in-order', `node ${nodeId} is made to load a snapshot that ends at ${endOffset}, having been given ${next}`);
    this.#next.set(nodeId, endOffset);
  }

  delivered(nodeId: number, baseOffset: number, endOffset: number, highWatermark: number): void {
    const next = this.#next.get(nodeId) ?? 0;
    if (baseOffset !== next) violated('delivered-in-order', `node ${nodeId} is given a batch at ${baseOffset}, ${next} comes next`);
    if (endOffset > highWatermark) violated('delivered-in-order', `node ${nodeId} is given a batch up to ${endOffset} with high watermark ${highWatermark}`);
    this.#next.set(nodeId, endOffset);
  }

  claimed(nodeId: number, epochStartOffset: number): void {
    const next = this.#next.get(nodeId) ?? 0;
    if (next <= epochStartOffset) violated('delivered-in-order', `node ${nodeId} claims an epoch that starts at ${epochStartOffset}, having been given ${next}`);
  }
}
