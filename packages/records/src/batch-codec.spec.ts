import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH_SAMPLES } from '../test/golden-samples.js';
import { encodeBatch, parseBatchHeader, readBatch, readBatches, type BatchInput } from './batch-codec.js';
import { AT, HEADER_BYTES, writeU32 } from './batch-layout.js';
import { encodedRecordSize, forEachRecord, recordsOf } from './batch-records.js';
import { keptRequestsOf, outcomeOf, requestsOf } from './batch-requests.js';
import { MAX_READ_BATCH_BYTES } from './batch.js';
import { concatBytes } from './bytes.js';
import { crc32c } from './crc32c.js';

const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 });
const rawRecord = fc.record({
  type: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  version: fc.integer({ min: 0, max: 200 }),
  payload: fc.uint8Array({ maxLength: 200 }),
});
const batchInput: fc.Arbitrary<BatchInput> = fc
  .record({
    baseOffset: fc.integer({ min: 0, max: 2 ** 52 }),
    epoch: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    appendTimeMs: fc.integer({ min: 0, max: 2 ** 53 - 1 }),
    isControl: fc.boolean(),
    previousChecksum: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    records: fc.array(rawRecord, { minLength: 1, maxLength: 8 }),
  })
  .chain((input) => {
    const item = fc.record({ errorCode: fc.integer({ min: -1, max: 32_767 }), topicId: fc.option(uuid, { nil: undefined }) });
    const request = fc.record({ requestId: uuid, firstRecord: fc.integer({ min: 0, max: input.records.length }), items: fc.array(item, { maxLength: 3 }) });
    const requests = fc.array(request, { maxLength: 4 }).map((list) => list.sort((a, b) => a.firstRecord - b.firstRecord));
    return requests.map((list) => ({ ...input, requests: list }));
  });

const sample = (name: string): BatchInput => {
  const input = BATCH_SAMPLES[name];
  if (input === undefined) throw new Error(`no sample ${name}`);
  return input;
};
const sampleBytes = (name = 'batch-requests'): Uint8Array => Uint8Array.from(encodeBatch(sample(name)).bytes);

/** The batch with bytes changed and its checksum made right again, as only a hostile writer would. */
function forged(change: (bytes: Uint8Array) => void, bytes = sampleBytes()): Uint8Array {
  change(bytes);
  writeU32(bytes, AT.checksum, crc32c(bytes, AT.length));
  return bytes;
}

describe('a batch', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(batchInput, (input) => {
        const written = encodeBatch(input);

        const read = readBatch(written.bytes, 0);

        if (read.kind !== 'batch') throw new Error(JSON.stringify(read));
        const { records, requests, ...header } = input;
        expect(read.batch).toEqual(written);
        expect(read.batch).toMatchObject(header);
        expect(read.batch.endOffset).toBe(input.baseOffset + records.length);
        expect(recordsOf(read.batch)).toEqual(records);
        expect(requestsOf(read.batch)).toEqual(requests);
        expect(read.nextAt).toBe(written.bytes.length);
      }),
    );
  });

  it('gives its requests to keep: they outlive its bytes, and say the same', () => {
    fc.assert(
      fc.property(batchInput, (input) => {
        const { bytes } = encodeBatch(input);
        const read = readBatch(bytes, 0);
        if (read.kind !== 'batch') throw new Error(JSON.stringify(read));

        const kept = keptRequestsOf(read.batch);
        bytes.fill(0xff);

        expect(kept.map(({ message }) => outcomeOf(message))).toEqual(input.requests);
        expect(kept.map(({ requestId }) => requestId)).toEqual(input.requests?.map(({ requestId }) => requestId));
      }),
    );
  });

  it('hands its records out with their offsets', () => {
    const batch = encodeBatch(sample('batch-control'));
    const seen: [number, number, number][] = [];

    forEachRecord(batch, (raw, offset, index) => seen.push([raw.type, offset, index]));

    expect(seen).toEqual([[2, 41, 0], [5, 42, 1], [6, 43, 2]]);
  });

  it('takes as many bytes as its header and records say', () => {
    const input = sample('batch-control');
    const size = input.records.reduce((sum, record) => sum + encodedRecordSize(record), HEADER_BYTES);

    expect(encodeBatch(input).bytes.length).toBe(size);
  });

  it('is found at any place of a longer array, as a view on it', () => {
    const bytes = sampleBytes();
    const frame = concatBytes([new Uint8Array(13), bytes, new Uint8Array(5)]);

    const read = readBatch(frame, 13);

    expect(read.kind === 'batch' && read.nextAt).toBe(13 + bytes.length);
    expect(read.kind === 'batch' && read.batch.bytes.buffer === frame.buffer).toBe(true);
  });

  it('reads from a Buffer as from any Uint8Array', () => {
    const bytes = sampleBytes();

    const read = readBatch(Buffer.concat([Buffer.from(bytes)]), 0);

    expect(read.kind === 'batch' && Uint8Array.from(read.batch.bytes)).toEqual(bytes);
  });
});

