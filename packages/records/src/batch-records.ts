import { AT, HEADER_BYTES, readU32 } from './batch-layout.js';
import type { EncodedBatch, RawRecord } from './batch.js';
import type { Offset } from './ids.js';
import { VarintReader, varintSize, writeVarint } from './varint.js';

/** All records of the batch in order. Payloads are views on the batch: copy what is kept. */
export function recordsOf(batch: EncodedBatch): RawRecord[] {
  const records: RawRecord[] = [];
  forEachRecord(batch, (raw) => records.push(raw));
  return records;
}

/** Calls `visit` for each record of the batch in order, with its offset and its index in the batch. */
export function forEachRecord(batch: EncodedBatch, visit: (raw: RawRecord, offset: Offset, index: number) => void): void {
  const { bytes, recordCount, baseOffset } = batch;
  const reader = new VarintReader(bytes, HEADER_BYTES + readU32(bytes, AT.requestsLength), bytes.length);
  for (let index = 0; index < recordCount; index++) {
    const type = reader.next();
    const version = reader.next();
    const length = reader.next();
    const payload = bytes.subarray(reader.at, reader.at + length);
    reader.at += length;
    visit({ type, version, payload }, (baseOffset + index) as Offset, index);
  }
}

/** Bytes that the record takes in a batch. */
export function encodedRecordSize(raw: RawRecord): number {
  const length = raw.payload.length;
  return varintSize(raw.type) + varintSize(raw.version) + varintSize(length) + length;
}

/** Writes the record at `at`, where there is room; returns the index behind it. */
export function writeRecord(bytes: Uint8Array, at: number, raw: RawRecord): number {
  let next = writeVarint(bytes, at, raw.type);
  next = writeVarint(bytes, next, raw.version);
  next = writeVarint(bytes, next, raw.payload.length);
  bytes.set(raw.payload, next);
  return next + raw.payload.length;
}

/** Says what is wrong with the framing of `count` records that must fill `[from, to)`, or undefined. */
export function recordsProblem(bytes: Uint8Array, from: number, to: number, count: number): string | undefined {
  const reader = new VarintReader(bytes, from, to);
  for (let index = 0; index < count; index++) {
    const type = reader.next();
    const version = reader.next();
    const length = reader.next();
    if (type < 0 || version < 0 || length < 0) return `record ${index} of ${count} has a broken frame`;
    reader.at += length;
    if (reader.at > to) return `record ${index} of ${count} reaches beyond the batch`;
  }
  return reader.at === to ? undefined : `${to - reader.at} bytes left over behind the last of ${count} records`;
}
