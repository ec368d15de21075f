import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { allKinds, anyRecordOf } from '../test/arbitrary-records.js';
import { METADATA_SAMPLES } from '../test/golden-samples.js';
import { RecordFormatError } from './errors.js';
import { decodeRecord, encodeRecord, encodeRecords } from './record-codec.js';
import { RECORD_TYPE, RECORD_VERSIONS, type MetadataRecord } from './record-kinds.js';

const sample = (name: string): MetadataRecord => {
  const record = METADATA_SAMPLES[name];
  if (record === undefined) throw new Error(`no sample ${name}`);
  return record;
};
const withFields = (name: string, fields: object): MetadataRecord => {
  const record = sample(name);
  return { ...record, value: { ...record.value, ...fields } } as MetadataRecord;
};

describe('a metadata record', () => {
  it.each(allKinds)('%s comes back as it was written, at every version', (kind) => {
    fc.assert(
      fc.property(anyRecordOf(kind), (record) => {
        expect(decodeRecord(encodeRecord(record))).toEqual(record);
      }),
      { numRuns: 60 },
    );
  });

  it('has the same bytes alone and among others', () => {
    const anyRecords = fc.array(fc.constantFrom(...allKinds).chain((kind) => anyRecordOf(kind)), { maxLength: 6 });
    fc.assert(
      fc.property(anyRecords, (records) => {
        expect(encodeRecords(records)).toEqual(records.map((record) => encodeRecord(record)));
      }),
    );
  });

  it.each(allKinds)('%s made from any bytes is a record or a RecordFormatError', (kind) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer({ min: 0, max: RECORD_VERSIONS[kind] }), (payload, version) => {
        expectRecordOrFormatError(RECORD_TYPE[kind], version, payload);
      }),
      { numRuns: 60 },
    );
  });

  it.each(Object.keys(METADATA_SAMPLES))('%s with any byte changed or cut off is a record or a RecordFormatError', (name) => {
    const raw = encodeRecord(sample(name));

    for (let at = 0; at < raw.payload.length; at++) {
      expectRecordOrFormatError(raw.type, raw.version, raw.payload.subarray(0, at));
      for (const change of [0x01, 0x80, 0xff]) {
        expectRecordOrFormatError(raw.type, raw.version, raw.payload.map((byte, index) => (index === at ? byte ^ change : byte)));
      }
    }
  });

  it('keeps its bytes as a view on what it was read from', () => {
    const frame = new Uint8Array(100);
    const raw = encodeRecord(sample('Topic-v0'));
    frame.set(raw.payload, 10);

    const record = decodeRecord({ ...raw, payload: frame.subarray(10, 10 + raw.payload.length) });

    expect(record.kind === 'Topic' && record.value.topicId.buffer === frame.buffer).toBe(true);
  });
});

describe('what is refused when read', () => {
  it.each([6, 13, 16, 30, 4_294_967_295])('type %d, which no record has', (type) => {
    expect(() => decodeRecord({ type, version: 0, payload: new Uint8Array(0) })).toThrow(`unknown record type ${type}`);
  });

  it.each(allKinds)('a version of %s after the latest', (kind) => {
    const version = RECORD_VERSIONS[kind] + 1;

    expect(() => decodeRecord({ type: RECORD_TYPE[kind], version, payload: new Uint8Array(0) })).toThrow(
      `${kind} record has version ${version}; this software knows 0 to ${RECORD_VERSIONS[kind]}`,
    );
  });

  it('bytes left over behind the last field', () => {
    const raw = encodeRecord(sample('Topic-v0'));
    const payload = Uint8Array.from([...raw.payload, 0, 1, 2]);

    expect(() => decodeRecord({ ...raw, payload })).toThrow(/Topic record has \d+ bytes left over/);
  });

  it('an int64 beyond 2^53', () => {
    const payload = new BinaryWriter().uint32(8).int32(101).uint32(16).int64(2n ** 53n).finish();

    expect(() => decodeRecord({ type: RECORD_TYPE.UnregisterBroker, version: 0, payload })).toThrow(/UnregisterBroker record .* cannot be decoded: .*MAX_SAFE_INTEGER/);
  });

  it('a field that the version beside it does not have', () => {
    const raw = encodeRecord(sample('Partition-v2'));

    expect(() => decodeRecord({ ...raw, version: 1 })).toThrow('Partition record of version 1 sets eligibleLeaderReplicas, which exists since version 2');
  });
});

