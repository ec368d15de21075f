import type { CallContext } from './call-context.js';

/** Handlers are plain functions over messages, so that they are tested without a socket. */

export type UnaryHandler<Request, Response> = (request: Request, context: CallContext) => Promise<Response> | Response;

/** Where a server stream goes. */
export interface StreamSink<Response> {
  /** False when the caller reads too slowly: wait for `drained` before sending more. */
  send(message: Response): boolean;
  onDrain(listener: () => void): void;
  /** Ends the stream; with an error, as a failed call. */
  end(error?: unknown): void;
}

/** Both directions of a bidirectional stream. */
export interface StreamPair<Request, Response> extends StreamSink<Response> {
  onMessage(listener: (message: Request) => void): void;
  /** The caller sends no more. */
  onEnd(listener: () => void): void;
  /** The stream is over, in whatever way; nothing can be sent any more. */
  onClosed(listener: () => void): void;
  /** Stops and resumes reading: the caller is held back by flow control. */
  pause(): void;
  resume(): void;
  /**
   * Counts the message as in work until the returned function is called. While the server has too much in work the stream is
   * not read.
   */
  hold(message: Request): () => void;
}

export type ServerStreamHandler<Request, Response> = (request: Request, sink: StreamSink<Response>, context: CallContext) => void;
export type BidiHandler<Request, Response> = (stream: StreamPair<Request, Response>, context: CallContext) => void;

/** One method of a generated service definition. */
export interface AnyMethod {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the generated definitions differ in their messages only
  readonly requestSerialize: (value: any) => Buffer;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  readonly requestDeserialize: (value: Buffer) => any;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  readonly responseSerialize: (value: any) => Buffer;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  readonly responseDeserialize: (value: Buffer) => any;
}
export type AnyService = Readonly<Record<string, AnyMethod>>;

export type RequestOf<M extends AnyMethod> = ReturnType<M['requestDeserialize']>;
export type ResponseOf<M extends AnyMethod> = ReturnType<M['responseDeserialize']>;

export type HandlerOf<M extends AnyMethod> = M['requestStream'] extends true
  ? BidiHandler<RequestOf<M>, ResponseOf<M>>
  : M['responseStream'] extends true
    ? ServerStreamHandler<RequestOf<M>, ResponseOf<M>>
    : UnaryHandler<RequestOf<M>, ResponseOf<M>>;

/** One handler for each method of a service. */
export type HandlersOf<S extends AnyService> = { readonly [Name in keyof S]: HandlerOf<S[Name]> };
