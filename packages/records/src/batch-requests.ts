import { AT, HEADER_BYTES, readU32 } from './batch-layout.js';
import type { EncodedBatch, RequestOutcome } from './batch.js';
import { RecordFormatError } from './errors.js';
import { BatchRequests, BatchRequests_Request } from './gen/quorate/records/v1/envelope.js';
import { VarintReader } from './varint.js';

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The requests whose outcomes the batch holds, in the order decided. Ids are views on the batch: copy what is kept. */
export function requestsOf(batch: EncodedBatch): RequestOutcome[] {
  const length = readU32(batch.bytes, AT.requestsLength);
  if (length === 0) return [];
  return BatchRequests.decode(batch.bytes.subarray(HEADER_BYTES, HEADER_BYTES + length)).requests;
}

/** One request of a batch as it stands there. */
export interface KeptRequest {
  readonly requestId: Uint8Array;
  /** What `outcomeOf` reads. */
  readonly message: Uint8Array;
}

/**
 * The requests of a batch with their outcomes still in bytes, on one copy of the section that is the caller's to keep: a
 * thousand outcomes as objects cost more memory than the batch, and hardly any is ever asked for.
 */
export function keptRequestsOf(batch: EncodedBatch): KeptRequest[] {
  const length = readU32(batch.bytes, AT.requestsLength);
  if (length === 0) return [];
  const section = Uint8Array.from(batch.bytes.subarray(HEADER_BYTES, HEADER_BYTES + length));
  const kept: KeptRequest[] = [];
  eachField(section, 0, length, (field, _wire, at, end) => {
    if (field === 1) kept.push({ requestId: idOf(section, at, end), message: section.subarray(at, end) });
    return undefined;
  });
  return kept;
}

/** The request that its message says, byte fields as views on it. */
export function outcomeOf(message: Uint8Array): RequestOutcome {
  return BatchRequests_Request.decode(message);
}

function idOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  let id = NO_BYTES;
  eachField(bytes, from, to, (field, _wire, at, end) => {
    if (field === 1) id = bytes.subarray(at, end);
    return undefined;
  });
  return id;
}

/** The bytes of the requests section; none when there are no requests. */
export function encodeRequests(requests: readonly RequestOutcome[], recordCount: number): Uint8Array {
  if (requests.length === 0) return NO_BYTES;
  const message = { requests: requests.map((request) => ({ ...request, items: [...request.items] })) };
  const bytes = BatchRequests.encode(message).finish();
  const problem = requestsProblem(bytes, 0, bytes.length, recordCount);
  if (problem !== undefined) throw new RecordFormatError(`the batch's requests: ${problem}`);
  return bytes;
}

/**
 * Says what is wrong with a requests section, or undefined: then `requestsOf` gives ids of 16 bytes and record indexes
 * that never fall and lie in the batch. Walks the bytes without making an object, since they may be anybody's. Fields with
 * numbers not known here are skipped, as protobuf does.
 */
export function requestsProblem(bytes: Uint8Array, from: number, to: number, recordCount: number): string | undefined {
  let previousFirst = 0;
  const problem = eachField(bytes, from, to, (field, wire, at, end) => {
    if (field !== 1) return undefined;
    if (wire !== WIRE_BYTES) return 'a request is not a message';
    const first = firstRecordOf(bytes, at, end);
    if (typeof first === 'string') return first;
    if (first < previousFirst) return `first record ${first} stands behind ${previousFirst}`;
    if (first > recordCount) return `first record ${first} of ${recordCount}`;
    previousFirst = first;
    return undefined;
  });
  return problem;
}

/** Index of a request's first record, or what is wrong with the request. */
function firstRecordOf(bytes: Uint8Array, from: number, to: number): number | string {
  let hasId = false;
  let first = 0;
  const problem = eachField(bytes, from, to, (field, wire, at, end) => {
    switch (field) {
      case 1:
        if (wire !== WIRE_BYTES || end - at !== 16) return 'a request id is not 16 bytes';
        hasId = true;
        return undefined;
      case 2:
        if (wire !== WIRE_VARINT) return 'a first record is not a number';
        first = new VarintReader(bytes, at, end).next();
        return first < 0 ? 'a first record is beyond 2^32' : undefined;
      case 3:
        return wire === WIRE_BYTES ? itemProblem(bytes, at, end) : 'an outcome is not a message';
      default:
        return undefined;
    }
  });
  return problem ?? (hasId ? first : 'a request has no id');
}

function itemProblem(bytes: Uint8Array, from: number, to: number): string | undefined {
  return eachField(bytes, from, to, (field, wire, at, end) => {
    if (field === 1 && wire !== WIRE_VARINT) return 'an error code is not a number';
    if (field === 2 && (wire !== WIRE_BYTES || end - at !== 16)) return 'a topic id is not 16 bytes';
    return undefined;
  });
}

const WIRE_VARINT = 0;
const WIRE_64 = 1;
const WIRE_BYTES = 2;
const WIRE_32 = 5;

/** Calls `check` for each field of a protobuf message with where its value lies; the first problem said ends the walk. */
function eachField(
  bytes: Uint8Array,
  from: number,
  to: number,
  check: (field: number, wire: number, at: number, end: number) => string | undefined,
): string | undefined {
  const reader = new VarintReader(bytes, from, to);
  while (reader.at < to) {
    const tag = reader.next();
    if (tag < 8) return 'a field has no number';
    const wire = tag & 7;
    const length = valueLength(bytes, reader, wire, to);
    if (length < 0 || reader.at + length > to) return 'a field ends behind its message';
    const problem = check(tag >>> 3, wire, reader.at, reader.at + length);
    if (problem !== undefined) return problem;
    reader.at += length;
  }
  return undefined;
}

/** Length of the value at the reader, which moves behind a length prefix; −1 when there is no such value. */
function valueLength(bytes: Uint8Array, reader: VarintReader, wire: number, to: number): number {
  switch (wire) {
    case WIRE_VARINT:
      for (let length = 1; length <= 10 && reader.at + length <= to; length++) {
        if (bytes[reader.at + length - 1]! < 0x80) return length;
      }
      return -1;
    case WIRE_64:
      return 8;
    case WIRE_BYTES:
      return reader.next();
    case WIRE_32:
      return 4;
    default:
      return -1;
  }
}
