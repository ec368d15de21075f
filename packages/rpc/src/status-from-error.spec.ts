import { Metadata, status } from '@grpc/grpc-js';
import { KAFKA_ERRORS } from '@quorate/records';
import { BadRequest, ErrorInfo, RetryInfo } from '@quorate/records/gen/google/rpc/error_details';
import { Status } from '@quorate/records/gen/google/rpc/status';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorFromStatus, errorFromStatusProto } from './error-from-status.js';
import { invalidRequest, RpcFailure, type FailureReason, type StatusName } from './rpc-failure.js';
import { DETAILS_KEY, statusFromError, statusProtoFromError, TYPE_URL } from './status-from-error.js';
import { reasonForStatus, STATUS_NUMBER, statusForReason, statusName } from './status-table.js';
import { WireFormatError } from './wire/wire-format-error.js';

const OURS: readonly FailureReason[] = ['OUTCOME_UNKNOWN', 'LIMIT_EXCEEDED', 'CALL_CANCELLED', 'METHOD_NOT_SERVED'];
const REASONS = [...Object.keys(KAFKA_ERRORS).filter((name) => name !== 'NONE'), ...OURS] as readonly FailureReason[];
const STATUSES = Object.keys(STATUS_NUMBER) as readonly StatusName[];

const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const failures = fc
  .record({
    reason: fc.constantFrom(...REASONS),
    message: text,
    metadata: fc.dictionary(fc.stringMatching(/^[a-z][a-z_]{0,11}$/), text, { noNullPrototype: true }),
    fields: fc.array(fc.record({ field: text, description: text }), { maxLength: 3 }),
    retryAfterMs: maybe(fc.nat({ max: 10_000_000 })),
    status: maybe(fc.constantFrom(...STATUSES)),
  })
  .map(({ retryAfterMs, status: override, ...rest }) => new RpcFailure({ ...rest, ...(retryAfterMs === undefined ? {} : { retryAfterMs }), ...(override === undefined ? {} : { status: override }) }));

/** What a caller can see of a failure. */
const seen = (failure: RpcFailure) => ({
  reason: failure.reason,
  message: failure.message,
  metadata: failure.metadata,
  fields: failure.fields,
  retryAfterMs: failure.retryAfterMs,
  status: failure.status ?? statusForReason(failure.reason),
});

const withTrailer = (bytes: Uint8Array) => {
  const metadata = new Metadata();
  metadata.set(DETAILS_KEY, Buffer.from(bytes));
  return metadata;
};

describe('failures as gRPC statuses', () => {
  it('come back from the trailer as they were thrown', () => {
    fc.assert(
      fc.property(failures, (failure) => {
        expect(seen(errorFromStatus(statusFromError(failure)))).toEqual(seen(failure));
      }),
    );
  });

  it('come back from inside a stream as they were answered', () => {
    fc.assert(
      fc.property(failures, (failure) => {
        const travelled = Status.decode(Status.encode(statusProtoFromError(failure)).finish());

        expect(seen(errorFromStatusProto(travelled))).toEqual(seen(failure));
      }),
    );
  });

  it.each(REASONS.map((reason) => [reason]))('%s keeps its name and has a status that is not OK', (reason) => {
    const error = statusFromError(new RpcFailure({ reason, message: 'm' }));

    expect(error.code).toBeGreaterThan(status.OK);
    expect(errorFromStatus(error).reason).toBe(reason);
  });

  it('carry ErrorInfo, BadRequest and RetryInfo under the type urls that grpcurl knows', () => {
    const failure = new RpcFailure({ reason: 'INVALID_REQUEST', message: 'm', metadata: { key: 'value' }, fields: [{ field: 'topics[2].name', description: 'd' }], retryAfterMs: 1250 });

    const { code, details } = statusProtoFromError(failure);

    expect(code).toBe(status.INVALID_ARGUMENT);
    expect(details.map(({ typeUrl }) => typeUrl)).toEqual([TYPE_URL.errorInfo, TYPE_URL.badRequest, TYPE_URL.retryInfo]);
    expect(ErrorInfo.decode(details[0]!.value)).toEqual({ reason: 'INVALID_REQUEST', domain: 'quorate', metadata: { key: 'value' } });
    expect(BadRequest.decode(details[1]!.value).fieldViolations).toMatchObject([{ field: 'topics[2].name', description: 'd' }]);
    expect(RetryInfo.decode(details[2]!.value).retryDelay).toEqual({ seconds: 1, nanos: 250_000_000 });
  });

  it('name every wrong field of a request', () => {
    const failure = invalidRequest([{ field: 'a', description: 'must be x' }, { field: 'b', description: 'must be y' }]);

    expect(seen(errorFromStatus(statusFromError(failure)))).toMatchObject({ status: 'INVALID_ARGUMENT', message: 'a must be x; b must be y', fields: failure.fields });
  });

  it('name the field of a message that cannot be read', () => {
    expect(seen(errorFromStatus(statusFromError(new WireFormatError('voter.id', 'must be 0 or more'))))).toMatchObject({
      reason: 'INVALID_REQUEST',
      status: 'INVALID_ARGUMENT',
      fields: [{ field: 'voter.id', description: 'must be 0 or more' }],
    });
  });

  it('say nothing of what an unexpected error says', () => {
    const error = statusFromError(new TypeError('password is hunter2'));

    expect(error.code).toBe(status.INTERNAL);
    expect(JSON.stringify(Status.decode(error.metadata.get(DETAILS_KEY)[0] as Buffer))).not.toContain('hunter2');
    expect(error.details).not.toContain('hunter2');
  });

  it('stay within what HTTP/2 headers can carry, however many fields are wrong', () => {
    const fields = Array.from({ length: 10_000 }, (_, index) => ({ field: `topics[${index}].name`, description: `must not be ${'x'.repeat(50)}` }));

    const error = statusFromError(invalidRequest(fields));

    const trailer = error.metadata.get(DETAILS_KEY)[0] as Buffer;
    expect(trailer.toString('base64').length + encodeURI(error.details).length).toBeLessThan(8 * 1024);
    const read = errorFromStatus(error);
    expect(read.fields[0]).toEqual(fields[0]);
    expect(read.fields.length).toBeGreaterThan(5);
    expect(read.message).toContain(`and ${10_000 - read.fields.length} more`);
  });

  it('cut a long text between characters', () => {
    const error = statusFromError(invalidRequest([{ field: 'topic_id', description: `got ${'\u{1F980}'.repeat(100_000)}` }]));
    const other = statusFromError(new RpcFailure({ reason: 'INVALID_CONFIG', message: 'ж'.repeat(100_000) }));

    for (const { details, metadata } of [error, other]) {
      expect((metadata.get(DETAILS_KEY)[0] as Buffer).toString('base64').length + encodeURI(details).length).toBeLessThan(8 * 1024);
      expect(details).toMatch(/^(topic_id got \u{1F980}+|ж+)…$/u);
    }
  });
});

