import type { Epoch, NodeId, Offset, Uuid } from '@quorate/records';
import type { ReplyToken } from './input.js';

/** A valid Fetch that waits for something to say. */
export interface ParkedFetch {
  readonly token: ReplyToken;
  /** Who asks; undefined for a reader that is no node of the cluster. */
  readonly replicaId: NodeId | undefined;
  readonly directoryId: Uuid | undefined;
  /** A reader without Raft state: never a voter, whatever it calls itself. */
  readonly committedOnly: boolean;
  /** Gets what is not yet committed, and at once; others get what is, and paced. */
  readonly isVoter: boolean;
  readonly fetchOffset: Offset;
  readonly lastFetchedEpoch: Epoch;
  readonly maxBytes: number;
  /** What the asker knows of the high watermark; undefined when it does not wait on it. */
  readonly highWatermark: Offset | undefined;
  readonly deadlineMs: number;
}

/**
 * Fetches that a leader holds back, oldest first: until there is something to say, their deadline comes, or leadership ends.
 */
export class ParkedFetches {
  readonly #byToken = new Map<ReplyToken, ParkedFetch>();
  /** Never later than the earliest deadline; may be earlier, since removal does not look for the next one. */
  #earliestMs = Infinity;

  get size(): number {
    return this.#byToken.size;
  }

  add(fetch: ParkedFetch): void {
    this.#byToken.set(fetch.token, fetch);
    if (fetch.deadlineMs < this.#earliestMs) this.#earliestMs = fetch.deadlineMs;
  }

  remove(token: ReplyToken): void {
    this.#byToken.delete(token);
    this.#forgetDeadline();
  }

  /** Takes out all that match, oldest first. */
  takeWhere(matches: (fetch: ParkedFetch) => boolean): readonly ParkedFetch[] {
    const taken = [...this.#byToken.values()].filter(matches);
    for (const fetch of taken) this.#byToken.delete(fetch.token);
    this.#forgetDeadline();
    return taken;
  }

  /** Takes out those whose time is over. */
  takeExpired(nowMs: number): readonly ParkedFetch[] {
    if (nowMs < this.#earliestMs) return [];
    const expired = this.takeWhere((fetch) => fetch.deadlineMs <= nowMs);
    this.#earliestMs = Infinity;
    for (const fetch of this.#byToken.values()) this.#earliestMs = Math.min(this.#earliestMs, fetch.deadlineMs);
    return expired;
  }

  /** Under load all are answered long before their time, again and again: the next one parked is not due because of them. */
  #forgetDeadline(): void {
    if (this.#byToken.size === 0) this.#earliestMs = Infinity;
  }

  /** When `takeExpired` is worth calling; undefined when nothing is parked. */
  get nextDeadlineMs(): number | undefined {
    return this.#byToken.size === 0 ? undefined : this.#earliestMs;
  }
}
