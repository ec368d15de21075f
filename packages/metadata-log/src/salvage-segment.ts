import { BATCH_HEADER_BYTES, MAX_READ_BATCH_BYTES, parseBatchHeader, readBatch, type EncodedBatch } from '@quorate/records';
import type { FileHandle } from './file-system.js';
import { BATCHES_POSITION } from './segment-header.js';

/** What stands at one place of a damaged file. */
export type SalvagedPiece =
  /** A batch that is sound by itself; whether it continues the one before is the caller's to check. A view that the next piece may overwrite. */
  | { readonly kind: 'batch'; readonly batch: EncodedBatch; readonly position: number }
  /** Bytes that are no batch, up to the next batch that is one, or to the end of the file. */
  | { readonly kind: 'unreadable'; readonly position: number; readonly endPosition: number; readonly problem: string };

/** Room for the largest batch there is, twice, so that one that begins in the first half is whole. */
const WINDOW_BYTES = 2 * MAX_READ_BATCH_BYTES;

/**
 * Reads everything in a segment's file that is still a batch, past any damage: for tools that show what is left. Changes
 * nothing. Recovery never does this: what stands behind damage may be of another history.
 */
export function salvageSegment(handle: FileHandle, visit: (piece: SalvagedPiece) => void): void {
  const sizeBytes = handle.sizeSync();
  const window = new SlidingWindow(handle, sizeBytes);
  let position = BATCHES_POSITION;
  let unreadable: { readonly from: number; readonly problem: string } | undefined;
  const endUnreadable = (): void => {
    if (unreadable !== undefined) visit({ kind: 'unreadable', position: unreadable.from, endPosition: position, problem: unreadable.problem });
    unreadable = undefined;
  };
  while (position < sizeBytes) {
    const { bytes, at } = window.at(position);
    const read = readBatch(bytes, at);
    if (read.kind === 'batch') {
      endUnreadable();
      visit({ kind: 'batch', batch: read.batch, position });
      position += read.batch.bytes.length;
      continue;
    }
    unreadable ??= { from: position, problem: read.kind === 'damaged' ? read.problem : `the file ends within a batch, ${sizeBytes - position} bytes behind its beginning` };
    position = nextPlausible(window, position + 1, sizeBytes);
  }
  position = sizeBytes;
  endUnreadable();
}

/** The next place where 48 bytes look like a header, or the end of the file. */
function nextPlausible(window: SlidingWindow, from: number, sizeBytes: number): number {
  for (let position = from; position + BATCH_HEADER_BYTES <= sizeBytes; position++) {
    const { bytes, at } = window.at(position);
    // The magic first: almost every place falls at that.
    if (bytes[at + MAGIC_AT] === MAGIC && parseBatchHeader(bytes, at) !== undefined) return position;
  }
  return sizeBytes;
}

const MAGIC_AT = 8;
const MAGIC = 1;

/** A file through a buffer that holds at least the next `MAX_READ_BATCH_BYTES` of it, as far as it goes. */
class SlidingWindow {
  private readonly handle: FileHandle;
  private readonly sizeBytes: number;
  private readonly buffer: Uint8Array;
  private from = 0;
  private filled: Uint8Array = new Uint8Array(0);

  constructor(handle: FileHandle, sizeBytes: number) {
    this.handle = handle;
    this.sizeBytes = sizeBytes;
    this.buffer = new Uint8Array(Math.min(WINDOW_BYTES, sizeBytes));
  }

  at(position: number): { readonly bytes: Uint8Array; readonly at: number } {
    const wanted = Math.min(position + MAX_READ_BATCH_BYTES, this.sizeBytes);
    if (position < this.from || wanted > this.from + this.filled.length) {
      this.from = position;
      this.filled = this.buffer.subarray(0, this.handle.readSync(this.buffer, position));
    }
    return { bytes: this.filled, at: position - this.from };
  }
}
