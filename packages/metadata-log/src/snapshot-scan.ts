import { readBatch, type EncodedBatch } from '@quorate/records';
import type { SnapshotHead, SnapshotInfo } from '@quorate/raft-node';
import { readU32 } from './bytes.js';
import type { FileHandle, FileSystem } from './file-system.js';
import { LOG_DIRECTORY, parseSnapshotName, snapshotPath, type SnapshotId } from './paths.js';
import { readFooter, readHead, SnapshotVerifier, type SnapshotClaim } from './snapshot-verifier.js';

/** A snapshot file in order, as far as it was looked at. */
export interface FoundSnapshot extends SnapshotInfo {
  readonly head: SnapshotHead;
}

const SLICE_BYTES = 1024 * 1024;
/** A footer's batch is far smaller. */
const FOOTER_ROOM = 256;

/** Ids of the snapshots that lie there, whole or not, newest first; the bootstrap checkpoint is none. */
export function snapshotIds(fs: FileSystem): SnapshotId[] {
  const ids = fs.list(LOG_DIRECTORY).map(parseSnapshotName).filter((id) => id !== undefined && id.endOffset > 0) as SnapshotId[];
  return ids.sort((a, b) => b.endOffset - a.endOffset || b.epoch - a.epoch);
}

/** Reads the whole file, in slices, and checks every byte. @returns what it is, or why it is no whole snapshot. */
export function verifySnapshot(fs: FileSystem, claim: SnapshotClaim): FoundSnapshot | string {
  return withFile(fs, claim.id, (file, sizeBytes) => {
    const verifier = new SnapshotVerifier(claim);
    const slice = new Uint8Array(Math.min(SLICE_BYTES, sizeBytes));
    for (let at = 0; at < sizeBytes && verifier.problemSoFar === undefined; ) {
      const read = file.readSync(slice, at);
      if (read === 0) return 'the file ends before its size';
      verifier.push(slice.subarray(0, read));
      at += read;
    }
    return verifier.end();
  });
}

/** Checks a snapshot's first batch and its footer, not what is between them: for one that is not the newest. */
export function verifySnapshotEnds(fs: FileSystem, claim: SnapshotClaim): FoundSnapshot | string {
  return withFile(fs, claim.id, (file, sizeBytes) => {
    const first = readFirstBatch(file, sizeBytes);
    if (typeof first === 'string') return first;
    const tail = new Uint8Array(Math.min(FOOTER_ROOM, sizeBytes));
    const bytes = tail.subarray(0, file.readSync(tail, sizeBytes - tail.length));
    return hasFooter(bytes) ? readHead(first, claim.id) : 'it has no footer: it is incomplete';
  });
}

/** The batch at the beginning of the file, which says what the snapshot is. */
export function readFirstBatch(file: FileHandle, sizeBytes: number): EncodedBatch | string {
  const start = new Uint8Array(Math.min(8, sizeBytes));
  file.readSync(start, 0);
  const length = start.length < 8 ? 0 : readU32(start, 4);
  const bytes = new Uint8Array(Math.min(Math.max(length, 8), sizeBytes, SLICE_BYTES));
  const read = readBatch(bytes.subarray(0, file.readSync(bytes, 0)), 0);
  if (read.kind === 'batch') return read.batch;
  return read.kind === 'damaged' ? read.problem : 'the file ends within its first batch';
}

function hasFooter(tail: Uint8Array): boolean {
  for (let at = 0; at + 8 <= tail.length; at++) {
    if (readU32(tail, at + 4) !== tail.length - at) continue;
    const read = readBatch(tail, at);
    if (read.kind === 'batch' && typeof readFooter(read.batch) !== 'string') return true;
  }
  return false;
}

function withFile(fs: FileSystem, id: SnapshotId, look: (file: FileHandle, sizeBytes: number) => SnapshotHead | string): FoundSnapshot | string {
  const file = fs.open(snapshotPath(id), { create: false });
  try {
    const sizeBytes = file.sizeSync();
    const head = look(file, sizeBytes);
    if (typeof head === 'string') return head;
    return { id, head, sizeBytes, lastContainedTimestampMs: head.lastContainedTimestampMs, chainChecksum: head.chainChecksum };
  } finally {
    file.close();
  }
}
