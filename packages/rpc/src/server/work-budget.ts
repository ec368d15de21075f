import { RpcFailure } from '../rpc-failure.js';

export interface WorkLimits {
  /** Calls and streams at a time. */
  readonly maxCalls: number;
  /** Bytes of requests that are read and not answered yet. */
  readonly maxBytesInWork: number;
}

/**
 * What one server has in work: calls, and bytes of requests. A single call beyond the bound is refused at once; a stream
 * beyond it is not read until there is room again. So memory stays bounded whatever callers send.
 */
export class WorkBudget {
  readonly #limits: WorkLimits;
  readonly #waiting = new Set<() => void>();
  #calls = 0;
  #bytes = 0;

  constructor(limits: WorkLimits) {
    this.#limits = limits;
  }

  get calls(): number {
    return this.#calls;
  }

  /** Bytes of requests that are read and not answered yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a place for a call and the bytes of its request; returns how to give them back. @throws RpcFailure (LIMIT_EXCEEDED) */
  enter(bytes: number): () => void {
    if (this.#calls >= this.#limits.maxCalls) throw tooMuch(`${this.#calls} calls in work`);
    // One request is always taken, however large, as long as it may be read at all.
    if (this.#bytes > 0 && this.#bytes + bytes > this.#limits.maxBytesInWork) throw tooMuch(`${this.#bytes} bytes of requests in work`);
    this.#calls += 1;
    this.#bytes += bytes;
    return once(() => {
      this.#calls -= 1;
      this.#give(bytes);
    });
  }

  /** Counts a message of a stream that was read already; returns how to forget it. */
  hold(bytes: number): () => void {
    this.#bytes += bytes;
    return once(() => this.#give(bytes));
  }

  get isFull(): boolean {
    return this.#bytes >= this.#limits.maxBytesInWork;
  }

  /** Calls back once when the budget is not full any more. */
  whenRoom(listener: () => void): void {
    this.#waiting.add(listener);
  }

  #give(bytes: number): void {
    this.#bytes -= bytes;
    if (this.isFull || this.#waiting.size === 0) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const listener of waiting) listener();
  }
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}

function tooMuch(what: string): RpcFailure {
  return new RpcFailure({ reason: 'LIMIT_EXCEEDED', message: `this server has ${what}, its limit`, retryAfterMs: 100 });
}
