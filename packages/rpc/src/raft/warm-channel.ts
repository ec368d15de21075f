import { connectivityState, type ChannelInterface } from '@grpc/grpc-js';
import { resetBackoff } from '../reset-backoff.js';

/** How a dial ended: the connection is up, or it was refused or took too long. */
export type DialOutcome = 'up' | 'lost';

/** Turns of the event loop until a socket that has been closed by the other side is known to be: three were seen. */
const TURNS_UNTIL_BROKEN_SHOWS = 4;

/**
 * Keeps a channel connected: whenever it falls idle it dials again at once, so that a request to a living peer never waits
 * for a connection, and a dead one is known to be dead.
 */
export class WarmChannel {
  readonly #channel: ChannelInterface;
  readonly #waiting = new Set<() => void>();
  /** Since when dials have failed, monotonic milliseconds; undefined while they do not. */
  #failingSinceMs: number | undefined;
  #closed = false;

  constructor(channel: ChannelInterface) {
    this.#channel = channel;
    this.#watch();
  }

  get isUp(): boolean {
    return !this.#closed && this.#channel.getConnectivityState(false) === connectivityState.READY;
  }

  /** The peer has spoken, so it is there: a back-off that still runs is not waited out. */
  heard(): void {
    if (this.#failingSinceMs !== undefined && !this.#closed) resetBackoff(this.#channel);
  }

  /**
   * Says whether the connection is up, after a few turns of the event loop (a broken socket that has not been read yet still
   * looks whole) and at most `withinMs` for a dial. A timer that fires late is no proof: what has arrived is read first.
   * That dials failed before this one proves nothing either.
   */
  dial(withinMs: number, done: (outcome: DialOutcome) => void): void {
    const startedMs = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const finish = (outcome: DialOutcome): void => {
      clearTimeout(timer);
      if (this.#waiting.delete(look)) done(outcome);
    };
    const look = (): void => {
      if (this.#closed) return finish('lost');
      const state = this.#channel.getConnectivityState(true);
      if (state === connectivityState.READY) finish('up');
      else if (state === connectivityState.SHUTDOWN) finish('lost');
      else if (state === connectivityState.TRANSIENT_FAILURE && (this.#failingSinceMs ?? startedMs) >= startedMs) finish('lost');
    };
    afterTurns(TURNS_UNTIL_BROKEN_SHOWS, () => {
      this.#waiting.add(look);
      look();
      if (!this.#waiting.has(look)) return;
      this.heard();
      timer = setTimeout(() => setImmediate(() => finish(this.isUp ? 'up' : 'lost')), withinMs);
    });
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #watch(): void {
    const state = this.#channel.getConnectivityState(true);
    this.#failingSinceMs = state === connectivityState.TRANSIENT_FAILURE ? (this.#failingSinceMs ?? performance.now()) : undefined;
    this.#channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => {
      if (this.#closed) return;
      this.#watch();
      this.#wake();
    });
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }
}

function afterTurns(turns: number, then: () => void): void {
  setImmediate(() => (turns <= 1 ? then() : afterTurns(turns - 1, then)));
}