describe('what is refused when written', () => {
  it.each([
    ['RegisterBroker-v0', { inControlledShutdown: true }, 'inControlledShutdown, which exists since version 1'],
    ['RegisterBroker-v1', { isMigratingZkBroker: true }, 'isMigratingZkBroker, which exists since version 2'],
    ['RegisterBroker-v2', { logDirs: [new Uint8Array(16)] }, 'logDirs, which exists since version 3'],
    ['RegisterBroker-v3', { cordonedLogDirs: { ids: [] } }, 'cordonedLogDirs, which exists since version 4'],
    ['Partition-v0', { directories: [new Uint8Array(16)] }, 'directories, which exists since version 1'],
    ['Partition-v1', { lastKnownElr: { ids: [] } }, 'lastKnownElr, which exists since version 2'],
    ['PartitionChange-v0', { directories: { ids: [] } }, 'directories, which exists since version 1'],
    ['PartitionChange-v1', { eligibleLeaderReplicas: { ids: [] } }, 'eligibleLeaderReplicas, which exists since version 2'],
    ['BrokerRegistrationChange-v0-fenced', { inControlledShutdown: 1 }, 'inControlledShutdown, which exists since version 1'],
    ['BrokerRegistrationChange-v1', { logDirs: [new Uint8Array(16)] }, 'logDirs, which exists since version 2'],
    ['BrokerRegistrationChange-v2', { cordonedLogDirs: { ids: [] } }, 'cordonedLogDirs, which exists since version 3'],
  ])('%s with %j', (name, fields, message) => {
    expect(() => encodeRecord(withFields(name, fields))).toThrow(message);
  });

  it.each([
    ['RegisterBroker-v0', 'brokerEpoch'],
    ['UnregisterBroker-v0', 'brokerEpoch'],
    ['FenceBroker-v0', 'epoch'],
    ['UnfenceBroker-v0', 'epoch'],
    ['DelegationToken-v0', 'issueTimestamp'],
    ['DelegationToken-v0', 'maxTimestamp'],
    ['DelegationToken-v0', 'expirationTimestamp'],
    ['ProducerIds-v0', 'brokerEpoch'],
    ['ProducerIds-v0', 'nextProducerId'],
    ['BrokerRegistrationChange-v0-fenced', 'brokerEpoch'],
  ])('%s with %s beyond 2^53, or no integer', (name, field) => {
    for (const value of [2 ** 53, -(2 ** 53), 1.5, Number.NaN]) {
      expect(() => encodeRecord(withFields(name, { [field]: value }))).toThrow(`${field} must be an integer within 2^53 - 1 of zero, got ${value}`);
    }
  });

  it.each([
    ['PartitionChange-v0', { leader: -2 }],
    ['PartitionChange-v0', { leaderRecoveryState: -1 }],
    ['BrokerRegistrationChange-v1', { fenced: 0 }],
    ['BrokerRegistrationChange-v1', { inControlledShutdown: 0 }],
  ])('%s with %j, by which Kafka says "unchanged"', (name, fields) => {
    expect(() => encodeRecord(withFields(name, fields))).toThrow('leave the field out instead');
  });

  it('an int32 that is none, named by its record', () => {
    expect(() => encodeRecord(withFields('Partition-v0', { leaderEpoch: 2 ** 31 }))).toThrow(/^Partition record cannot be encoded/);
  });

  it.each([-1, 0.5, 3])('version %d of a Partition record', (version) => {
    expect(() => encodeRecord({ ...sample('Partition-v0'), version } as MetadataRecord)).toThrow(`Partition record has version ${version}`);
  });
});

describe('absent, empty, −1 and −2', () => {
  const change = (fields: object): MetadataRecord => decodeRecord(encodeRecord(withFields('PartitionChange-v2-emptied', fields)));

  it('are told apart in a list that may be null', () => {
    expect(change({ isr: undefined }).value).toMatchObject({ isr: undefined });
    expect(change({ isr: { ids: [] } }).value).toMatchObject({ isr: { ids: [] } });
  });

  it('are told apart in the leader of a change', () => {
    expect(change({ leader: undefined }).value).toMatchObject({ leader: undefined });
    expect(change({ leader: -1 }).value).toMatchObject({ leader: -1 });
    expect(change({ leader: 0 }).value).toMatchObject({ leader: 0 });
  });

  it('are told apart in the value of a config', () => {
    const config = (value: string | undefined) => decodeRecord(encodeRecord(withFields('Config-v0', { value }))).value;

    expect(config(undefined)).toMatchObject({ value: undefined });
    expect(config('')).toMatchObject({ value: '' });
  });

  it("reads Kafka's numbers for unchanged as absence", () => {
    const partition = new BinaryWriter().uint32(32).int32(-2).uint32(64).int32(-1).finish();
    const registration = new BinaryWriter().uint32(24).int32(0).uint32(32).int32(0).finish();

    expect(decodeRecord({ type: RECORD_TYPE.PartitionChange, version: 0, payload: partition }).value).toMatchObject({ leader: undefined, leaderRecoveryState: undefined });
    expect(decodeRecord({ type: RECORD_TYPE.BrokerRegistrationChange, version: 1, payload: registration }).value).toMatchObject({ fenced: undefined, inControlledShutdown: undefined });
  });
});

function expectRecordOrFormatError(type: number, version: number, payload: Uint8Array): void {
  try {
    decodeRecord({ type, version, payload });
  } catch (error) {
    if (!(error instanceof RecordFormatError)) throw error;
  }
}
