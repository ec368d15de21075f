import { BATCH_HEADER_BYTES, parseBatchHeader, readBatch, type Epoch, type Offset } from '@quorate/records';
import type { FlushedMarker } from './flushed-marker.js';
import type { FoundSegment } from './found-segments.js';
import { scanSegment } from './segment-scan.js';

/** More than this behind a damaged place is not searched for batches. */
const SEARCHED_BYTES = 64 * 1024 * 1024;

/**
 * An upper bound of what was ever flushed in a damaged log: where its last readable batch ends, provided that nothing
 * unreadable stands behind that, or where the marker says if that is more.
 *
 * @returns undefined when nobody can say: the end itself is damaged, or a segment is gone.
 * @throws what the file system throws.
 */
export function readableEnd(found: readonly FoundSegment[], marker: FlushedMarker | undefined): Offset | undefined {
  const last = found.at(-1);
  if (last === undefined || last.header.kind !== 'header') return undefined;
  if (marker?.sealed === true && marker.endOffset > last.baseOffset) return undefined;
  const end = walkedEnd(last);
  return end === undefined ? undefined : (Math.max(end, marker?.endOffset ?? 0) as Offset);
}

/** Where the batches of a segment end, or those that can be found behind a damaged place. */
function walkedEnd(segment: FoundSegment): Offset | undefined {
  const baseChecksum = segment.header.kind === 'header' ? segment.header.header.baseChecksum : 0;
  const scan = scanSegment(segment.handle, { offset: segment.baseOffset, checksum: baseChecksum, epoch: 0 as Epoch }, () => {});
  return scan.problem === undefined ? scan.cursor.offset : endBehind(segment, scan.position);
}

/** Looks for sound batches behind a damaged place, wherever they begin, that reach the end of the file. */
function endBehind({ handle }: FoundSegment, damagedAt: number): Offset | undefined {
  const sizeBytes = handle.sizeSync() - damagedAt;
  if (sizeBytes > SEARCHED_BYTES) return undefined;
  const bytes = new Uint8Array(Math.max(0, sizeBytes));
  if (handle.readSync(bytes, damagedAt) < sizeBytes) return undefined;
  for (let at = 1; at + BATCH_HEADER_BYTES <= bytes.length; at++) {
    const header = parseBatchHeader(bytes, at);
    if (header === undefined) continue;
    const end = endOfBatches(bytes, at);
    if (end !== undefined) return end;
  }
  return undefined;
}

/** Where batches end that fill the rest of the bytes; undefined when they do not. */
function endOfBatches(bytes: Uint8Array, from: number): Offset | undefined {
  let end: Offset | undefined;
  for (let at = from; at < bytes.length; ) {
    const read = readBatch(bytes, at);
    if (read.kind !== 'batch') return undefined;
    end = read.batch.endOffset;
    at = read.nextAt;
  }
  return end;
}
