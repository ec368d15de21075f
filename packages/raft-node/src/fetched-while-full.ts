import type { Input } from '@quorate/raft-core';

type Response = Extract<Input, { kind: 'response' }>;

/** How long an answer with data is held back; shorter than anybody's patience with its leader. */
const HOLD_MS = 200;

/**
 * Answers to fetches that came while the disk was full. There is no room for what they bring, so it is dropped; the answer
 * itself goes on, late, so that the node goes on hearing its leader and does not ask again at once.
 */
export class FetchedWhileFull {
  #held: Response | undefined;
  #dueMs = Infinity;

  /** When `take` gives the next one; Infinity when there is none. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** A newer answer takes the place of an older one: a node waits for one at a time. */
  hold(input: Response, nowMs: number): void {
    this.#held = input;
    this.#dueMs = nowMs + HOLD_MS;
  }

  take(nowMs: number): Input | undefined {
    if (this.#held === undefined || this.#dueMs > nowMs) return undefined;
    const { requestId, from, response } = this.#held;
    this.#held = undefined;
    this.#dueMs = Infinity;
    if (response.kind === 'fetch') return { kind: 'response', requestId, from, response: { ...response, batches: [] } };
    return { kind: 'requestFailed', requestId, from, failure: 'timed-out' };
  }
}
