import { violated } from '../violation.js';

/** The election state that a node has on disk. */
export interface PersistedVote {
  readonly epoch: number;
  readonly votedId: number | undefined;
}

/** A vote, for oneself or another, is on disk before anybody hears of it (kraft.md §1.1). */
export class VotePersistedBeforeSent {
  sent(nodeId: number, vote: { readonly epoch: number; readonly candidateId: number }, onDisk: PersistedVote | undefined): void {
    if (onDisk?.epoch === vote.epoch && onDisk.votedId === vote.candidateId) return;
    const disk = onDisk === undefined ? 'nothing' : `epoch ${onDisk.epoch}, vote ${onDisk.votedId ?? 'none'}`;
    violated('vote-persisted-before-sent', `node ${nodeId} speaks of its vote for ${vote.candidateId} in epoch ${vote.epoch} with ${disk} on disk`);
  }
}
