import { MAX_READ_BATCH_BYTES, MAX_READ_BATCH_RECORDS, type BatchHeader, type EncodedBatch } from './batch.js';
import { MAX_SAFE_INT64, type Epoch, type Offset } from './ids.js';

/**
 * Where each field of a batch's header lies. All numbers are big-endian and unsigned. Behind the header come the requests
 * section (protobuf BatchRequests, empty when none) and the records section: varint type, varint version, varint payload
 * length and payload for each record.
 */
export const AT = {
  /** u32: CRC-32C of everything behind it, to the end of the batch. */
  checksum: 0,
  /** u32: size of the whole batch. */
  length: 4,
  /** u8: 1. */
  magic: 8,
  /** u8: bit 0 = control batch; all others 0. */
  attributes: 9,
  /** u16: 0. */
  reserved: 10,
  /** u32, at most 2^31 - 1: Kafka's epochs are int32. */
  epoch: 12,
  /** u64, at most 2^53 - 1. */
  baseOffset: 16,
  /** u64: milliseconds since 1970. */
  appendTimeMs: 24,
  /** u32 */
  previousChecksum: 32,
  /** u32: 1 or more. */
  recordCount: 36,
  /** u32: size of the requests section. */
  requestsLength: 40,
  /** u32: size of the records section. */
  recordsLength: 44,
} as const;

export const HEADER_BYTES = 48;
export const MAGIC = 1;
export const CONTROL_BIT = 1;
/** Type, version and length of a record take a byte each at least. */
export const MIN_RECORD_BYTES = 3;
export const MAX_EPOCH = 2 ** 31 - 1;

const TWO_32 = 2 ** 32;

export function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** May exceed 2^53 and lose its low bits then; compare with MAX_SAFE_INT64 before use. */
export function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) * TWO_32 + readU32(bytes, at + 4);
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function writeU64(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, Math.floor(value / TWO_32));
  writeU32(bytes, at + 4, value % TWO_32);
}

/**
 * Says what is wrong with a header whose 48 bytes are there, or undefined. Looks at the numbers alone: neither the
 * checksum nor what stands behind the header.
 */
export function headerProblem(bytes: Uint8Array, at: number): string | undefined {
  const length = readU32(bytes, at + AT.length);
  const count = readU32(bytes, at + AT.recordCount);
  const requestsLength = readU32(bytes, at + AT.requestsLength);
  const recordsLength = readU32(bytes, at + AT.recordsLength);
  const lengthWrong = lengthProblem(length);
  if (lengthWrong !== undefined) return lengthWrong;
  if (bytes[at + AT.magic] !== MAGIC) return `magic is ${bytes[at + AT.magic]}, not ${MAGIC}`;
  if ((bytes[at + AT.attributes]! & ~CONTROL_BIT) !== 0) return `unknown attributes ${bytes[at + AT.attributes]}`;
  if (bytes[at + AT.reserved] !== 0 || bytes[at + AT.reserved + 1] !== 0) return 'reserved bytes are not zero';
  if (HEADER_BYTES + requestsLength + recordsLength !== length) {
    return `header, ${requestsLength} bytes of requests and ${recordsLength} of records do not make ${length} bytes`;
  }
  if (count < 1) return 'the batch has no records';
  if (count > MAX_READ_BATCH_RECORDS) return `${count} records are more than a batch may have (${MAX_READ_BATCH_RECORDS})`;
  if (count * MIN_RECORD_BYTES > recordsLength) return `${count} records cannot lie in ${recordsLength} bytes`;
  if (readU32(bytes, at + AT.epoch) > MAX_EPOCH) return 'epoch beyond 2^31 - 1';
  if (readU64(bytes, at + AT.baseOffset) + count > MAX_SAFE_INT64) return 'offsets beyond 2^53 - 1';
  if (readU64(bytes, at + AT.appendTimeMs) > MAX_SAFE_INT64) return 'append time beyond 2^53 - 1';
  return undefined;
}

/** Says what is wrong with the length a batch claims, or undefined. */
export function lengthProblem(length: number): string | undefined {
  if (length < HEADER_BYTES + MIN_RECORD_BYTES) return `a batch cannot be ${length} bytes long`;
  if (length > MAX_READ_BATCH_BYTES) return `${length} bytes are more than a batch may have (${MAX_READ_BATCH_BYTES})`;
  return undefined;
}

/** The header's fields. The caller has checked that they are there and make sense. */
export function readHeader(bytes: Uint8Array, at: number): BatchHeader {
  const baseOffset = readU64(bytes, at + AT.baseOffset);
  const recordCount = readU32(bytes, at + AT.recordCount);
  return {
    baseOffset: baseOffset as Offset,
    endOffset: (baseOffset + recordCount) as Offset,
    epoch: readU32(bytes, at + AT.epoch) as Epoch,
    appendTimeMs: readU64(bytes, at + AT.appendTimeMs),
    isControl: (bytes[at + AT.attributes]! & CONTROL_BIT) !== 0,
    recordCount,
    checksum: readU32(bytes, at + AT.checksum),
    previousChecksum: readU32(bytes, at + AT.previousChecksum),
  };
}

/** A batch over exactly its bytes, whose header has been checked. */
export function batchOver(bytes: Uint8Array): EncodedBatch {
  const baseOffset = readU64(bytes, AT.baseOffset);
  const recordCount = readU32(bytes, AT.recordCount);
  return {
    baseOffset: baseOffset as Offset,
    endOffset: (baseOffset + recordCount) as Offset,
    epoch: readU32(bytes, AT.epoch) as Epoch,
    appendTimeMs: readU64(bytes, AT.appendTimeMs),
    isControl: (bytes[AT.attributes]! & CONTROL_BIT) !== 0,
    recordCount,
    checksum: readU32(bytes, AT.checksum),
    previousChecksum: readU32(bytes, AT.previousChecksum),
    bytes,
  };
}
