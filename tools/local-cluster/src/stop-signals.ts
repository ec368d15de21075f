/**
 * One Ctrl-C comes more than once: the terminal sends it to every process of the group, and npm, which is in that group,
 * hands its own copy on. What follows the first within this time, in milliseconds, is the same one.
 */
export const SAME_INTERRUPT_MS = 500;

/** What an interrupt means: the first asks to stop, its echoes mean nothing, one that a person sends after it kills. */
export type InterruptMeaning = 'stop' | 'echo' | 'kill';

/** Tells the interrupts of a person from their echoes. */
export class StopSignals {
  #lastMs: number | undefined;

  /** @param nowMs - monotonic. */
  take(nowMs: number): InterruptMeaning {
    const lastMs = this.#lastMs;
    this.#lastMs = nowMs;
    if (lastMs === undefined) return 'stop';
    return nowMs - lastMs < SAME_INTERRUPT_MS ? 'echo' : 'kill';
  }
}