describe('damage', () => {
  it.each(Object.keys(BATCH_SAMPLES))('of any one bit of %s is found', (name) => {
    const bytes = sampleBytes(name);

    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(readBatch(bytes, 0).kind).not.toBe('batch');
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    expect(readBatch(bytes, 0).kind).toBe('batch');
  });

  it.each(Object.keys(BATCH_SAMPLES))('by cutting %s off after any byte is incomplete', (name) => {
    const bytes = sampleBytes(name);

    expect(readBatch(bytes.subarray(0, 0), 0).kind).toBe('end');
    for (let length = 1; length < bytes.length; length++) expect(readBatch(bytes.subarray(0, length), 0).kind).toBe('incomplete');
  });

  it('of any bytes at all never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(['end', 'incomplete', 'damaged']).toContain(readBatch(bytes, 0).kind);
        parseBatchHeader(bytes, 0);
      }),
    );
  });

  it('that a hostile writer gives a right checksum never throws, and what is read as a batch is sound', () => {
    const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(BATCH_SAMPLES)), fc.array(change, { minLength: 1, maxLength: 6 }), (name, changes) => {
        const bytes = forged((victim) => changes.forEach(({ at, byte }) => (victim[AT.magic + (at % (victim.length - AT.magic))] = byte)), sampleBytes(name));

        const read = readBatch(bytes, 0);

        if (read.kind !== 'batch') return;
        const sizes = recordsOf(read.batch).map(encodedRecordSize);
        expect(sizes.length).toBe(read.batch.recordCount);
        for (const request of requestsOf(read.batch)) expect(request.requestId.length).toBe(16);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['a magic of 2', (bytes: Uint8Array) => (bytes[AT.magic] = 2), 'magic is 2, not 1'],
    ['an unknown attribute', (bytes: Uint8Array) => (bytes[AT.attributes] = 3), 'unknown attributes 3'],
    ['reserved bytes in use', (bytes: Uint8Array) => (bytes[AT.reserved + 1] = 1), 'reserved bytes are not zero'],
    ['an epoch above int32', (bytes: Uint8Array) => writeU32(bytes, AT.epoch, 2 ** 31), 'epoch beyond 2^31 - 1'],
    ['offsets above 2^53', (bytes: Uint8Array) => writeU32(bytes, AT.baseOffset, 2 ** 21), 'offsets beyond 2^53 - 1'],
    ['a time above 2^53', (bytes: Uint8Array) => writeU32(bytes, AT.appendTimeMs, 2 ** 21), 'append time beyond 2^53 - 1'],
    ['no records', (bytes: Uint8Array) => writeU32(bytes, AT.recordCount, 0), 'the batch has no records'],
    ['a record too many', (bytes: Uint8Array) => writeU32(bytes, AT.recordCount, 3), 'record 2 of 3 has a broken frame'],
    ['a record too few', (bytes: Uint8Array) => writeU32(bytes, AT.recordCount, 1), 'first record 2 of 1'],
    ['four milliard records', (bytes: Uint8Array) => writeU32(bytes, AT.recordCount, 2 ** 32 - 1), '4294967295 records are more than a batch may have'],
    ['more records than its bytes can hold', (bytes: Uint8Array) => writeU32(bytes, AT.recordCount, 100_000), '100000 records cannot lie in'],
    ['sections that do not fill it', (bytes: Uint8Array) => writeU32(bytes, AT.requestsLength, 0), 'do not make 286 bytes'],
  ])('%s is named', (_, change, problem) => {
    const read = readBatch(forged(change), 0);

    expect(read).toEqual({ kind: 'damaged', problem: expect.stringContaining(problem) as string });
  });

  it('leaves no byte unaccounted for behind the last record', () => {
    const input = sample('batch-control');
    const bytes = forged((victim) => writeU32(victim, AT.recordCount, 2), sampleBytes('batch-control'));

    expect(readBatch(bytes, 0)).toMatchObject({ kind: 'damaged', problem: `${encodedRecordSize(input.records[2]!)} bytes left over behind the last of 2 records` });
  });

  it('by a length that no batch has is known from eight bytes, and nothing is allocated for it', () => {
    const bytes = new Uint8Array(8);
    for (const length of [0, HEADER_BYTES, MAX_READ_BATCH_BYTES + 1, 2 ** 32 - 1]) {
      writeU32(bytes, AT.length, length);
      expect(readBatch(bytes, 0).kind).toBe('damaged');
    }
    writeU32(bytes, AT.length, MAX_READ_BATCH_BYTES);
    expect(readBatch(bytes, 0).kind).toBe('incomplete');
  });
});

