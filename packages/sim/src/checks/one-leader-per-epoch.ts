import { violated } from '../violation.js';

/** No two nodes ever lead in one epoch (Raft paper 5.2: election safety). */
export class OneLeaderPerEpoch {
  readonly #leaders = new Map<number, number>();

  /** A node leads, or says that another does. */
  leads(nodeId: number, epoch: number): void {
    const known = this.#leaders.get(epoch);
    if (known === undefined) this.#leaders.set(epoch, nodeId);
    else if (known !== nodeId) violated('one-leader-per-epoch', `nodes ${known} and ${nodeId} both lead epoch ${epoch}`);
  }
}
