import type { Offset } from '@quorate/records';
import type { FileHandle, FileSystem } from './file-system.js';
import { decodeMarker, slotPosition, type FlushedMarker } from './flushed-marker.js';
import { LOG_DIRECTORY, parseSegmentName, segmentPath } from './paths.js';
import { refusal, type Refusal } from './refusal.js';
import { BATCHES_POSITION, BLOCK_BYTES, decodeSegmentHeader, type HeaderRead, type LogIdentity } from './segment-header.js';

/** A file of the log as found. */
export interface FoundSegment {
  readonly path: string;
  readonly baseOffset: Offset;
  readonly handle: FileHandle;
  readonly header: HeaderRead;
  /** Valid markers; the later one of the two slots is where writing goes on. */
  readonly markers: readonly FlushedMarker[];
  readonly damagedSlots: readonly number[];
}

/** Opens every segment of the log, in order, and reads what stands before its batches. */
export function findSegments(fs: FileSystem): FoundSegment[] {
  const bases = fs.list(LOG_DIRECTORY).map(parseSegmentName).filter((base) => base !== undefined);
  return bases.sort((a, b) => a - b).map((baseOffset) => findSegment(fs, baseOffset));
}

function findSegment(fs: FileSystem, baseOffset: Offset): FoundSegment {
  const path = segmentPath(baseOffset);
  const handle = fs.open(path, { create: false });
  const head = new Uint8Array(BATCHES_POSITION);
  const bytes = head.subarray(0, handle.readSync(head, 0));
  const markers: FlushedMarker[] = [];
  const damagedSlots: number[] = [];
  for (const slot of [0, 1]) {
    const read = decodeMarker(bytes.subarray(slotPosition(slot), slotPosition(slot) + BLOCK_BYTES), baseOffset);
    if (read.kind === 'marker') markers.push(read.marker);
    if (read.kind === 'damaged') damagedSlots.push(slot);
  }
  return { path, baseOffset, handle, header: decodeSegmentHeader(bytes.subarray(0, BLOCK_BYTES)), markers, damagedSlots };
}

/** What makes the files unusable before a batch is read: they are another log's, or another format's. */
export function foreignProblem(found: readonly FoundSegment[], identity: LogIdentity): Refusal | undefined {
  for (const { path, header, baseOffset } of found) {
    if (header.kind === 'unknown-version') {
      return refusal('unknown-format', `${path} has format version ${header.version}, which this software does not know. Start the version that wrote it.`, { path });
    }
    if (header.kind !== 'header') continue;
    const { clusterId, directoryId } = header.header;
    if (clusterId !== identity.clusterId) {
      return refusal('other-cluster', `${path} belongs to cluster ${clusterId}, meta.properties says ${identity.clusterId}. Put back the file that belongs here.`, { path });
    }
    if (directoryId !== identity.directoryId) {
      return refusal('other-directory', `${path} was written in directory ${directoryId}, this one is ${identity.directoryId}. Put back the file that belongs here; a copy of another node's log is not this node's log.`, { path });
    }
    if (header.header.baseOffset !== baseOffset) return refusal('damaged', `${path} says that it begins at offset ${header.header.baseOffset}: it was renamed. Give it its name back.`, { path });
  }
  return undefined;
}
