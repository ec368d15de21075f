import { Metadata } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, RetryInfo } from '@quorate/records/gen/google/rpc/error_details';
import type { Any } from '@quorate/records/gen/google/protobuf/any';
import { Status } from '@quorate/records/gen/google/rpc/status';
import { RpcFailure, shortened } from './rpc-failure.js';
import { STATUS_NUMBER, statusForReason } from './status-table.js';
import { WireFormatError } from './wire/wire-format-error.js';

/** Domain of our ErrorInfo reasons. */
export const ERROR_DOMAIN = 'quorate';
/** Trailer that carries `google.rpc.Status`. */
export const DETAILS_KEY = 'grpc-status-details-bin';

/** The message travels twice, once percent-encoded: 8 KiB of headers is all that some clients take. In bytes of UTF-8. */
const MAX_MESSAGE_BYTES = 1792;

const TYPE_PREFIX = 'type.googleapis.com/';
export const TYPE_URL = {
  errorInfo: `${TYPE_PREFIX}google.rpc.ErrorInfo`,
  badRequest: `${TYPE_PREFIX}google.rpc.BadRequest`,
  retryInfo: `${TYPE_PREFIX}google.rpc.RetryInfo`,
} as const;

/** What grpc-js wants of a failed call. */
export interface GrpcError {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/**
 * Anything thrown by a handler, as the caller shall see it: always one ErrorInfo, BadRequest for bad input, RetryInfo where
 * waiting helps. An error that is none of ours is a bug: INTERNAL, without its text.
 */
export function statusFromError(error: unknown): GrpcError {
  const proto = statusProtoFromError(error);
  const metadata = new Metadata();
  metadata.set(DETAILS_KEY, Buffer.from(Status.encode(proto).finish()));
  return { code: proto.code, details: proto.message, metadata };
}

/** The same as a message, for answers inside a stream. */
export function statusProtoFromError(error: unknown): Status {
  const failure = toFailure(error);
  const details: Any[] = [
    { typeUrl: TYPE_URL.errorInfo, value: ErrorInfo.encode({ reason: failure.reason, domain: ERROR_DOMAIN, metadata: { ...failure.metadata } }).finish() },
  ];
  if (failure.fields.length > 0) {
    const fieldViolations = failure.fields.map(({ field, description }) => ({ field, description, reason: '', localizedMessage: undefined }));
    details.push({ typeUrl: TYPE_URL.badRequest, value: BadRequest.encode({ fieldViolations }).finish() });
  }
  if (failure.retryAfterMs !== undefined) {
    const retryDelay = { seconds: Math.floor(failure.retryAfterMs / 1000), nanos: Math.round((failure.retryAfterMs % 1000) * 1e6) };
    details.push({ typeUrl: TYPE_URL.retryInfo, value: RetryInfo.encode({ retryDelay }).finish() });
  }
  const name = failure.status ?? statusForReason(failure.reason);
  return { code: STATUS_NUMBER[name], message: shortened(failure.message, MAX_MESSAGE_BYTES), details };
}

function toFailure(error: unknown): RpcFailure {
  if (error instanceof RpcFailure) return error;
  if (error instanceof WireFormatError) {
    return new RpcFailure({ reason: 'INVALID_REQUEST', message: error.message, fields: [{ field: error.field, description: error.problem }] });
  }
  return new RpcFailure({ reason: 'UNKNOWN_SERVER_ERROR', message: 'an error of ours that nobody expected; the log of this node has it', cause: error });
}
