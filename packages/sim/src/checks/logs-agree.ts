import type { ShadowBatch } from '../log-shadow.js';
import { violated } from '../violation.js';

/**
 * What one node delivers as committed is what every other does (Raft paper 5.4.3: state machine safety): at each offset
 * there is one batch for ever. Holds the committed log as it was first seen.
 */
export class LogsAgree {
  readonly #committed = new Map<number, ShadowBatch>();
  readonly #byEnd = new Map<number, ShadowBatch>();
  #endOffset = 0;

  /** End of what any node has seen committed. */
  get endOffset(): number {
    return this.#endOffset;
  }

  /** The committed batch that begins there. */
  batchAt(baseOffset: number): ShadowBatch | undefined {
    return this.#committed.get(baseOffset);
  }

  /** The committed batch that ends there. */
  batchBefore(endOffset: number): ShadowBatch | undefined {
    return this.#byEnd.get(endOffset);
  }

  delivered(nodeId: number, batch: ShadowBatch): void {
    const known = this.#committed.get(batch.baseOffset);
    if (known === undefined) {
      if (batch.baseOffset !== this.#endOffset) violated('logs-agree', `node ${nodeId} commits a batch at ${batch.baseOffset} across one that ends at ${this.#endOffset}`);
      this.#committed.set(batch.baseOffset, batch);
      this.#byEnd.set(batch.endOffset, batch);
      this.#endOffset = batch.endOffset;
    } else if (known.checksum !== batch.checksum) {
      violated('logs-agree', `node ${nodeId} commits another batch at ${batch.baseOffset} (epoch ${batch.epoch}) than was committed before (epoch ${known.epoch})`);
    }
  }
}
