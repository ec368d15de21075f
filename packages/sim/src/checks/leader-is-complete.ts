import type { LogShadow, ShadowBatch } from '../log-shadow.js';
import { violated } from '../violation.js';

/**
 * Whoever wins an election holds everything that was committed in earlier epochs (Raft paper 5.4: leader completeness). A
 * node that learns late of its election in an old epoch need not hold what later epochs committed.
 */
export class LeaderIsComplete {
  /** The last batch committed in each epoch. */
  readonly #committed: { readonly inEpoch: number; readonly batch: ShadowBatch }[] = [];

  /** @param inEpoch - of the node that delivered it first: at least that of the leader that committed it. */
  committed(batch: ShadowBatch, inEpoch: number): void {
    this.#committed.push({ inEpoch, batch });
  }

  elected(leaderId: number, epoch: number, log: LogShadow): void {
    const last = this.#committed.findLast(({ inEpoch }) => inEpoch < epoch)?.batch;
    if (last === undefined || log.holds(last)) return;
    violated('leader-is-complete', `node ${leaderId} leads epoch ${epoch} with a log that ends at ${log.endOffset} and lacks what is committed up to ${last.endOffset}`);
  }
}
