import {
  AT,
  CONTROL_BIT,
  HEADER_BYTES,
  MAGIC,
  MAX_EPOCH,
  batchOver,
  headerProblem,
  lengthProblem,
  readHeader,
  readU32,
  writeU32,
  writeU64,
} from './batch-layout.js';
import { encodedRecordSize, recordsProblem, writeRecord } from './batch-records.js';
import { encodeRequests, requestsProblem } from './batch-requests.js';
import { MAX_READ_BATCH_BYTES, MAX_READ_BATCH_RECORDS, type BatchHeader, type EncodedBatch, type RawRecord, type RequestOutcome } from './batch.js';
import { crc32c } from './crc32c.js';
import { RecordFormatError } from './errors.js';
import { MAX_SAFE_INT64 } from './ids.js';

/** What a batch is made from. */
export interface BatchInput {
  /** Offset of the first record: the log's end offset where the batch is appended. */
  readonly baseOffset: number;
  /** The leader's epoch, at most 2^31 - 1. */
  readonly epoch: number;
  /** Wall clock, milliseconds since 1970; one for all records. */
  readonly appendTimeMs: number;
  readonly isControl: boolean;
  /** Checksum of the batch before it, or `genesisChecksum(clusterId)` at offset 0. */
  readonly previousChecksum: number;
  /** One at least. */
  readonly records: readonly RawRecord[];
  readonly requests?: readonly RequestOutcome[] | undefined;
}

/** What stands at one place of a log, a frame or a file. */
export type BatchRead =
  /** A whole batch with a right checksum. `batch.bytes` is a view on the input. */
  | { readonly kind: 'batch'; readonly batch: EncodedBatch; readonly nextAt: number }
  /** The input ends here. */
  | { readonly kind: 'end' }
  /** The input ends within the batch: a torn write, or more is to come. */
  | { readonly kind: 'incomplete' }
  /** No batch stands here, whatever may follow. */
  | { readonly kind: 'damaged'; readonly problem: string };

/**
 * Makes a batch in one buffer of exactly its size.
 *
 * Limits of what we write (`MAX_WRITTEN_BATCH_BYTES`, `MAX_WRITTEN_BATCH_RECORDS`) are the proposer's to keep; here only
 * what no reader would take is refused.
 *
 * @throws RecordFormatError without records, above MAX_READ_BATCH_BYTES or MAX_READ_BATCH_RECORDS, or with a number or request out of range.
 */
export function encodeBatch(input: BatchInput): EncodedBatch {
  checkNumbers(input);
  const requests = encodeRequests(input.requests ?? [], input.records.length);
  let recordsLength = 0;
  for (const record of input.records) recordsLength += encodedRecordSize(record);
  const length = HEADER_BYTES + requests.length + recordsLength;
  if (length > MAX_READ_BATCH_BYTES) {
    throw new RecordFormatError(`a batch of ${length} bytes is more than any reader takes (${MAX_READ_BATCH_BYTES})`);
  }
  const bytes = new Uint8Array(length);
  writeHeader(bytes, input, requests.length, recordsLength);
  bytes.set(requests, HEADER_BYTES);
  let at = HEADER_BYTES + requests.length;
  for (const record of input.records) at = writeRecord(bytes, at, record);
  writeU32(bytes, AT.checksum, crc32c(bytes, AT.length));
  return batchOver(bytes);
}

/**
 * Reads the batch that begins at `at`. A batch that comes back is sound throughout: checksum, numbers, the frame of each
 * record and the requests section, so that `recordsOf` and `requestsOf` cannot fail on it; what the payloads mean is left
 * to `decodeRecord`. Never throws and copies nothing, whatever the bytes are.
 */
export function readBatch(bytes: Uint8Array, at: number): BatchRead {
  const left = bytes.length - at;
  if (left <= 0) return { kind: 'end' };
  if (left < AT.magic) return { kind: 'incomplete' };
  const length = readU32(bytes, at + AT.length);
  const lengthWrong = lengthProblem(length);
  if (lengthWrong !== undefined) return { kind: 'damaged', problem: lengthWrong };
  if (left < length) return { kind: 'incomplete' };
  const problem = batchProblem(bytes, at, length);
  if (problem !== undefined) return { kind: 'damaged', problem };
  return { kind: 'batch', batch: batchOver(bytes.subarray(at, at + length)), nextAt: at + length };
}

