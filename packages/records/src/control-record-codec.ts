import type { RawRecord } from './batch.js';
import { RecordFormatError } from './errors.js';
import type { KRaftVotersControlRecord } from './gen/quorate/records/v1/kraft_voters_control_record.js';
import type { LeaderChangeControlRecord } from './gen/quorate/records/v1/leader_change_control_record.js';
import { CONTROL_CODECS, type MessageCodec } from './message-codecs.js';
import { decodePayload, encodePayload } from './record-codec.js';
import {
  CONTROL_RECORD_TYPE,
  CONTROL_RECORD_VERSIONS,
  controlRecordKindOf,
  type ControlRecord,
  type ControlRecordKind,
} from './record-kinds.js';

type AnyControlValue = ControlRecord['value'];

/**
 * Type, version and protobuf bytes of a control record.
 *
 * @throws RecordFormatError when the version does not exist or is not the one inside the body, or the body holds what the
 *   version cannot say.
 */
export function encodeControlRecord(record: ControlRecord): RawRecord {
  checkControlRecord(record);
  const codec = CONTROL_CODECS[record.kind] as MessageCodec<AnyControlValue>;
  const payload = encodePayload(record.kind, codec, record.value);
  return { type: CONTROL_RECORD_TYPE[record.kind], version: record.version, payload };
}

/**
 * The control record that the bytes hold. Its byte fields are views on the payload: copy what is kept.
 *
 * @throws RecordFormatError on an unknown type or version, and on a body that is no such message or contradicts the
 *   version beside it.
 */
export function decodeControlRecord(raw: RawRecord): ControlRecord {
  const kind = controlRecordKindOf(raw.type);
  if (kind === undefined) throw new RecordFormatError(`unknown control record type ${raw.type}: written by newer software, or damaged`);
  checkVersion(kind, raw.version);
  const value = decodePayload(kind, CONTROL_CODECS[kind] as MessageCodec<AnyControlValue>, raw.payload);
  const record = { kind, version: raw.version, value } as ControlRecord;
  checkControlRecord(record);
  return record;
}

function checkControlRecord(record: ControlRecord): void {
  checkVersion(record.kind, record.version);
  if (record.value.version !== record.version) {
    throw new RecordFormatError(`${record.kind} record: the body says version ${record.value.version}, the record ${record.version}`);
  }
  switch (record.kind) {
    case 'LeaderChange':
      if (record.version === 0 && namesDirectories(record.value)) {
        throw new RecordFormatError('LeaderChange record of version 0 names directory ids, which exist since version 1');
      }
      return;
    case 'SnapshotHeader':
      checkInt64(record.kind, 'lastContainedLogTimestamp', record.value.lastContainedLogTimestamp);
      checkInt64(record.kind, 'imageDigest.lastStableOffset', record.value.imageDigest?.lastStableOffset ?? 0);
      return;
    case 'SnapshotFooter':
      checkInt64(record.kind, 'recordCount', record.value.recordCount);
      return;
    case 'KRaftVoters':
      checkVoters(record.value);
      return;
    case 'KRaftVersion':
      return;
  }
}

/** A voter set that Raft can be told: one voter at least, ids once each, a directory id and a kraft.version range for each (KIP-853). */
function checkVoters({ voters }: KRaftVotersControlRecord): void {
  if (voters.length === 0) throw new RecordFormatError('KRaftVoters record names no voter');
  const ids = new Set<number>();
  for (const { voterId, voterDirectoryId, kraftVersionFeature } of voters) {
    if (voterId < 0 || ids.has(voterId)) throw new RecordFormatError(`KRaftVoters record: node id ${voterId} ${voterId < 0 ? 'is negative' : 'stands there twice'}`);
    ids.add(voterId);
    if (voterDirectoryId.length !== 16) throw new RecordFormatError(`KRaftVoters record: the directory id of voter ${voterId} has ${voterDirectoryId.length} bytes, not 16`);
    if (kraftVersionFeature === undefined) throw new RecordFormatError(`KRaftVoters record: voter ${voterId} has no kraft.version range`);
  }
}

function checkVersion(kind: ControlRecordKind, version: number): void {
  const latest = CONTROL_RECORD_VERSIONS[kind];
  if (Number.isInteger(version) && version >= 0 && version <= latest) return;
  throw new RecordFormatError(`${kind} record has version ${version}; this software knows 0 to ${latest}`);
}

function checkInt64(kind: ControlRecordKind, field: string, value: number): void {
  if (Number.isSafeInteger(value)) return;
  throw new RecordFormatError(`${kind} record: ${field} must be an integer within 2^53 - 1 of zero, got ${value}`);
}

function namesDirectories(value: LeaderChangeControlRecord): boolean {
  return [...value.voters, ...value.grantingVoters].some((voter) => voter.voterDirectoryId.length > 0);
}
