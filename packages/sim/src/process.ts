import type { Timers } from '@quorate/raft-node';
import type { Random } from './random.js';
import type { Scheduled, World } from './world.js';

/** How a node's clocks run against simulated time. */
export interface ClockSettings {
  /** Local milliseconds per simulated one. */
  readonly rate: number;
  /** Where the monotonic clock stands at simulated time 0. */
  readonly offsetMs: number;
}

/** Without it, rounding could fire a timer just before its time, again and again. */
const ROUNDING_MS = 0.001;

/** 2026-01-01T00:00:00Z: where wall clocks begin. */
export const WALL_EPOCH_MS = Date.UTC(2026, 0, 1);

/**
 * One life of one process: everything that happens to it goes through here, so that a crash ends it all and a pause holds
 * it all back. After a pause, what is overdue runs in the order it was due, or with timers first, as a coin decides: after
 * a stall Node fires timers before it reads sockets (design §4).
 */
export class SimProcess {
  readonly #world: World;
  readonly #random: Random;
  readonly #clock: ClockSettings;
  #wallShiftMs: number;
  #alive = true;
  #paused = false;
  /** Simulated time at which the machine was suspended: its monotonic clock stands still from then on. */
  #suspendedAtMs: number | undefined;
  #sleptMs = 0;
  #heldTimers: (() => void)[] = [];
  #heldMessages: (() => void)[] = [];

  constructor(world: World, random: Random, clock: ClockSettings, wallShiftMs: number) {
    this.#world = world;
    this.#random = random;
    this.#clock = clock;
    this.#wallShiftMs = wallShiftMs;
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  nowMs(): number {
    return this.#clock.offsetMs + ((this.#suspendedAtMs ?? this.#world.nowMs) - this.#sleptMs) * this.#clock.rate;
  }

  wallMs(): number {
    return WALL_EPOCH_MS + this.#world.nowMs * this.#clock.rate + this.#wallShiftMs;
  }

  jumpWallClock(byMs: number): void {
    this.#wallShiftMs += byMs;
  }

  kill(): void {
    this.#alive = false;
    this.#heldTimers = [];
    this.#heldMessages = [];
  }

  pause(): void {
    this.#paused = true;
  }

  /** The whole machine sleeps: nothing runs, and the monotonic clock does not count it. The wall clock does. */
  suspend(): void {
    this.#suspendedAtMs = this.#world.nowMs;
    this.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#suspendedAtMs !== undefined) this.#sleptMs += this.#world.nowMs - this.#suspendedAtMs;
    this.#suspendedAtMs = undefined;
    const timersFirst = this.#random.chance(0.5);
    const held = timersFirst ? [...this.#heldTimers, ...this.#heldMessages] : [...this.#heldMessages, ...this.#heldTimers];
    this.#heldTimers = [];
    this.#heldMessages = [];
    for (const run of held) this.#world.after(0, () => this.#run(run, 'message'));
  }

  /** Runs now if the process runs, later if it is paused, never if it is dead. */
  deliver(run: () => void): void {
    this.#run(run, 'message');
  }

  after(delayMs: number, run: () => void): void {
    this.#world.after(delayMs, () => this.#run(run, 'message'));
  }

  /** A clock with one deadline. */
  timers(): Timers {
    let armed: Scheduled | undefined;
    const arm = (atMs: number | undefined, fire: () => void): void => {
      if (armed !== undefined) armed.cancelled = true;
      armed = undefined;
      if (atMs === undefined) return;
      const waitMs = (atMs - this.nowMs()) / this.#clock.rate;
      const scheduled = this.#world.after(waitMs <= 0 ? 0 : waitMs + ROUNDING_MS, () => {
        this.#run(() => {
          if (scheduled.cancelled) return;
          // A clock that stood still has not come so far yet.
          if (this.nowMs() < atMs) arm(atMs, fire);
          else fire();
        }, 'timer');
      });
      armed = scheduled;
    };
    return { nowMs: () => this.nowMs(), wallMs: () => this.wallMs(), arm };
  }

  #run(run: () => void, kind: 'timer' | 'message'): void {
    if (!this.#alive) return;
    if (this.#paused) (kind === 'timer' ? this.#heldTimers : this.#heldMessages).push(run);
    else run();
  }
}
