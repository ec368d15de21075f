import { concatBytes, crc32c, nodeId, uuidFromBytes, utf8Decode, utf8Encode, type Uuid } from '@quorate/records';
import { formatDirectory, inspectDirectory, openLog, type FileSystem, type OpenedLog, type Refusal } from '@quorate/metadata-log';
import { BATCHES_POSITION, BLOCK_BYTES, MARKER_BYTES } from '@quorate/metadata-log/decoders';
import { MemoryFileSystem } from '@quorate/metadata-log/memory';
import { verifyDirectory } from '@quorate/metadata-log/tools';
import type { Random } from '../random.js';
import { repairBatches } from '../repair-batches.js';
import type { FuzzTarget } from '../target.js';
import { batches, CLUSTER_ID, voter } from './made.js';

/** A whole data directory as one input: for each file the length of its name, the name, the length of its content, the content. */
export const directoryTarget: FuzzTarget = {
  name: 'directory',
  shape: 'bytes',
  valid: (random) => pack(madeDirectory(random)),
  repair: (bytes, random) => {
    for (const [name, content] of unpack(bytes)) {
      if (name.endsWith('.log')) repairSegment(content, random);
      if (name.endsWith('.checkpoint')) repairBatches(content, 0, random.oneIn(3));
    }
    return bytes;
  },
  largeBytes: 64 * 1024,
  // The disk in memory, the reader's window and what is written again are all copies of the files.
  buffersPerByte: 64,
  // Header and marker slots of a segment are read whole, each time that somebody looks at them.
  freeBufferBytes: 512 * 1024,
  decode: (bytes) => {
    const files = unpack(bytes);
    const verified = verify(files);
    const opened = open(disk(files));
    if (opened.kind === 'refused') {
      // A start may refuse what the offline check does not judge: another node's or cluster's directory.
      if (verified === 'whole' && opened.reason === 'damaged') throw new Error(`called whole, and refused: ${opened.message}`);
      return 'refused';
    }
    opened.store.close(() => undefined);
    opened.elections.close();
    const isRecovering = opened.recovered.log.recovering !== undefined;
    if (verified === 'damaged' && !isRecovering) throw new Error('called damaged, and taken for whole by a start');
    return 'read';
  },
};

type Files = readonly (readonly [name: string, content: Uint8Array])[];

function madeDirectory(random: Random): Files {
  const fs = new MemoryFileSystem({ random: () => random.word() / 2 ** 32 });
  const directoryId = DIRECTORY_ID;
  const voters = [{ ...voter(random), id: nodeId(1), directoryId }, { ...voter(random), id: nodeId(2) }];
  formatDirectory(fs, { clusterId: CLUSTER_ID, nodeId: nodeId(1), directoryId, isController: true, initialVoters: voters }, () => undefined);
  const opened = open(fs);
  if (opened.kind === 'refused') throw new Error(opened.message);
  const { store, elections } = opened;
  for (const batch of batches(random)) store.append(batch);
  store.close(() => undefined);
  elections.close();
  return [...fs.list('').map((name) => name), ...fs.list(LOG).map((name) => `${LOG}/${name}`)].filter((path) => path !== LOG).map((path) => [path, fs.readFile(path)]);
}

const LOG = '__cluster_metadata-0';
const DIRECTORY_ID: Uuid = uuidFromBytes(Uint8Array.from({ length: 16 }, (_, index) => index + 1));

function verify(files: Files): 'whole' | 'damaged' | 'not-ours' {
  const fs = disk(files);
  const found = inspectDirectory(fs);
  if (found.kind !== 'formatted' || !found.hasLog) return 'not-ours';
  // What a metadata record means is for the image to find out, which refuses it when it replays.
  const isDamage = verifyDirectory(fs, found.properties).findings.some(({ severity, problem }) => severity === 'damage' && !problem.startsWith('record '));
  return isDamage ? 'damaged' : 'whole';
}

function open(fs: FileSystem): OpenedLog | Refusal {
  let result: OpenedLog | Refusal | undefined;
  openLog(fs, { nodeId: nodeId(1), timers: { nowMs: () => 0, arm: () => undefined }, segmentBytes: 1 << 30, cacheBytes: 0 }, (opened) => (result = opened));
  if (result === undefined) throw new Error('the log was neither opened nor refused');
  return result;
}

function disk(files: Files): MemoryFileSystem {
  const fs = new MemoryFileSystem({ random: () => 0.5 });
  fs.makeDirectory(LOG);
  for (const [name, content] of files) {
    // A name that was hit may lie nowhere; such a file is lost.
    if (!/^(__cluster_metadata-0\/)?[\w.-]+$/.test(name) || name === LOG) continue;
    const file = fs.open(name, { create: true });
    file.writeSync(content, 0);
    file.close();
  }
  return fs;
}

function pack(files: Files): Uint8Array {
  return concatBytes(files.flatMap(([name, content]) => [number(utf8Encode(name).length), utf8Encode(name), number(content.length), content]));
}

/** Views on the input, so that a repair changes it. */
function unpack(bytes: Uint8Array): Files {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files: [string, Uint8Array][] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const nameEnd = at + 4 + view.getUint32(at);
    if (nameEnd + 4 > bytes.length) break;
    const end = nameEnd + 4 + view.getUint32(nameEnd);
    files.push([utf8Decode(bytes.subarray(at + 4, nameEnd)), bytes.subarray(nameEnd + 4, Math.min(end, bytes.length))]);
    at = end;
  }
  return files;
}

function number(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** Header, markers and batches each get the checksum that fits; now and then one is left as it is. */
function repairSegment(content: Uint8Array, random: Random): void {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  if (content.length >= BLOCK_BYTES && !random.oneIn(8)) view.setUint32(8, crc32c(content, 12, BLOCK_BYTES));
  for (const slot of [1, 2]) {
    const at = slot * BLOCK_BYTES;
    const isWritten = content.length >= at + MARKER_BYTES && content.subarray(at, at + MARKER_BYTES).some((byte) => byte !== 0);
    if (isWritten && !random.oneIn(8)) view.setUint32(at, crc32c(content, at + 4, at + MARKER_BYTES));
  }
  repairBatches(content, BATCHES_POSITION, random.oneIn(3));
}


