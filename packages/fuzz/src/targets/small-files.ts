import { bytesEqual, crc32c, epoch, utf8Decode, utf8Encode, type Epoch, type Offset } from '@quorate/records';
import { encodeMetaProperties, parseMetaProperties } from '@quorate/metadata-log';
import { decodeElectionFile, encodeElectionFile, encodeLeaderEpochCheckpoint, parseLeaderEpochCheckpoint } from '@quorate/metadata-log/decoders';
import type { FuzzTarget } from '../target.js';
import { CLUSTER_ID, someEpoch, someNode, uuid } from './made.js';

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
    const [line = ''] = utf8Decode(bytes).split('\n');
    const text = utf8Encode(`${line}\ncrc32c ${crc32c(utf8Encode(line)).toString(16).padStart(8, '0')}`);
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
