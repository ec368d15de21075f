import { bytesEqual, crc32c, epoch, utf8Decode, utf8Encode, type Epoch, type Offset } from '@quorate/records';
import { encodeMetaProperties, parseMetaProperties } from '@quorate/metadata-log';
import { decodeElectionFile, encodeDamageNote, encodeElectionFile, encodeLeaderEpochCheckpoint, parseLeaderEpochCheckpoint, readDamageNote, readDirectoryIdChange } from '@quorate/metadata-log/decoders';
import { MemoryFileSystem } from '@quorate/metadata-log/memory';
import type { FuzzTarget } from '../target.js';
import { CLUSTER_ID, someEpoch, someNode, uuid } from './made.js';

/** A line, and the line with its checksum that fits. */
function withChecksum(bytes: Uint8Array): Uint8Array {
  const [line = ''] = utf8Decode(bytes).split('\n');
  return utf8Encode(`${line}\ncrc32c ${crc32c(utf8Encode(line)).toString(16).padStart(8, '0')}`);
}

/** quorum-state: whatever is read, reads back as the same bytes. */
export const quorumStateTarget: FuzzTarget = {
  name: 'quorum-state',
  shape: 'text',
  valid: (random) => {
    const votedKey = random.oneIn(2) ? undefined : { id: someNode(random), directoryId: random.oneIn(3) ? undefined : uuid(random) };
    const state = { epoch: epoch(1 + someEpoch(random)), leaderId: random.oneIn(2) ? undefined : someNode(random), votedKey };
    return encodeElectionFile({ sequence: random.below(1e6), directoryId: uuid(random), state: random.oneIn(8) ? undefined : state });
  },
  repair: (bytes) => {
    const text = withChecksum(bytes);
    const file = new Uint8Array(Math.max(512, text.length)).fill(0x0a);
    file.set(text);
    return file;
  },
  decode: (bytes) => {
    const read = decodeElectionFile(bytes);
    if (read.kind === 'valid' && !bytesEqual(encodeElectionFile(read.file), bytes)) throw new Error('a quorum-state was read that nobody writes');
    return read.kind === 'valid' ? 'read' : 'refused';
  },
};

export const metaPropertiesTarget: FuzzTarget = {
  name: 'meta-properties',
  shape: 'text',
  valid: (random) => encodeMetaProperties({ clusterId: random.pick([CLUSTER_ID, ' a=b:c #d ', 'ü\\']), nodeId: someNode(random), directoryId: uuid(random), recoveryId: uuid(random) }),
  // An entry a line, and a line has two letters at least.
  heapPerByte: 512,
  decode: (bytes) => (typeof parseMetaProperties(bytes) === 'string' ? 'refused' : 'read'),
};

export const epochCheckpointTarget: FuzzTarget = {
  name: 'leader-epoch-checkpoint',
  shape: 'text',
  valid: (random) => {
    let [at, start] = [0, 0];
    const epochs = Array.from({ length: random.below(6) }, () => ({ epoch: (at += random.between(1, 9)) as Epoch, startOffset: (start += random.between(1, 999)) as Offset }));
    return encodeLeaderEpochCheckpoint(epochs);
  },
  decode: (bytes) => {
    const epochs = parseLeaderEpochCheckpoint(bytes);
    if (epochs?.some((entry) => !Number.isSafeInteger(entry.startOffset) || entry.epoch > 2 ** 31 - 1) === true) throw new Error('an epoch or offset that no log has');
    return epochs === undefined ? 'refused' : 'read';
  },
};

/** The note that durable data is missing. What it says when it cannot be read is as good as what it says at all: it is there. */
export const recoveringTarget: FuzzTarget = {
  name: 'recovering',
  shape: 'text',
  valid: (random) => encodeDamageNote({ problem: 'rot', soundUpTo: random.below(999), epoch: someEpoch(random), endOffset: random.oneIn(3) ? undefined : random.below(999) }),
  repair: withChecksum,
  buffersPerByte: 8,
  decode: (bytes) => {
    const note = readDamageNote(diskWith('recovering', bytes), 7);
    if (note === undefined) throw new Error('a note that is there was passed over');
    if (![note.soundUpTo, note.epoch, note.endOffset ?? 0].every((value) => Number.isSafeInteger(value) && value >= 0)) throw new Error(`made no sense: ${JSON.stringify(note)}`);
    return note.problem.endsWith('cannot be read.') ? 'refused' : 'read';
  },
};

export const directoryIdTarget: FuzzTarget = {
  name: 'directory-id-change',
  shape: 'text',
  valid: (random) => withChecksum(utf8Encode(JSON.stringify({ from: uuid(random), to: uuid(random), data_version: 1 }))),
  repair: withChecksum,
  buffersPerByte: 8,
  decode: (bytes) => (readDirectoryIdChange(diskWith('directory-id-change', bytes)) === undefined ? 'refused' : 'read'),
};

function diskWith(name: string, bytes: Uint8Array): MemoryFileSystem {
  const fs = new MemoryFileSystem({ random: () => 0.5 });
  fs.makeDirectory('__cluster_metadata-0');
  fs.open(`__cluster_metadata-0/${name}`, { create: true }).writeSync(bytes, 0);
  return fs;
}
