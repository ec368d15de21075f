import { violated } from '../violation.js';

/** The state machine gets every committed batch once, in offset order, from the offset that its image had at start. */
export class DeliveredInOrder {
  readonly #next = new Map<number, number>();

  restarted(nodeId: number, appliedOffset: number): void {
    this.#next.set(nodeId, appliedOffset);
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