describe('statuses without our details', () => {
  it.each(STATUSES.map((name) => [name]))('%s becomes a reason, and the same status again', (name) => {
    const failure = errorFromStatus({ code: STATUS_NUMBER[name], details: 'd', metadata: new Metadata() });

    expect(failure).toMatchObject({ reason: reasonForStatus(name), message: 'd' });
    expect(statusFromError(failure).code).toBe(STATUS_NUMBER[name]);
  });

  it('a number that we never send is UNKNOWN', () => {
    expect(statusName(status.DATA_LOSS)).toBe('UNKNOWN');
    expect(errorFromStatus({ code: status.DATA_LOSS, details: 'd', metadata: new Metadata() }).reason).toBe('UNKNOWN_SERVER_ERROR');
  });

  it('a reason of another domain is not taken for one of ours', () => {
    const value = ErrorInfo.encode({ reason: 'TOPIC_ALREADY_EXISTS', domain: 'example.com', metadata: {} }).finish();

    expect(errorFromStatusProto({ code: status.UNAVAILABLE, message: 'm', details: [{ typeUrl: TYPE_URL.errorInfo, value }] }).reason).toBe('NETWORK_EXCEPTION');
  });

  it.each(['NONE', 'A_REASON_OF_TOMORROW', 'constructor', ''])('the reason "%s" is none, the status speaks', (reason) => {
    const value = ErrorInfo.encode({ reason, domain: 'quorate', metadata: {} }).finish();

    expect(errorFromStatusProto({ code: status.NOT_FOUND, message: 'm', details: [{ typeUrl: TYPE_URL.errorInfo, value }] }).reason).toBe('RESOURCE_NOT_FOUND');
  });

  it('bytes that are no google.rpc.Status are ignored', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (bytes) => {
        expect(errorFromStatus({ code: status.ABORTED, details: 'd', metadata: withTrailer(bytes) })).toBeInstanceOf(RpcFailure);
      }),
    );
  });

  it('details that cannot be decoded are ignored, in the trailer and inside a stream', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(TYPE_URL)), fc.uint8Array({ minLength: 1, maxLength: 40 }), (typeUrl, value) => {
        const proto = { code: status.ABORTED as number, message: 'm', details: [{ typeUrl, value }] };

        expect(errorFromStatusProto(proto)).toMatchObject({ message: 'm' });
        expect(errorFromStatus({ code: status.ABORTED, details: 'd', metadata: withTrailer(Status.encode(proto).finish()) })).toMatchObject({ message: 'm' });
      }),
    );
  });
});
