import type { NodeId } from '@quorate/records';
import type { SelfKey } from './core-state.js';
import type { BallotEntry, VoteRefusal } from './core-event.js';
import type { LogEnd } from './vote.js';
import type { VoterSet } from './voter-set.js';

/** Where a round stands. `lost`: even if all who have not answered said yes, it would be no majority. */
export type BallotResult = 'open' | 'won' | 'lost';

/** What a voter said: yes, or no and why. A voter that cannot be reached says no. */
export interface BallotAnswer {
  readonly refusal: VoteRefusal | undefined;
  readonly log: LogEnd | undefined;
}

/** The count of one round, pre-vote or vote, over the voters of one set. The node's own vote is in it from the start, if it is one of them. */
export class Ballot {
  readonly startedMs: number;
  readonly #voters: VoterSet;
  readonly #entries = new Map<NodeId, BallotEntry>();

  constructor(voters: VoterSet, self: SelfKey & { readonly log: LogEnd }, nowMs: number) {
    this.startedMs = nowMs;
    this.#voters = voters;
    if (voters.has(self)) this.record(self.id, { refusal: undefined, log: self.log }, nowMs);
  }

  /** Takes an answer. Only a voter's first one counts; whoever is no voter does not. */
  record(voterId: NodeId, answer: BallotAnswer, nowMs: number): void {
    if (this.#entries.has(voterId) || this.#voters.find(voterId) === undefined) return;
    this.#entries.set(voterId, {
      voterId,
      granted: answer.refusal === undefined,
      refusal: answer.refusal,
      lastEpoch: answer.log?.lastEpoch,
      endOffset: answer.log?.endOffset,
      afterMs: nowMs - this.startedMs,
    });
  }

  get result(): BallotResult {
    const granted = this.granters.length;
    const open = this.#voters.size - this.#entries.size;
    if (granted >= this.#voters.majority) return 'won';
    return granted + open < this.#voters.majority ? 'lost' : 'open';
  }

  /** Ids of those who said yes, the node itself included. */
  get granters(): readonly NodeId[] {
    return [...this.#entries.values()].filter((entry) => entry.granted).map((entry) => entry.voterId);
  }

  /** What was answered, in the order of arrival. */
  get entries(): readonly BallotEntry[] {
    return [...this.#entries.values()];
  }

  /** Marks all who did not answer. */
  close(nowMs: number): void {
    for (const voter of this.#voters.voters) this.record(voter.id, { refusal: 'timed-out', log: undefined }, nowMs);
  }
}
