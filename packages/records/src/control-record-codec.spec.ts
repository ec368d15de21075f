import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONTROL_SAMPLES } from '../test/golden-samples.js';
import { decodeControlRecord, encodeControlRecord } from './control-record-codec.js';
import { RecordFormatError } from './errors.js';
import { CONTROL_RECORD_TYPE, CONTROL_RECORD_VERSIONS, type ControlRecord, type ControlRecordKind } from './record-kinds.js';

const kinds = Object.keys(CONTROL_RECORD_TYPE) as ControlRecordKind[];
const sample = (name: string): ControlRecord => CONTROL_SAMPLES[name] as ControlRecord;
const withFields = (name: string, fields: object): ControlRecord => ({ ...sample(name), value: { ...sample(name).value, ...fields } }) as ControlRecord;

describe('a control record', () => {
  it.each(Object.keys(CONTROL_SAMPLES))('%s comes back as it was written', (name) => {
    expect(decodeControlRecord(encodeControlRecord(sample(name)))).toEqual(sample(name));
  });

  it.each(kinds)('%s made from any bytes is a record or a RecordFormatError', (kind) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (payload) => {
        try {
          decodeControlRecord({ type: CONTROL_RECORD_TYPE[kind], version: 0, payload });
        } catch (error) {
          if (!(error instanceof RecordFormatError)) throw error;
        }
      }),
      { numRuns: 100 },
    );
  });

  it.each([0, 1, 7])('of type %d is refused', (type) => {
    expect(() => decodeControlRecord({ type, version: 0, payload: new Uint8Array(0) })).toThrow(`unknown control record type ${type}`);
  });

  it.each(kinds)('%s of a version after the latest is refused', (kind) => {
    const version = CONTROL_RECORD_VERSIONS[kind] + 1;

    expect(() => decodeControlRecord({ type: CONTROL_RECORD_TYPE[kind], version, payload: new Uint8Array(0) })).toThrow(`${kind} record has version ${version}`);
  });

  it('whose body says another version is refused, written or read', () => {
    const raw = encodeControlRecord(sample('LeaderChange-v1'));

    expect(() => encodeControlRecord(withFields('LeaderChange-v1', { version: 0 }))).toThrow('the body says version 0, the record 1');
    expect(() => decodeControlRecord({ ...raw, version: 0 })).toThrow('the body says version 1, the record 0');
  });

  it('LeaderChange of version 0 names no directory ids', () => {
    const voters = [{ voterId: 1, voterDirectoryId: new Uint8Array(16) }];

    expect(() => encodeControlRecord(withFields('LeaderChange-v0', { voters }))).toThrow('names directory ids, which exist since version 1');
    expect(() => encodeControlRecord(withFields('LeaderChange-v0', { grantingVoters: voters }))).toThrow('names directory ids');
  });

  it.each([
    ['SnapshotHeader-v0', { lastContainedLogTimestamp: 2 ** 53 }],
    ['SnapshotHeader-v0', { imageDigest: { lastStableOffset: 2 ** 53, digestVersion: 1, value: new Uint8Array(0) } }],
    ['SnapshotFooter-v0', { recordCount: 0.5 }],
  ])('%s with %j is refused', (name, fields) => {
    expect(() => encodeControlRecord(withFields(name, fields))).toThrow('must be an integer within 2^53 - 1 of zero');
  });

  it('keeps a checksum above 2^31 as an unsigned number', () => {
    const header = decodeControlRecord(encodeControlRecord(withFields('SnapshotHeader-v0', { chainChecksum: 0xffff_ffff })));

    expect(header.value).toMatchObject({ chainChecksum: 0xffff_ffff });
  });
});
