import { violated } from '../violation.js';

/** A replica votes for one candidate an epoch, crashes or not (Raft paper 5.2). A replica is a node with its disk. */
export class OneVotePerEpoch {
  readonly #votes = new Map<string, number>();

  granted(replica: string, epoch: number, candidateId: number): void {
    const key = `${replica}/${epoch}`;
    const before = this.#votes.get(key);
    if (before !== undefined && before !== candidateId) violated('one-vote-per-epoch', `replica ${replica} votes for ${before} and ${candidateId} in epoch ${epoch}`);
    this.#votes.set(key, candidateId);
  }
}
