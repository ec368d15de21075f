import { violated } from '../violation.js';

/** A voter's fetch offset is its acknowledgement: it never names more than its own disk holds (design §5, order). */
export class FlushedBeforeAcknowledged {
  fetchSent(nodeId: number, fetchOffset: number, flushedEnd: number): void {
    if (fetchOffset > flushedEnd) violated('flushed-before-acknowledged', `node ${nodeId} fetches from ${fetchOffset} with ${flushedEnd} on disk`);
  }
}
