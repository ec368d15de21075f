import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import type { RawRecord } from './batch.js';
import { RecordFormatError } from './errors.js';
import { METADATA_CODECS, type MessageCodec } from './message-codecs.js';
import { INT64_FIELDS, LATER_FIELDS, UNCHANGED_VALUES, isSaid } from './record-fields.js';
import { RECORD_TYPE, RECORD_VERSIONS, recordKindOf, type MetadataRecord, type MetadataRecordKind } from './record-kinds.js';

type AnyValue = MetadataRecord['value'];
type Fields = Record<string, unknown>;

/**
 * Type, version and protobuf bytes of a metadata record.
 *
 * @throws RecordFormatError when the version does not exist, a field is set that this version does not have, an int64 lies
 *   beyond 2^53, or a field holds one of Kafka's "unchanged" numbers instead of being left out.
 */
export function encodeRecord(record: MetadataRecord): RawRecord {
  return encodeWith(new BinaryWriter(), record);
}

/** `encodeRecord` for each, with one buffer to write in. */
export function encodeRecords(records: readonly MetadataRecord[]): RawRecord[] {
  const writer = new BinaryWriter();
  return records.map((record) => encodeWith(writer, record));
}

function encodeWith(writer: BinaryWriter, record: MetadataRecord): RawRecord {
  const { kind, version } = record;
  checkVersion(kind, version);
  checkFieldsOfVersion(kind, version, record.value);
  checkInt64(kind, record.value);
  checkNothingUnchanged(kind, record.value);
  const codec = METADATA_CODECS[kind] as MessageCodec<AnyValue>;
  return { type: RECORD_TYPE[kind], version, payload: encodePayload(kind, codec, record.value, writer) };
}

/**
 * The metadata record that the bytes hold. Its byte fields are views on the payload: copy what is kept.
 *
 * Fields whose number this software does not know are skipped, as protobuf does; every new field raises the version,
 * which is refused. Fields that say "unchanged" by a number of Kafka's come back absent.
 *
 * @throws RecordFormatError on an unknown type or version, a payload that is no such message or holds more than one, an
 *   int64 beyond 2^53, or a field that the version does not have.
 */
export function decodeRecord(raw: RawRecord): MetadataRecord {
  const kind = recordKindOf(raw.type);
  if (kind === undefined) throw new RecordFormatError(`unknown record type ${raw.type}: written by newer software, or damaged`);
  checkVersion(kind, raw.version);
  const value = decodePayload(kind, METADATA_CODECS[kind] as MessageCodec<AnyValue>, raw.payload);
  checkFieldsOfVersion(kind, raw.version, value);
  dropUnchanged(kind, value);
  return { kind, version: raw.version, value } as MetadataRecord;
}

/** Encodes, and names the record in what goes wrong (a number outside its field's range). */
export function encodePayload<T>(kind: string, codec: MessageCodec<T>, value: T, writer = new BinaryWriter()): Uint8Array {
  try {
    return codec.encode(value, writer).finish();
  } catch (cause) {
    throw new RecordFormatError(`${kind} record cannot be encoded: ${messageOf(cause)}`, { cause });
  }
}

/** Decodes the whole payload; bytes left over are an error, as in Kafka. */
export function decodePayload<T>(kind: string, codec: MessageCodec<T>, payload: Uint8Array): T {
  const reader = new BinaryReader(payload);
  let value: T;
  try {
    value = codec.decode(reader);
  } catch (cause) {
    throw new RecordFormatError(`${kind} record of ${payload.length} bytes cannot be decoded: ${messageOf(cause)}`, { cause });
  }
  if (reader.pos !== reader.len) {
    throw new RecordFormatError(`${kind} record has ${reader.len - reader.pos} bytes left over after its last field`);
  }
  return value;
}

function checkVersion(kind: MetadataRecordKind, version: number): void {
  const latest = RECORD_VERSIONS[kind];
  if (Number.isInteger(version) && version >= 0 && version <= latest) return;
  throw new RecordFormatError(`${kind} record has version ${version}; this software knows 0 to ${latest}`);
}

function checkFieldsOfVersion(kind: MetadataRecordKind, version: number, value: AnyValue): void {
  const later: Readonly<Record<string, number>> | undefined = LATER_FIELDS[kind];
  if (later === undefined || version === RECORD_VERSIONS[kind]) return;
  for (const field in later) {
    const since = later[field] ?? 0;
    if (version < since && isSaid((value as Fields)[field])) {
      throw new RecordFormatError(`${kind} record of version ${version} sets ${field}, which exists since version ${since}`);
    }
  }
}

function checkInt64(kind: MetadataRecordKind, value: AnyValue): void {
  const fields: readonly string[] | undefined = INT64_FIELDS[kind];
  if (fields === undefined) return;
  for (const field of fields) {
    const number = (value as Fields)[field];
    if (!Number.isSafeInteger(number)) {
      throw new RecordFormatError(`${kind} record: ${field} must be an integer within 2^53 - 1 of zero, got ${String(number)}`);
    }
  }
}

function checkNothingUnchanged(kind: MetadataRecordKind, value: AnyValue): void {
  const unchanged: Readonly<Record<string, number>> | undefined = UNCHANGED_VALUES[kind];
  if (unchanged === undefined) return;
  for (const field in unchanged) {
    if ((value as Fields)[field] === unchanged[field]) {
      throw new RecordFormatError(`${kind} record: ${field} is ${unchanged[field]}, "unchanged"; leave the field out instead`);
    }
  }
}

function dropUnchanged(kind: MetadataRecordKind, value: AnyValue): void {
  const unchanged: Readonly<Record<string, number>> | undefined = UNCHANGED_VALUES[kind];
  if (unchanged === undefined) return;
  for (const field in unchanged) {
    if ((value as Fields)[field] === unchanged[field]) (value as Fields)[field] = undefined;
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
