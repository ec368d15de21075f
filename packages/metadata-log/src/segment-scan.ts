import { BATCH_HEADER_BYTES, parseBatchHeader, readBatch, type EncodedBatch, type Epoch, type Offset } from '@quorate/records';
import { hex32 } from './bytes.js';
import type { FileHandle } from './file-system.js';
import { BATCHES_POSITION } from './segment-header.js';

/** A place in the log: the next batch must continue all three. */
export interface LogCursor {
  readonly offset: Offset;
  readonly checksum: number;
  readonly epoch: Epoch;
}

/** How far a segment can be read. */
export interface Scan {
  /** Behind the last good batch. */
  readonly cursor: LogCursor;
  readonly position: number;
  readonly sizeBytes: number;
  /** Why the rest is no batch that belongs here; undefined when there is no rest. */
  readonly problem: string | undefined;
}

const CHUNK_BYTES = 1024 * 1024;

/**
 * Walks over a segment's batches, each checked by itself (checksum, structure) and against the one before it (offset,
 * chain, epoch). The batch handed to `onBatch` is a view that the next one may overwrite.
 */
export function scanSegment(handle: FileHandle, start: LogCursor, onBatch: (batch: EncodedBatch, position: number) => void): Scan {
  const sizeBytes = handle.sizeSync();
  let cursor = start;
  let position = BATCHES_POSITION;
  let chunkFrom = position;
  let buffer = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(0, sizeBytes - position)));
  let chunk = buffer.subarray(0, buffer.length === 0 ? 0 : handle.readSync(buffer, chunkFrom));
  for (;;) {
    if (position >= sizeBytes) return { cursor, position, sizeBytes, problem: undefined };
    const at = position - chunkFrom;
    const read = readBatch(chunk, at);
    if (read.kind === 'batch') {
      const problem = continues(cursor, read.batch);
      if (problem !== undefined) return { cursor, position, sizeBytes, problem };
      onBatch(read.batch, position);
      cursor = { offset: read.batch.endOffset, checksum: read.batch.checksum, epoch: read.batch.epoch };
      position += read.batch.bytes.length;
      continue;
    }
    if (read.kind === 'damaged') return { cursor, position, sizeBytes, problem: read.problem };
    if (chunkFrom + chunk.length >= sizeBytes) {
      return { cursor, position, sizeBytes, problem: `the file ends within a batch, ${sizeBytes - position} bytes behind its beginning` };
    }
    const header = parseBatchHeader(chunk, at);
    if (header === undefined && chunk.length - at >= BATCH_HEADER_BYTES) return { cursor, position, sizeBytes, problem: 'the header makes no sense' };
    const wanted = Math.min(Math.max(CHUNK_BYTES, header?.sizeBytes ?? 0), sizeBytes - position);
    if (wanted > buffer.length) buffer = new Uint8Array(wanted);
    chunkFrom = position;
    chunk = buffer.subarray(0, handle.readSync(buffer.subarray(0, wanted), chunkFrom));
    if (chunk.length < wanted) return { cursor, position, sizeBytes, problem: 'the file ends before its size' };
  }
}

function continues(cursor: LogCursor, batch: EncodedBatch): string | undefined {
  if (batch.baseOffset !== cursor.offset) return `the batch begins at offset ${batch.baseOffset}, expected ${cursor.offset}`;
  if (batch.previousChecksum !== cursor.checksum) {
    return `the batch at offset ${batch.baseOffset} follows one with checksum ${hex32(batch.previousChecksum)}, the one before it has ${hex32(cursor.checksum)}`;
  }
  if (batch.epoch < cursor.epoch) return `epoch ${batch.epoch} at offset ${batch.baseOffset} after epoch ${cursor.epoch}`;
  return undefined;
}
