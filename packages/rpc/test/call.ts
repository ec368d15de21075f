import type { CallContext } from '../src/server/call-context.js';
import type { StreamPair, StreamSink } from '../src/server/handlers.js';
import { RpcFailure } from '../src/rpc-failure.js';

/** A call that may take so long. */
export function call(withinMs = 5000): CallContext & { readonly leave: () => void } {
  const gone = new AbortController();
  return { method: 'test', peer: 'test', deadlineMs: performance.now() + withinMs, signal: gone.signal, onStopping: () => undefined, leave: () => gone.abort() };
}

/** What a handler failed with; an error when it did not fail. */
export async function failureOf(run: () => unknown): Promise<RpcFailure> {
  try {
    await run();
  } catch (error) {
    if (error instanceof RpcFailure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

/** The names of the fields that a handler refused. */
export async function refusedFields(run: () => unknown): Promise<readonly string[]> {
  return (await failureOf(run)).fields.map(({ field }) => field);
}

/** Keeps what is sent. */
export class SinkOf<T> implements StreamSink<T> {
  readonly sent: T[] = [];
  isOver = false;
  endedWith: unknown;
  /** Sends that are taken before the caller reads too slowly. */
  room = Number.POSITIVE_INFINITY;
  #drain: () => void = () => undefined;

  send(message: T): boolean {
    this.sent.push(message);
    return this.sent.length < this.room;
  }
  onDrain(listener: () => void): void {
    this.#drain = listener;
  }
  end(error?: unknown): void {
    this.isOver = true;
    this.endedWith = error;
  }
  read(more: number): void {
    this.room += more;
    this.#drain();
  }
}

/** Both directions of a stream, in the hands of a test. */
export class PairOf<In, Out> extends SinkOf<Out> implements StreamPair<In, Out> {
  isPaused = false;
  #message: (message: In) => void = () => undefined;
  #end: () => void = () => undefined;

  onMessage(listener: (message: In) => void): void {
    this.#message = listener;
  }
  onEnd(listener: () => void): void {
    this.#end = listener;
  }
  onClosed(): void {}
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  /** Messages that the handler has not let go of. */
  held = 0;
  hold(): () => void {
    this.held += 1;
    return () => void (this.held -= 1);
  }
  push(message: In): void {
    this.#message(message);
  }
  finish(): void {
    this.#end();
  }
}
