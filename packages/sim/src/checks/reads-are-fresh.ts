import { violated } from '../violation.js';

/** A read that asks for an offset is served at that offset or a later one, on whatever node (design §3). */
export class ReadsAreFresh {
  answered(nodeId: number, atLeastOffset: number, servedAt: number): void {
    if (servedAt < atLeastOffset) violated('reads-are-fresh', `node ${nodeId} answers a read of ${atLeastOffset} at ${servedAt}`);
  }
}
