import type { Offset } from '@quorate/records';
import { MinHeap } from './min-heap.js';

/** How a wait for an offset ended. */
export type WaitOutcome = 'reached' | 'timed-out' | 'cancelled';

interface Waiter {
  /** Reached as soon as everything below this offset is there. */
  readonly endOffset: Offset;
  readonly done: (outcome: WaitOutcome, reached: Offset) => void;
  settled: boolean;
}

/**
 * Replies parked until the log (or the image) has come to an offset, or their deadline has passed. Those of one offset are
 * released in the order they came. The owner calls `advance` and `expire`; there is no timer here.
 */
export class Waiters {
  readonly #byOffset = new Map<Offset, Waiter[]>();
  readonly #offsets = new MinHeap<Offset>();
  readonly #byDeadline = new MinHeap<Waiter>();
  #reached: Offset;
  #count = 0;

  constructor(reached: Offset) {
    this.#reached = reached;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Waits until everything below `endOffset` is there; answers at once when it already is.
   *
   * @param deadlineMs - monotonic; undefined waits for as long as it takes.
   */
  wait(endOffset: Offset, deadlineMs: number | undefined, done: Waiter['done']): void {
    if (endOffset <= this.#reached) return done('reached', this.#reached);
    const waiter: Waiter = { endOffset, done, settled: false };
    this.#count += 1;
    const same = this.#byOffset.get(endOffset);
    if (same !== undefined) same.push(waiter);
    else {
      this.#byOffset.set(endOffset, [waiter]);
      this.#offsets.add(endOffset, endOffset);
    }
    if (deadlineMs !== undefined) this.#byDeadline.add(deadlineMs, waiter);
  }

  advance(reached: Offset): void {
    if (reached <= this.#reached) return;
    this.#reached = reached;
    for (let next = this.#offsets.takeUpTo(reached); next !== undefined; next = this.#offsets.takeUpTo(reached)) {
      const released = this.#byOffset.get(next) ?? [];
      this.#byOffset.delete(next);
      for (const waiter of released) this.#settle(waiter, 'reached');
    }
    this.#forgetSettled();
  }

  /** Ends the waits whose deadline has passed. */
  expire(nowMs: number): void {
    for (let due = this.#byDeadline.takeUpTo(nowMs); due !== undefined; due = this.#byDeadline.takeUpTo(nowMs)) {
      this.#settle(due, 'timed-out');
    }
  }

  /** Soonest deadline of a wait that is still open. */
  nextDeadlineMs(): number | undefined {
    this.#forgetSettled();
    return this.#byDeadline.nextKey();
  }

  /** Ends all waits; what was reached stays reached. */
  cancelAll(): void {
    const all = [...this.#byOffset.values()].flat();
    this.#byOffset.clear();
    while (this.#offsets.take() !== undefined);
    for (const waiter of all) this.#settle(waiter, 'cancelled');
    this.#forgetSettled();
  }

  #settle(waiter: Waiter, outcome: WaitOutcome): void {
    if (waiter.settled) return;
    waiter.settled = true;
    this.#count -= 1;
    waiter.done(outcome, this.#reached);
  }

  #forgetSettled(): void {
    while (this.#byDeadline.peek()?.settled === true) this.#byDeadline.take();
  }
}
