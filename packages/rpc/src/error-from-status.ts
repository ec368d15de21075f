import type { ServiceError } from '@grpc/grpc-js';
import { KAFKA_ERRORS } from '@quorate/records';
import { BadRequest, ErrorInfo, RetryInfo } from '@quorate/records/gen/google/rpc/error_details';
import { Status } from '@quorate/records/gen/google/rpc/status';
import { RpcFailure, type FailureReason, type FieldViolation } from './rpc-failure.js';
import { DETAILS_KEY, ERROR_DOMAIN, TYPE_URL } from './status-from-error.js';
import { reasonForStatus, statusForReason, statusName } from './status-table.js';

/** What a failed call says, by its details where it has them, else by its status alone. */
export function errorFromStatus(error: Pick<ServiceError, 'code' | 'details' | 'metadata'>): RpcFailure {
  const packed = error.metadata?.get(DETAILS_KEY)[0];
  const proto = packed instanceof Uint8Array ? decodedStatus(packed) : undefined;
  return errorFromStatusProto(proto ?? { code: error.code, message: error.details, details: [] });
}

/** The same for a status inside a stream. */
export function errorFromStatusProto(proto: Status): RpcFailure {
  const detail = (typeUrl: string): Uint8Array | undefined => proto.details.find((any) => any.typeUrl === typeUrl)?.value;
  const info = detail(TYPE_URL.errorInfo);
  const bad = detail(TYPE_URL.badRequest);
  const retry = detail(TYPE_URL.retryInfo);
  const errorInfo = info === undefined ? undefined : ErrorInfo.decode(info);
  const name = statusName(proto.code);
  const reason = errorInfo !== undefined && errorInfo.domain === ERROR_DOMAIN ? knownReason(errorInfo.reason) : undefined;
  const given = reason ?? reasonForStatus(name);
  const retryAfterMs = retry === undefined ? undefined : delayMs(retry);
  return new RpcFailure({
    reason: given,
    message: proto.message,
    ...(errorInfo === undefined ? {} : { metadata: errorInfo.metadata }),
    ...(bad === undefined ? {} : { fields: violations(bad) }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(statusForReason(given) === name ? {} : { status: name }),
  });
}

const OUR_REASONS: ReadonlySet<string> = new Set(['OUTCOME_UNKNOWN', 'LIMIT_EXCEEDED', 'CALL_CANCELLED', 'METHOD_NOT_SERVED']);

function knownReason(reason: string): FailureReason | undefined {
  return OUR_REASONS.has(reason) || (reason in KAFKA_ERRORS && reason !== 'NONE') ? (reason as FailureReason) : undefined;
}

function decodedStatus(bytes: Uint8Array): Status | undefined {
  try {
    return Status.decode(bytes);
  } catch {
    return undefined;
  }
}

function violations(bytes: Uint8Array): FieldViolation[] {
  return BadRequest.decode(bytes).fieldViolations.map(({ field, description }) => ({ field, description }));
}

function delayMs(bytes: Uint8Array): number | undefined {
  const { retryDelay } = RetryInfo.decode(bytes);
  return retryDelay === undefined ? undefined : retryDelay.seconds * 1000 + retryDelay.nanos / 1e6;
}