describe('a row of batches', () => {
  const first = sampleBytes('batch-one-record');
  const second = sampleBytes('batch-control');

  it('reads to its end', () => {
    const { batches, problem } = readBatches(concatBytes([first, second]));

    expect(batches.map((batch) => batch.baseOffset)).toEqual([0, 41]);
    expect(problem).toBeUndefined();
  });

  it('keeps the good ones before a torn one', () => {
    const { batches, problem } = readBatches(concatBytes([first, second]).subarray(0, first.length + 60));

    expect(batches.map((batch) => batch.baseOffset)).toEqual([0]);
    expect(problem).toBe(`the batch at byte ${first.length} is cut off after 60 bytes`);
  });

  it('keeps the good ones before a damaged one', () => {
    const bytes = concatBytes([first, second]);
    bytes[first.length + 50]! ^= 1;

    const { batches, problem } = readBatches(bytes);

    expect(batches.map((batch) => batch.baseOffset)).toEqual([0]);
    expect(problem).toContain(`no batch at byte ${first.length}: checksum is`);
  });

  it('chains by the checksum of the one before', () => {
    const head = encodeBatch(sample('batch-one-record'));
    const next = encodeBatch({ ...sample('batch-control'), previousChecksum: head.checksum });

    expect(readBatch(next.bytes, 0)).toMatchObject({ batch: { previousChecksum: head.checksum } });
  });
});

describe('a header alone', () => {
  it('says what the batch says, and its size', () => {
    const { bytes, ...header } = encodeBatch(sample('batch-control'));

    expect(parseBatchHeader(bytes.subarray(0, HEADER_BYTES), 0)).toEqual({ ...header, sizeBytes: bytes.length });
  });

  it('is nothing when a byte is missing or its numbers make no sense', () => {
    const bytes = sampleBytes();

    expect(parseBatchHeader(bytes.subarray(0, HEADER_BYTES - 1), 0)).toBeUndefined();
    expect(parseBatchHeader(new Uint8Array(HEADER_BYTES), 0)).toBeUndefined();
  });
});

describe('what is not written', () => {
  const requestId = new Uint8Array(16);

  it.each<[string, Partial<BatchInput>, string]>([
    ['a batch without records', { records: [] }, 'one record at least'],
    ['more records than any reader takes', { records: Array.from({ length: 100_001 }, () => ({ type: 20, version: 0, payload: new Uint8Array(0) })) }, 'number of records of a batch'],
    ['a negative offset', { baseOffset: -1 }, 'base offset of a batch must be an integer from 0 to'],
    ['an offset beyond 2^53', { baseOffset: 2 ** 53 }, 'base offset of a batch'],
    ['an epoch beyond int32', { epoch: 2 ** 31 }, 'epoch of a batch'],
    ['a broken time', { appendTimeMs: 0.5 }, 'append time of a batch'],
    ['a signed checksum', { previousChecksum: -1 }, 'previous checksum of a batch'],
    ['a request id of 15 bytes', { requests: [{ requestId: new Uint8Array(15), firstRecord: 0, items: [] }] }, 'a request id is not 16 bytes'],
    ['a topic id of 15 bytes', { requests: [{ requestId, firstRecord: 0, items: [{ errorCode: 0, topicId: new Uint8Array(15) }] }] }, 'a topic id is not 16 bytes'],
    ['a first record behind the batch', { requests: [{ requestId, firstRecord: 2, items: [] }] }, 'first record 2 of 1'],
    ['requests out of order', { requests: [{ requestId, firstRecord: 1, items: [] }, { requestId, firstRecord: 0, items: [] }] }, 'first record 0 stands behind 1'],
  ])('%s', (_, change, message) => {
    expect(() => encodeBatch({ ...sample('batch-one-record'), ...change })).toThrow(message);
  });

  it('a batch larger than any reader takes', () => {
    const largest = MAX_READ_BATCH_BYTES - HEADER_BYTES - 6;
    const input = (length: number): BatchInput => ({ ...sample('batch-one-record'), records: [{ type: 4, version: 0, payload: new Uint8Array(length) }] });

    expect(readBatch(encodeBatch(input(largest)).bytes, 0).kind).toBe('batch');
    expect(() => encodeBatch(input(largest + 1))).toThrow('more than any reader takes');
  });
});
