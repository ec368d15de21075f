import type { EncodedBatch, Offset } from '@quorate/records';
import { assert } from './assert.js';
import type { FileHandle, FileSystem } from './file-system.js';
import { encodeMarker, MARKER_BYTES, slotPosition, type FlushedMarker } from './flushed-marker.js';
import { segmentPath } from './paths.js';
import { BATCHES_POSITION, encodeSegmentHeader, HEADER_POSITION, type LogIdentity } from './segment-header.js';
import { SegmentIndex } from './segment-index.js';

/** What a marker says; its sequence number is the segment's own business. */
export type MarkerContent = Omit<FlushedMarker, 'sequence'>;

/** One open file of the log: header, two marker slots, batches. */
export class Segment {
  readonly path: string;
  readonly index = new SegmentIndex();
  readonly handle: FileHandle;
  readonly baseOffset: Offset;
  /** Checksum of the batch that ends at `baseOffset`. */
  readonly baseChecksum: number;
  /** Exclusive. */
  endOffset: Offset;
  /** Where in the file the next batch goes. */
  endPosition = BATCHES_POSITION;
  /** Marker last written into this file, durable or not. */
  marker: FlushedMarker;
  /** Holds batches (or its own header) that no sync begun so far covers. */
  unsynced = false;
  /** The directory does not durably name this file yet. */
  entryUnsynced = false;
  private readonly slot = new Uint8Array(MARKER_BYTES);

  constructor(handle: FileHandle, base: { readonly offset: Offset; readonly checksum: number }, marker: FlushedMarker) {
    this.path = handle.path;
    this.handle = handle;
    this.baseOffset = base.offset;
    this.baseChecksum = base.checksum;
    this.endOffset = base.offset;
    this.marker = marker;
  }

  /** Whether it holds no batch. */
  get isEmpty(): boolean {
    return this.endPosition === BATCHES_POSITION;
  }

  append(batch: EncodedBatch): void {
    assert(batch.baseOffset === this.endOffset, `batch at ${batch.baseOffset} does not continue ${this.path}, which ends at ${this.endOffset}`);
    this.handle.writeSync(batch.bytes, this.endPosition);
    this.index.add(batch.baseOffset, this.endPosition);
    this.endPosition += batch.bytes.length;
    this.endOffset = batch.endOffset;
    this.unsynced = true;
  }

  /**
   * Writes into the slot that is not in force. No sync may be in flight: else both slots could be torn at once.
   */
  writeMarker(content: MarkerContent): void {
    this.marker = { ...content, sequence: this.marker.sequence + 1 };
    this.handle.writeSync(encodeMarker(this.slot, this.marker, this.baseOffset), slotPosition(this.marker.sequence));
  }

  /** Cuts the file behind the batch that ends at `endOffset` and `position`. */
  truncate(endOffset: Offset, position: number): void {
    this.handle.truncateSync(position);
    this.index.truncate(position);
    this.endOffset = endOffset;
    this.endPosition = position;
  }
}

/** Where a segment begins: the log's end before its first batch. */
export interface SegmentBase {
  readonly offset: Offset;
  readonly checksum: number;
}

/**
 * Makes the next segment's file, header and first marker in one write. Nothing of it is durable before its own sync and
 * the directory's.
 */
export function createSegment(fs: FileSystem, identity: LogIdentity, base: SegmentBase, content: MarkerContent): Segment {
  const path = segmentPath(base.offset);
  assert(!fs.exists(path), `${path} exists although the log ends there`);
  const handle = fs.open(path, { create: true });
  const marker: FlushedMarker = { ...content, sequence: 0 };
  handle.writeSync(encodeSegmentStart(identity, base, marker), 0);
  const segment = new Segment(handle, base, marker);
  segment.unsynced = true;
  segment.entryUnsynced = true;
  return segment;
}

/** Header and first marker. */
export function encodeSegmentStart(identity: LogIdentity, base: SegmentBase, marker: FlushedMarker): Uint8Array {
  const head = new Uint8Array(BATCHES_POSITION);
  head.set(encodeSegmentHeader({ ...identity, baseOffset: base.offset, baseChecksum: base.checksum }), HEADER_POSITION);
  head.set(encodeMarker(new Uint8Array(MARKER_BYTES), marker, base.offset), slotPosition(marker.sequence));
  return head;
}
