import type { KafkaErrorName } from '@quorate/records';

/** The gRPC status codes that we answer with, by name; the numbers stand in `status-table.ts`. */
export type StatusName =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'OUT_OF_RANGE'
  | 'RESOURCE_EXHAUSTED'
  | 'UNAVAILABLE'
  | 'DEADLINE_EXCEEDED'
  | 'UNIMPLEMENTED'
  | 'CANCELLED'
  | 'INTERNAL'
  | 'UNKNOWN';

/** Why a whole call failed: Kafka's name where Kafka has one. */
export type FailureReason =
  | Exclude<KafkaErrorName, 'NONE'>
  /** Ours: the write may or may not have happened; repeating it with the same request id is safe. */
  | 'OUTCOME_UNKNOWN'
  /** Ours: a bound of this server (calls, bytes, items) is reached. */
  | 'LIMIT_EXCEEDED'
  /** Ours: the caller has gone away. */
  | 'CALL_CANCELLED'
  /** Ours: this address does not serve the method. */
  | 'METHOD_NOT_SERVED';

/** One field of a request and what is wrong with it. */
export interface FieldViolation {
  /** Path as in the proto, such as `topics[2].name`. */
  readonly field: string;
  readonly description: string;
}

export interface FailureDetails {
  readonly reason: FailureReason;
  readonly message: string;
  /** For programs: ids, epochs, endpoints as text. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly fields?: readonly FieldViolation[];
  /** Waiting this long before the next try helps. */
  readonly retryAfterMs?: number;
  /** Overrides the status that the reason stands for (a Kafka error that a peer sent under another one). */
  readonly status?: StatusName;
  readonly cause?: unknown;
}

/** A call failed as a whole. Thrown by handlers, and by clients when the answer says so. */
export class RpcFailure extends Error {
  readonly reason: FailureReason;
  readonly metadata: Readonly<Record<string, string>>;
  readonly fields: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;
  readonly status: StatusName | undefined;

  constructor(details: FailureDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'RpcFailure';
    this.reason = details.reason;
    this.metadata = details.metadata ?? {};
    this.fields = details.fields ?? [];
    this.retryAfterMs = details.retryAfterMs;
    this.status = details.status;
  }
}

/** What is told of bad input, in bytes of UTF-8: it travels in a trailer, and 8 KiB of headers is all that some clients take. */
const MAX_VIOLATION_BYTES = 256;
const MAX_VIOLATIONS_BYTES = 1536;

/** Bad input: every field that is wrong, at once, or as many as a trailer holds and how many more there are. */
export function invalidRequest(violations: readonly FieldViolation[]): RpcFailure {
  const fields: FieldViolation[] = [];
  let bytes = 0;
  for (const { field, description } of violations) {
    const told = { field: shortened(field, MAX_VIOLATION_BYTES), description: shortened(description, MAX_VIOLATION_BYTES) };
    bytes += Buffer.byteLength(told.field) + Buffer.byteLength(told.description);
    if (fields.length > 0 && bytes > MAX_VIOLATIONS_BYTES) break;
    fields.push(told);
  }
  const rest = violations.length - fields.length;
  const message = [...fields.map(({ field, description }) => `${field} ${description}`), ...(rest === 0 ? [] : [`and ${rest} more`])].join('; ');
  return new RpcFailure({ reason: 'INVALID_REQUEST', message, fields });
}

/** At most so many bytes of UTF-8, cut between characters. */
export function shortened(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  let kept = '';
  let bytes = Buffer.byteLength('…');
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    kept += character;
  }
  return `${kept}…`;
}
