import { status, type handleBidiStreamingCall, type handleServerStreamingCall, type handleUnaryCall, type ServerDuplexStream, type ServerWritableStream } from '@grpc/grpc-js';
import { DEFAULT_DEADLINE_MS } from '../limits.js';
import { RpcFailure } from '../rpc-failure.js';
import { statusFromError } from '../status-from-error.js';
import { WireFormatError } from '../wire/wire-format-error.js';
import type { CallContext, CallRecord } from './call-context.js';
import { outOfRangeField } from './out-of-range-field.js';
import type { AnyMethod, BidiHandler, ServerStreamHandler, StreamPair, StreamSink, UnaryHandler } from './handlers.js';
import type { WorkBudget } from './work-budget.js';

/** What every call of a server passes through: admission, deadline, errors made into statuses, one record at the end. */
export interface CallGuard {
  readonly budget: WorkBudget;
  finished(call: CallRecord): void;
  /** A stream is open; the server calls `stop` when it stops. Returns how to forget the stream. */
  opened(stop: () => void): () => void;
}

/** A request that could not be decoded; grpc-js would answer INTERNAL, the caller deserves INVALID_ARGUMENT. */
class Undecodable {
  readonly problem: WireFormatError;
  constructor(method: AnyMethod, bytes: Buffer, cause: unknown) {
    const tooLarge = outOfRangeField(method.path, bytes);
    this.problem =
      tooLarge === undefined
        ? new WireFormatError('(message)', `cannot be decoded: ${cause instanceof Error ? cause.message : String(cause)}`)
        : new WireFormatError(tooLarge.field, `must be within 2^53 - 1 of 0, got ${tooLarge.value}`);
  }
}

/** Bytes of each request as it came. */
const requestSizes = new WeakMap<object, number>();

function sizeOf(request: unknown): number {
  return typeof request === 'object' && request !== null ? (requestSizes.get(request) ?? 0) : 0;
}

/** The method with a decoder that does not throw, and that notes how large the request was. */
export function lenientMethod(method: AnyMethod) {
  return {
    ...method,
    requestDeserialize: (bytes: Buffer): unknown => {
      try {
        const request: unknown = method.requestDeserialize(bytes);
        if (typeof request === 'object' && request !== null) requestSizes.set(request, bytes.length);
        return request;
      } catch (error) {
        return new Undecodable(method, bytes, error);
      }
    },
  };
}

export function guardUnary(method: AnyMethod, handler: UnaryHandler<unknown, unknown>, guard: CallGuard): handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    const open = openCall(method, call, guard);
    const answer = (response: unknown): void => {
      if (open.close(undefined)) callback(null, response);
    };
    const fail = (error: unknown): void => {
      if (open.close(error)) callback(statusFromError(error));
    };
    try {
      open.begin(sizeOf(call.request));
      const result = handler(decodedOrThrow(call.request), open.context);
      if (result instanceof Promise) result.then(answer, fail);
      else answer(result);
    } catch (error) {
      fail(error);
    }
  };
}

export function guardServerStream(method: AnyMethod, handler: ServerStreamHandler<unknown, unknown>, guard: CallGuard): handleServerStreamingCall<unknown, unknown> {
  return (call) => {
    const open = openCall(method, call, guard);
    const sink = sinkOf(call, open);
    try {
      open.begin(sizeOf(call.request));
      handler(decodedOrThrow(call.request), sink, open.context);
    } catch (error) {
      sink.end(error);
    }
  };
}

export function guardBidi(method: AnyMethod, handler: BidiHandler<unknown, unknown>, guard: CallGuard): handleBidiStreamingCall<unknown, unknown> {
  return (call) => {
    const open = openCall(method, call, guard);
    const pair = pairOf(call, open, guard.budget);
    try {
      open.begin(0);
      handler(pair, open.context);
    } catch (error) {
      pair.end(error);
    }
  };
}

interface ServerCall {
  getPeer(): string;
  getDeadline(): Date | number;
  on(event: 'cancelled' | 'error' | 'close', listener: () => void): unknown;
}

