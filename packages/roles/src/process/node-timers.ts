import type { Timers } from '@quorate/raft-node';

/** A deadline that fires this late says that the process or the machine stood still. */
const LATE_MS = 50;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The clock of one loop: one deadline at a time.
 *
 * After a stall Node fires timers before it reads sockets; so when a deadline is due, one turn of the event loop passes
 * first, in which what has already arrived is read (a late timer is not a silent leader). A deadline that moves back costs
 * nothing: the timer that is set finds on firing that it is early, and is set again.
 */
export class NodeTimers implements Timers {
  readonly #late: (byMs: number) => void;
  #atMs: number | undefined;
  #fire: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #isDue = false;

  constructor(late: (byMs: number) => void = () => undefined) {
    this.#late = late;
  }

  nowMs(): number {
    return performance.now();
  }

  wallMs(): number {
    return Date.now();
  }

  arm(atMs: number | undefined, fire: () => void): void {
    this.#atMs = atMs === Number.POSITIVE_INFINITY ? undefined : atMs;
    this.#fire = fire;
    if (this.#atMs === undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#timerAtMs = Number.POSITIVE_INFINITY;
    } else if (this.#atMs < this.#timerAtMs) this.#set(this.#atMs);
  }

  #set(atMs: number): void {
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    const afterMs = Math.ceil(atMs - performance.now());
    if (afterMs <= 0) this.#due();
    else this.#timer = setTimeout(() => this.#due(), Math.min(afterMs, LONGEST_TIMER_MS));
  }

  #due(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#timer = undefined;
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      const atMs = this.#atMs;
      if (atMs === undefined) return;
      const nowMs = performance.now();
      if (nowMs < atMs) return this.#set(atMs);
      this.#atMs = undefined;
      if (nowMs - atMs > LATE_MS) this.#late(nowMs - atMs);
      this.#fire();
    });
  }
}
