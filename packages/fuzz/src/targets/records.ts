import { decodeControlRecord, decodeRecord, encodeControlRecord, encodeRecord, RecordFormatError, type RawRecord } from '@quorate/records';
import { DirectoryTable, PartitionChangeDraft, PartitionDecoder, PartitionDraft } from '@quorate/metadata-image/decoders';
import { votersFromRecord } from '@quorate/raft-core';
import type { FuzzTarget, Verdict } from '../target.js';
import { CONTROL_PAYLOADS, METADATA_PAYLOADS } from './made.js';

/** Type and version stand before the payload, a byte each: the same three parts as in a batch, without the framing. */
const join = ({ type, version, payload }: RawRecord): Uint8Array => Uint8Array.from([type, version, ...payload]);
const part = (bytes: Uint8Array): RawRecord => ({ type: bytes[0] ?? 0, version: bytes[1] ?? 0, payload: bytes.subarray(2) });

/** Above, the writer's own buffers would count as the reader's. */
const WRITTEN_AGAIN_BYTES = 1024;

function unlessFormatError(read: () => void): Verdict {
  try {
    read();
    return 'read';
  } catch (error) {
    if (error instanceof RecordFormatError) return 'refused';
    throw error;
  }
}

/** Any metadata record; what was read can be written again, unless it says what we never write. */
export const recordTarget: FuzzTarget = {
  name: 'record',
  shape: 'protobuf',
  valid: (random) => join(random.pick(METADATA_PAYLOADS).raw),
  decode: (bytes) =>
    unlessFormatError(() => {
      const record = decodeRecord(part(bytes));
      if (bytes.length < WRITTEN_AGAIN_BYTES) encodeRecord(record);
    }),
};

/** A control record and, for voters, what Raft makes of it. */
export const controlRecordTarget: FuzzTarget = {
  name: 'control-record',
  shape: 'protobuf',
  valid: (random) => join(random.pick(CONTROL_PAYLOADS).raw),
  decode: (bytes) =>
    unlessFormatError(() => {
      const record = decodeControlRecord(part(bytes));
      if (record.kind === 'KRaftVoters') votersFromRecord(record.value);
      if (bytes.length < WRITTEN_AGAIN_BYTES) encodeControlRecord(record);
    }),
};

/** The decoders into columns: what they take, the generated decoder must take too, and they must say the same. */
export const partitionTarget: FuzzTarget = {
  name: 'partition',
  shape: 'protobuf',
  valid: (random) => join(random.pick(METADATA_PAYLOADS.filter(({ kind }) => kind === 'Partition' || kind === 'PartitionChange')).raw),
  // Lists of four bytes an id, doubled as they grow: scratch that a decoder keeps for all records to come; here it is a new one each time.
  buffersPerByte: 20,
  decode: (bytes) => {
    const raw = part(bytes);
    const decoder = new PartitionDecoder();
    const directories = new DirectoryTable();
    const isChange = raw.type !== METADATA_PAYLOADS.find(({ kind }) => kind === 'Partition')!.raw.type;
    const direct = isChange ? decoder.decodeChange(raw.payload, raw.version, new PartitionChangeDraft(), directories) : decoder.decodePartition(raw.payload, raw.version, new PartitionDraft(), directories);
    if (!direct) return 'refused';
    const record = decodeRecord({ ...raw, type: isChange ? METADATA_PAYLOADS.find(({ kind }) => kind === 'PartitionChange')!.raw.type : raw.type });
    if (record.kind !== 'Partition' && record.kind !== 'PartitionChange') throw new Error(`a ${record.kind} was taken for a partition`);
    if (record.value.partitionId !== decoder.partitionId) throw new Error(`partition ${decoder.partitionId}, the generated decoder says ${record.value.partitionId}`);
    return 'read';
  },
};