interface OpenCall {
  readonly context: CallContext;
  /** Takes a place for the call and its request, or throws. */
  begin(requestBytes: number): void;
  /** Ends the call once; false when it was over already. */
  close(error: unknown): boolean;
  /** Has the server end the stream when it stops, unless a handler said that it will do so itself. */
  endWhenStopping(end: () => void): void;
}

function openCall(method: AnyMethod, call: ServerCall, guard: CallGuard): OpenCall {
  const startedMs = performance.now();
  const gone = new AbortController();
  let leave: () => void = () => undefined;
  let over = false;
  let forget: () => void = () => undefined;
  let stop: () => void = () => undefined;
  const context: CallContext = {
    method: method.path.substring(1),
    peer: call.getPeer(),
    // A stream may live for ever; a single call without a deadline gets one.
    deadlineMs: deadlineOf(call, startedMs, method.requestStream || method.responseStream),
    signal: gone.signal,
    onStopping: (listener) => {
      stop = listener;
    },
  };
  const close = (error: unknown): boolean => {
    if (over) return false;
    over = true;
    leave();
    forget();
    const code = error === undefined ? status.OK : statusFromError(error).code;
    guard.finished({ method: context.method, peer: context.peer, code, durationMs: performance.now() - startedMs, error });
    gone.abort();
    return true;
  };
  // Without a listener an error event of a stream would end the process.
  call.on('error', () => close(new RpcFailure({ reason: 'CALL_CANCELLED', message: 'the stream broke' })));
  call.on('cancelled', () => close(new RpcFailure({ reason: 'CALL_CANCELLED', message: 'the caller has gone away' })));
  return {
    context,
    begin: (requestBytes) => {
      leave = guard.budget.enter(requestBytes);
      if (context.deadlineMs <= performance.now()) throw new RpcFailure({ reason: 'REQUEST_TIMED_OUT', message: 'the deadline had passed when the call arrived' });
    },
    close,
    endWhenStopping: (end) => {
      stop = end;
      forget = guard.opened(() => stop());
    },
  };
}

function deadlineOf(call: ServerCall, nowMs: number, isStream: boolean): number {
  const deadline = call.getDeadline();
  const wallMs = deadline instanceof Date ? deadline.getTime() : deadline;
  if (Number.isFinite(wallMs)) return nowMs + (wallMs - Date.now());
  return isStream ? Number.POSITIVE_INFINITY : nowMs + DEFAULT_DEADLINE_MS;
}

function decodedOrThrow(message: unknown): unknown {
  if (message instanceof Undecodable) throw message.problem;
  return message;
}

function sinkOf(call: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>, open: OpenCall): StreamSink<unknown> {
  const sink: StreamSink<unknown> = {
    send: (message) => (open.context.signal.aborted ? true : call.write(message)),
    onDrain: (listener) => void call.on('drain', listener),
    end: (error) => {
      if (!open.close(error)) return;
      if (error === undefined) call.end();
      else call.emit('error', statusFromError(error));
    },
  };
  open.endWhenStopping(() => sink.end());
  return sink;
}

function pairOf(call: ServerDuplexStream<unknown, unknown>, open: OpenCall, budget: WorkBudget): StreamPair<unknown, unknown> {
  const sink = sinkOf(call, open);
  /** Who wants the stream not to be read: the handler, or the server as a whole. */
  const holders = new Set<'handler' | 'budget'>();
  const stopReading = (holder: 'handler' | 'budget'): void => {
    holders.add(holder);
    call.pause();
  };
  const goOnReading = (holder: 'handler' | 'budget'): void => {
    if (holders.delete(holder) && holders.size === 0) call.resume();
  };
  return {
    ...sink,
    onMessage: (listener) =>
      void call.on('data', (message: unknown) => {
        try {
          listener(decodedOrThrow(message));
        } catch (error) {
          sink.end(error);
        }
      }),
    onEnd: (listener) => void call.on('end', listener),
    onClosed: (listener) => open.context.signal.addEventListener('abort', listener, { once: true }),
    pause: () => stopReading('handler'),
    resume: () => goOnReading('handler'),
    hold: (message) => {
      const release = budget.hold(sizeOf(message));
      if (budget.isFull && !holders.has('budget')) {
        stopReading('budget');
        budget.whenRoom(() => goOnReading('budget'));
      }
      return release;
    },
  };
}
