import type { Offset } from '@quorate/records';

/** How a wait for an offset ended. */
export type WaitOutcome = { readonly kind: 'reached'; readonly offset: Offset } | { readonly kind: 'timed-out'; readonly offset: Offset };

interface Waiter {
  readonly offset: Offset;
  readonly sinceMs: number;
  readonly deadlineMs: number;
  readonly done: (outcome: WaitOutcome) => void;
}

/** Reads that wait until the image has applied an offset (read-your-writes). Each is told exactly once. */
export class OffsetWaiters {
  #waiters: Waiter[] = [];

  add(waiter: Waiter): void {
    this.#waiters.push(waiter);
  }

  get isEmpty(): boolean {
    return this.#waiters.length === 0;
  }

  /** Monotonic milliseconds of the earliest deadline. */
  nextDeadlineMs(): number | undefined {
    return this.#waiters.reduce<number | undefined>((least, waiter) => (least === undefined || waiter.deadlineMs < least ? waiter.deadlineMs : least), undefined);
  }

  /** When the oldest unanswered wait began. */
  oldestSinceMs(): number | undefined {
    return this.#waiters[0]?.sinceMs;
  }

  /** Tells those whose offset is reached, then those whose deadline has passed. */
  settle(applied: Offset, nowMs: number): void {
    const over = this.#waiters.filter((waiter) => waiter.offset <= applied || waiter.deadlineMs <= nowMs);
    if (over.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.offset > applied && waiter.deadlineMs > nowMs);
    for (const waiter of over) waiter.done({ kind: waiter.offset <= applied ? 'reached' : 'timed-out', offset: applied });
  }
}
