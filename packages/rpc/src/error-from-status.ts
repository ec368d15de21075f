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
  const proto = packed instanceof Uint8Array ? decodedOrNothing(Status, packed) : undefined;
  return errorFromStatusProto(proto ?? { code: error.code, message: error.details, details: [] });
}

/** The same for a status inside a stream. */
export function errorFromStatusProto(proto: Status): RpcFailure {
  const detail = <T>(typeUrl: string, codec: { decode(bytes: Uint8Array): T }): T | undefined => {
    const value = proto.details.find((any) => any.typeUrl === typeUrl)?.value;
    return value === undefined ? undefined : decodedOrNothing(codec, value);
  };
  const errorInfo = detail(TYPE_URL.errorInfo, ErrorInfo);
  const badRequest = detail(TYPE_URL.badRequest, BadRequest);
  const retry = detail(TYPE_URL.retryInfo, RetryInfo);
  const name = statusName(proto.code);
  const reason = errorInfo !== undefined && errorInfo.domain === ERROR_DOMAIN ? knownReason(errorInfo.reason) : undefined;
  const given = reason ?? reasonForStatus(name);
  const retryAfterMs = retry === undefined ? undefined : delayMs(retry);
  return new RpcFailure({
    reason: given,
    message: proto.message,
    ...(errorInfo === undefined ? {} : { metadata: errorInfo.metadata }),
    ...(badRequest === undefined ? {} : { fields: violations(badRequest) }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(statusForReason(given) === name ? {} : { status: name }),
  });
}

const OUR_REASONS: ReadonlySet<string> = new Set(['OUTCOME_UNKNOWN', 'LIMIT_EXCEEDED', 'CALL_CANCELLED', 'METHOD_NOT_SERVED']);

function knownReason(reason: string): FailureReason | undefined {
  return OUR_REASONS.has(reason) || (Object.hasOwn(KAFKA_ERRORS, reason) && reason !== 'NONE') ? (reason as FailureReason) : undefined;
}

/** Details come from whoever answered; bytes that are not what they claim to be tell us nothing, and must not end the process. */
function decodedOrNothing<T>(codec: { decode(bytes: Uint8Array): T }, bytes: Uint8Array): T | undefined {
  try {
    return codec.decode(bytes);
  } catch {
    return undefined;
  }
}

function violations({ fieldViolations }: BadRequest): FieldViolation[] {
  return fieldViolations.map(({ field, description }) => ({ field, description }));
}

function delayMs({ retryDelay }: RetryInfo): number | undefined {
  return retryDelay === undefined ? undefined : retryDelay.seconds * 1000 + retryDelay.nanos / 1e6;
}
