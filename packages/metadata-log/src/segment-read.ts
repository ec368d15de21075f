import { BATCH_HEADER_BYTES, parseBatchHeader, readBatch, type EncodedBatch, type Offset } from '@quorate/records';
import { LogDamageError } from './errors.js';
import type { Segment } from './segment.js';
import { INDEX_INTERVAL_BYTES } from './segment-index.js';
import { BATCHES_POSITION } from './segment-header.js';

/** A batch and where in its segment it lies. */
export interface PlacedBatch {
  readonly batch: EncodedBatch;
  readonly position: number;
}

/**
 * Reads whole batches of one segment from the disk, beginning with the one that holds `from`: the first in any case, else
 * about `maxBytes` and none that ends behind `upTo`. Their bytes are views on one new buffer.
 *
 * @throws LogDamageError when what was written there is not there; what the file system throws.
 */
export function readSegment(segment: Segment, from: Offset, upTo: Offset, maxBytes: number): PlacedBatch[] {
  const found: PlacedBatch[] = [];
  let position = segment.index.floor(from) ?? BATCHES_POSITION;
  let chunk = readChunk(segment, position, INDEX_INTERVAL_BYTES + maxBytes);
  let at = 0;
  let size = 0;
  while (position < segment.endPosition) {
    const header = parseBatchHeader(chunk, at);
    const needed = header?.sizeBytes ?? BATCH_HEADER_BYTES;
    if (chunk.length - at < needed) {
      const mayStop = found.length > 0 || position + needed > segment.endPosition;
      if (mayStop) break;
      chunk = readChunk(segment, position, needed + maxBytes);
      if (chunk.length < needed) throw new LogDamageError(segment.path, position, 'the file ends here');
      at = 0;
      continue;
    }
    if (header === undefined) break;
    if (header.endOffset > from) {
      if (header.endOffset > upTo || (found.length > 0 && size + header.sizeBytes > maxBytes)) return found;
      const read = readBatch(chunk, at);
      if (read.kind !== 'batch') throw new LogDamageError(segment.path, position, read.kind === 'damaged' ? read.problem : read.kind);
      found.push({ batch: read.batch, position });
      size += header.sizeBytes;
    }
    position += header.sizeBytes;
    at += header.sizeBytes;
  }
  if (found.length === 0) throw new LogDamageError(segment.path, position, `the batch with offset ${from} is not there`);
  return found;
}

function readChunk(segment: Segment, position: number, sizeBytes: number): Uint8Array {
  const chunk = new Uint8Array(Math.min(sizeBytes, segment.endPosition - position));
  return chunk.subarray(0, segment.handle.readSync(chunk, position));
}
