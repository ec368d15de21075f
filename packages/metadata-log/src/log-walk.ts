import { decodeControlRecord, forEachRecord, type EncodedBatch, type Epoch } from '@quorate/records';
import { votersFromRecord, type VoterSetAt } from '@quorate/raft-core';
import { hex32 } from './bytes.js';
import type { FlushedMarker } from './flushed-marker.js';
import type { FoundSegment } from './found-segments.js';
import type { EpochStart } from './leader-epoch-checkpoint.js';
import { scanSegment, type LogCursor } from './segment-scan.js';
import { Segment } from './segment.js';

/** Where the log cannot be read on. */
export interface Stop {
  readonly path: string;
  readonly position: number;
  readonly problem: string;
}

/** What walking over the batches gathers. */
export interface LogWalk {
  cursor: LogCursor;
  readonly segments: Segment[];
  readonly epochs: EpochStart[];
  readonly voterSets: VoterSetAt[];
  kraftVersion: number | undefined;
  hasMetadata: boolean;
  /** Checksums of the batches that end at the places asked for; no entry where none ends there. */
  readonly edges: Map<number, number>;
  /** First byte that is not proved durable, and in which segment. */
  unproved: { readonly segment: Segment; readonly position: number } | undefined;
  unprovedBatches: number;
  stop: Stop | undefined;
}

/**
 * Walks over the segments, one at least, as far as they continue each other and their batches are sound.
 *
 * @param places - offsets of which the checksum is wanted, besides the marker's.
 */
export function walkOver(found: readonly FoundSegment[], marker: FlushedMarker, places: ReadonlySet<number> = new Set()): LogWalk {
  const first = found[0]!;
  const baseChecksum = first.header.kind === 'header' ? first.header.header.baseChecksum : 0;
  const walk: LogWalk = {
    cursor: { offset: first.baseOffset, checksum: baseChecksum, epoch: 0 as Epoch },
    segments: [],
    epochs: [],
    voterSets: [],
    kraftVersion: undefined,
    hasMetadata: false,
    edges: new Map([[first.baseOffset, baseChecksum]]),
    unproved: undefined,
    unprovedBatches: 0,
    stop: undefined,
  };
  for (const segment of found) {
    const problem = joinProblem(segment, walk.cursor);
    if (problem !== undefined) walk.stop = { path: segment.path, position: 0, problem };
    else walkSegment(walk, segment, marker, places);
    if (walk.stop !== undefined) break;
  }
  return walk;
}

/** Why a segment does not continue the log. */
function joinProblem({ header, baseOffset }: FoundSegment, cursor: LogCursor): string | undefined {
  if (header.kind !== 'header') return `the header is ${header.kind}`;
  if (baseOffset !== cursor.offset) return `the segment begins at offset ${baseOffset}, the one before it ends at ${cursor.offset}`;
  if (header.header.baseChecksum !== cursor.checksum) return `the segment follows a batch with checksum ${hex32(header.header.baseChecksum)}, the one before it has ${hex32(cursor.checksum)}`;
  return undefined;
}

function walkSegment(walk: LogWalk, found: FoundSegment, marker: FlushedMarker, places: ReadonlySet<number>): void {
  const own = found.markers.reduce((a, b) => (a.sequence > b.sequence ? a : b), found.markers[0] ?? { ...marker, sequence: 0, sealed: false });
  const segment = new Segment(found.handle, { offset: found.baseOffset, checksum: walk.cursor.checksum }, own);
  walk.segments.push(segment);
  if (found.baseOffset >= marker.endOffset && walk.unproved === undefined) walk.unproved = { segment, position: 0 };
  const scan = scanSegment(found.handle, walk.cursor, (batch, position) => {
    segment.index.add(batch.baseOffset, position);
    gather(walk, batch);
    if (batch.endOffset === marker.endOffset || places.has(batch.endOffset)) walk.edges.set(batch.endOffset, batch.checksum);
    if (batch.endOffset <= marker.endOffset) return;
    walk.unprovedBatches++;
    walk.unproved ??= { segment, position };
  });
  walk.cursor = scan.cursor;
  segment.endOffset = scan.cursor.offset;
  segment.endPosition = scan.position;
  if (scan.problem !== undefined) walk.stop = { path: found.path, position: scan.position, problem: scan.problem };
}

function gather(walk: LogWalk, batch: EncodedBatch): void {
  if (batch.epoch > (walk.epochs.at(-1)?.epoch ?? 0)) walk.epochs.push({ epoch: batch.epoch, startOffset: batch.baseOffset });
  if (!batch.isControl) walk.hasMetadata = true;
  if (!batch.isControl) return;
  forEachRecord(batch, (raw, offset) => {
    const record = decodeControlRecord(raw);
    if (record.kind === 'KRaftVersion') walk.kraftVersion = record.value.kraftVersion;
    if (record.kind === 'KRaftVoters') walk.voterSets.push({ offset, voters: votersFromRecord(record.value) });
  });
}
