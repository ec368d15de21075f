import type { CoreEvent, ElectionRecord, VoteRefusal } from '@quorate/raft-core';
import type { Epoch, NodeId } from '@quorate/records';

/** One vote that this node gave or refused. */
export interface CastVote {
  /** Monotonic milliseconds of this node. */
  readonly atMs: number;
  readonly candidateId: NodeId;
  readonly epoch: Epoch;
  readonly preVote: boolean;
  readonly granted: boolean;
  readonly refusal: VoteRefusal | undefined;
}

/** Elections and votes beyond this many are forgotten, oldest first. */
export const ELECTION_LOG_SIZE = 100;

/**
 * The last elections this node stood in and the last votes it cast, so that a quorum can be asked afterwards why
 * leadership moved (elections explain themselves). In memory only.
 */
export class ElectionLog {
  readonly #elections: ElectionRecord[] = [];
  readonly #votes: CastVote[] = [];

  record(event: CoreEvent, nowMs: number): void {
    if (event.kind === 'electionEnded') keepLast(this.#elections, event.election);
    if (event.kind === 'voteCast') {
      const { candidateId, epoch, preVote, granted, refusal } = event;
      keepLast(this.#votes, { atMs: nowMs, candidateId, epoch, preVote, granted, refusal });
    }
  }

  /** Oldest first. */
  elections(): readonly ElectionRecord[] {
    return [...this.#elections];
  }

  /** Oldest first. */
  votes(): readonly CastVote[] {
    return [...this.#votes];
  }
}

function keepLast<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > ELECTION_LOG_SIZE) list.shift();
}