/**
 * Reads batch behind batch. `problem` says why reading stopped before the input's end; the batches before that are good.
 * Whether they chain and continue each other's offsets is the caller's to check.
 */
export function readBatches(bytes: Uint8Array): { batches: EncodedBatch[]; problem?: string } {
  const batches: EncodedBatch[] = [];
  let at = 0;
  for (;;) {
    const read = readBatch(bytes, at);
    switch (read.kind) {
      case 'batch':
        batches.push(read.batch);
        at = read.nextAt;
        break;
      case 'end':
        return { batches };
      case 'incomplete':
        return { batches, problem: `the batch at byte ${at} is cut off after ${bytes.length - at} bytes` };
      case 'damaged':
        return { batches, problem: `no batch at byte ${at}: ${read.problem}` };
    }
  }
}

/**
 * The header at `at` and the batch's size, from the 48 bytes of the header alone and without checking the checksum: for
 * walking over a log that is read elsewhere. Undefined when fewer bytes are there or the numbers make no sense.
 */
export function parseBatchHeader(bytes: Uint8Array, at: number): (BatchHeader & { readonly sizeBytes: number }) | undefined {
  if (bytes.length - at < HEADER_BYTES || headerProblem(bytes, at) !== undefined) return undefined;
  return { ...readHeader(bytes, at), sizeBytes: readU32(bytes, at + AT.length) };
}

function batchProblem(bytes: Uint8Array, at: number, length: number): string | undefined {
  const stored = readU32(bytes, at + AT.checksum);
  const actual = crc32c(bytes, at + AT.length, at + length);
  if (stored !== actual) return `checksum is ${hex(stored)}, its ${length} bytes give ${hex(actual)}`;
  const headerWrong = headerProblem(bytes, at);
  if (headerWrong !== undefined) return headerWrong;
  const count = readU32(bytes, at + AT.recordCount);
  const requestsFrom = at + HEADER_BYTES;
  const recordsFrom = requestsFrom + readU32(bytes, at + AT.requestsLength);
  return (
    requestsProblem(bytes, requestsFrom, recordsFrom, count) ?? recordsProblem(bytes, recordsFrom, at + length, count)
  );
}

function writeHeader(bytes: Uint8Array, input: BatchInput, requestsLength: number, recordsLength: number): void {
  writeU32(bytes, AT.length, bytes.length);
  bytes[AT.magic] = MAGIC;
  bytes[AT.attributes] = input.isControl ? CONTROL_BIT : 0;
  writeU32(bytes, AT.epoch, input.epoch);
  writeU64(bytes, AT.baseOffset, input.baseOffset);
  writeU64(bytes, AT.appendTimeMs, input.appendTimeMs);
  writeU32(bytes, AT.previousChecksum, input.previousChecksum);
  writeU32(bytes, AT.recordCount, input.records.length);
  writeU32(bytes, AT.requestsLength, requestsLength);
  writeU32(bytes, AT.recordsLength, recordsLength);
}

function checkNumbers(input: BatchInput): void {
  if (input.records.length === 0) throw new RecordFormatError('a batch has one record at least');
  checkRange('number of records', input.records.length, MAX_READ_BATCH_RECORDS);
  checkRange('base offset', input.baseOffset, MAX_SAFE_INT64 - input.records.length);
  checkRange('epoch', input.epoch, MAX_EPOCH);
  checkRange('append time', input.appendTimeMs, MAX_SAFE_INT64);
  checkRange('previous checksum', input.previousChecksum, 2 ** 32 - 1);
}

function checkRange(what: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= max) return;
  throw new RecordFormatError(`${what} of a batch must be an integer from 0 to ${max}, got ${value}`);
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}
