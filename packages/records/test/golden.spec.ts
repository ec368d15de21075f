import { describe, expect, it } from 'vitest';
import {
  CONTROL_RECORD_TYPE,
  CONTROL_RECORD_VERSIONS,
  RECORD_TYPE,
  RECORD_VERSIONS,
  decodeControlRecord,
  decodeRecord,
  encodeBatch,
  encodeControlRecord,
  encodeRecord,
  readBatch,
  recordsOf,
  requestsOf,
  type BatchInput,
  type ControlRecord,
  type MetadataRecord,
} from '../src/index.js';
import { addGolden, goldenNames, readGolden } from './golden-files.js';
import { BATCH_SAMPLES, CONTROL_SAMPLES, METADATA_SAMPLES } from './golden-samples.js';

// Bytes that once stood in a log are read for ever. `node packages/records/golden/update.mjs` adds what is new.
if (process.env['QUORATE_UPDATE_GOLDEN'] === '1') {
  for (const [name, record] of Object.entries(METADATA_SAMPLES)) addGolden(name, record, encodeRecord(record).payload);
  for (const [name, record] of Object.entries(CONTROL_SAMPLES)) addGolden(name, record, encodeControlRecord(record).payload);
  for (const [name, input] of Object.entries(BATCH_SAMPLES)) addGolden(name, input, encodeBatch(input).bytes);
}

const names = goldenNames();
const isBatch = (name: string): boolean => name.startsWith('batch-');
const isControl = (name: string): boolean => name.split('-')[0]! in CONTROL_RECORD_TYPE;

describe('golden metadata records', () => {
  it.each(names.filter((name) => !isBatch(name) && !isControl(name)))('%s still has these bytes and this meaning', (name) => {
    const { described, bytes } = readGolden<MetadataRecord>(name);

    const raw = { type: RECORD_TYPE[described.kind], version: described.version, payload: bytes };

    expect(decodeRecord(raw)).toEqual(described);
    expect(encodeRecord(described)).toEqual(raw);
  });

  it('cover every version of every record', () => {
    const expected = Object.entries(RECORD_VERSIONS).flatMap(([kind, latest]) => range(latest).map((version) => `${kind}-v${version}`));

    expect(expected.filter((prefix) => !names.some((name) => isOf(prefix, name)))).toEqual([]);
  });
});

describe('golden control records', () => {
  it.each(names.filter(isControl))('%s still has these bytes and this meaning', (name) => {
    const { described, bytes } = readGolden<ControlRecord>(name);

    const raw = { type: CONTROL_RECORD_TYPE[described.kind], version: described.version, payload: bytes };

    expect(decodeControlRecord(raw)).toEqual(described);
    expect(encodeControlRecord(described)).toEqual(raw);
  });

  it('cover every version of every control record', () => {
    const expected = Object.entries(CONTROL_RECORD_VERSIONS).flatMap(([kind, latest]) => range(latest).map((version) => `${kind}-v${version}`));

    expect(expected.filter((prefix) => !names.some((name) => isOf(prefix, name)))).toEqual([]);
  });
});

describe('golden batches', () => {
  it.each(names.filter(isBatch))('%s still has these bytes and this meaning', (name) => {
    const { described, bytes } = readGolden<BatchInput>(name);

    const read = readBatch(bytes, 0);

    expect(encodeBatch(described).bytes).toEqual(bytes);
    if (read.kind !== 'batch') throw new Error(`read as ${read.kind}`);
    const { records, requests, ...header } = described;
    expect(read.batch).toMatchObject(header);
    expect(recordsOf(read.batch)).toEqual(records);
    expect(requestsOf(read.batch)).toEqual(requests ?? []);
  });
});

it('has a golden file for every sample, and no file whose sample is gone', () => {
  const samples = [...Object.keys(METADATA_SAMPLES), ...Object.keys(CONTROL_SAMPLES), ...Object.keys(BATCH_SAMPLES)];

  expect(names).toEqual(samples.sort());
});

function range(last: number): number[] {
  return Array.from({ length: last + 1 }, (_, index) => index);
}

function isOf(prefix: string, name: string): boolean {
  return name === prefix || name.startsWith(`${prefix}-`);
}
