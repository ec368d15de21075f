/** What a handler knows of the call beside the request. */
export interface CallContext {
  /** Fully qualified, such as `quorate.admin.v1.TopicService/CreateTopics`. */
  readonly method: string;
  /** Address of the caller. */
  readonly peer: string;
  /** When the caller stops waiting: milliseconds of `performance.now()`. 30 s from arrival when the caller set none. */
  readonly deadlineMs: number;
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal;
  /**
   * For streams that have something to finish when the server stops: they are told, and end by themselves. Other streams
   * are ended for them.
   */
  onStopping(listener: () => void): void;
}

/** Milliseconds that are left to the call; 0 when none are. */
export function timeLeftMs(context: Pick<CallContext, 'deadlineMs'>): number {
  return Math.max(0, context.deadlineMs - performance.now());
}

/** One finished call, for logs and metrics. */
export interface CallRecord {
  readonly method: string;
  readonly peer: string;
  /** gRPC's number of the status; 0 is OK. */
  readonly code: number;
  readonly durationMs: number;
  /** What went wrong; an error that is no RpcFailure is a bug of ours. */
  readonly error: unknown;
}
