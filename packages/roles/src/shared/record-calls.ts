import type { CallRecord } from '@quorate/rpc';
import { RpcFailure } from '@quorate/rpc';
import type { Logger, Metrics } from '@quorate/telemetry';

/** Names of gRPC's statuses by number, for labels and lines. */
const STATUS = ['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS', 'PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'];

/** Counts every finished call, times it, and writes a line: at debug when it is the caller's affair, at error when it is a bug of ours. */
export function recordCalls(logger: Logger, metrics: Metrics): (call: CallRecord) => void {
  return ({ method, peer, code, durationMs, error }) => {
    const status = STATUS[code] ?? String(code);
    metrics.count('quorate_rpc_calls_total', { method, code: status });
    metrics.observe('quorate_rpc_call_duration_seconds', durationMs / 1000, { method });
    const isBug = error !== undefined && !(error instanceof RpcFailure) && status === 'INTERNAL';
    if (isBug) logger.error({ method, peer, err: error }, 'a call met an error that nobody expected');
    else if (logger.isOn('debug')) logger.debug({ method, peer, status, durationMs, ...(error === undefined ? {} : { problem: String(error) }) }, 'call');
  };
}
