import type { Offset } from '@quorate/records';
import { assert } from './assert.js';
import { readSegment } from './segment-read.js';
import type { Segment } from './segment.js';
import { BATCHES_POSITION } from './segment-header.js';

/** An end of the log together with the checksum of the batch that ends there. */
export interface LogEnd {
  readonly offset: Offset;
  readonly checksum: number;
}

/** Where in the files the log is cut. */
export interface CutPlace {
  readonly to: LogEnd;
  readonly segmentIndex: number;
  readonly position: number;
}

/** The segments of a log, oldest first, never none; the last one is active. */
export class SegmentList {
  readonly all: Segment[];

  constructor(segments: readonly Segment[]) {
    assert(segments.length > 0, 'a log has one segment at least');
    this.all = [...segments];
  }

  get first(): Segment {
    return this.all[0]!;
  }

  get active(): Segment {
    return this.all[this.all.length - 1]!;
  }

  get sizeBytes(): number {
    return this.all.reduce((sum, segment) => sum + segment.endPosition, 0);
  }

  /** The log begins anew: this segment is all there is. */
  replaceBy(segment: Segment): void {
    this.all.splice(0, this.all.length, segment);
  }

  /** Takes away the oldest segment if all of it lies before `startOffset`, and is on disk. */
  shiftBefore(startOffset: Offset): Segment | undefined {
    const [oldest, next] = this.all;
    return next !== undefined && next.baseOffset <= startOffset && !oldest!.unsynced && !next.entryUnsynced ? this.all.shift() : undefined;
  }

  before(segment: Segment): Segment | undefined {
    return this.all[this.all.indexOf(segment) - 1];
  }

  /** Where the batches of a segment end that is no longer active. */
  endOf(segment: Segment): LogEnd {
    const following = this.all[this.all.indexOf(segment) + 1]!;
    return { offset: following.baseOffset, checksum: following.baseChecksum };
  }

  /** The oldest segment that no sync begun so far covers. They are the last ones without a gap, since the oldest is always synced first. */
  oldestUnsynced(): Segment | undefined {
    let found: Segment | undefined;
    for (let i = this.all.length - 1; i >= 0 && this.all[i]!.unsynced; i--) found = this.all[i];
    return found;
  }

  /** The segment that holds a record. */
  indexOf(offset: Offset): number {
    let index = this.all.length - 1;
    while (index > 0 && this.all[index]!.baseOffset > offset) index--;
    return index;
  }

  /** Finds where the batch that ends at `endOffset` ends, which is a batch edge before `end`, the log's. */
  locate(endOffset: Offset, end: LogEnd): CutPlace {
    if (endOffset === end.offset) return { to: end, segmentIndex: this.all.length - 1, position: this.active.endPosition };
    const { first } = this;
    if (endOffset === first.baseOffset) return { to: { offset: endOffset, checksum: first.baseChecksum }, segmentIndex: 0, position: BATCHES_POSITION };
    const segmentIndex = this.indexOf((endOffset - 1) as Offset);
    const { batch, position } = readSegment(this.all[segmentIndex]!, (endOffset - 1) as Offset, end.offset, 0)[0]!;
    assert(batch.endOffset === endOffset, `cannot cut at ${endOffset}, within a batch that ends at ${batch.endOffset}`);
    return { to: { offset: endOffset, checksum: batch.checksum }, segmentIndex, position: position + batch.bytes.length };
  }
}
