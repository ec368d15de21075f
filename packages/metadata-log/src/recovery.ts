import { RecordFormatError, type Offset } from '@quorate/records';
import type { VoterSetAt } from '@quorate/raft-core';
import { hex32 } from './bytes.js';
import type { FileSystem } from './file-system.js';
import { isDiskError } from './file-system-error.js';
import { laterMarker, type FlushedMarker } from './flushed-marker.js';
import { findSegments, foundProblem, type FoundSegment } from './found-segments.js';
import type { LogState } from './log-store.js';
import { walkOver, type LogWalk } from './log-walk.js';
import { LOG_DIRECTORY, segmentPath } from './paths.js';
import { makeDurable } from './recovery-repair.js';
import { diskRefusal, refusal, WAY_OUT_OF_DAMAGE, type Refusal } from './refusal.js';
import type { LogIdentity } from './segment-header.js';

/** What a start found and did, for the log line. */
export interface RecoveryReport {
  /** Where an unfinished write was cut off, and how many bytes were dropped; undefined when the log ended cleanly. */
  readonly dropped: { readonly path: string; readonly offset: Offset; readonly bytes: number; readonly problem: string } | undefined;
  /** Batches that were readable beyond the flushed marker: written again and made durable. */
  readonly rewrittenBatches: number;
  /** Whatever else somebody should look at, a sentence each. */
  readonly notes: readonly string[];
}

/** A log that may be used: everything in it is durable. */
export interface RecoveredLog {
  readonly kind: 'recovered';
  readonly state: LogState;
  /** Voter sets of the log's control batches, oldest first, uncommitted tail included. */
  readonly voterSets: readonly VoterSetAt[];
  /** From the log's last KRaftVersion record. */
  readonly kraftVersion: number | undefined;
  readonly report: RecoveryReport;
}

/**
 * Reads the whole log and leaves it durable up to the last good batch, or says why it must not be used.
 *
 * Below the flushed marker everything must be there: a gap is damage, and nothing is touched. Beyond it, good batches are
 * written again and synced (readable is not yet durable), and the rest is an unfinished write: cut off and reported.
 */
export function recoverLog(fs: FileSystem, identity: LogIdentity, done: (result: RecoveredLog | Refusal) => void): void {
  let found: FoundSegment[] = [];
  let outcome: Refusal | undefined;
  let walk: LogWalk | undefined;
  let marker: FlushedMarker | undefined;
  try {
    found = findSegments(fs);
    outcome = foundProblem(found, identity);
    marker = found.flatMap((segment) => segment.markers).reduce(laterMarker, undefined as FlushedMarker | undefined);
    if (outcome === undefined && marker === undefined) outcome = refusal('damaged', `No flushed marker in ${LOG_DIRECTORY} is whole. ${WAY_OUT_OF_DAMAGE}`);
    if (outcome === undefined) {
      walk = walkOver(found, marker!);
      outcome = walkProblem(walk, found, marker!);
    }
  } catch (error) {
    if (error instanceof RecordFormatError) outcome = refusal('unknown-format', `${error.message}. Start the version that wrote it.`);
    else if (isDiskError(error)) outcome = diskRefusal(error, `Reading ${LOG_DIRECTORY}`);
    else throw error;
  }
  if (outcome !== undefined || walk === undefined) {
    closeAll(found);
    return done(outcome!);
  }
  finish(fs, identity, { found, walk, marker: marker! }, done);
}

/** Whether what was durable once is all there. */
function walkProblem(walk: LogWalk, found: readonly FoundSegment[], marker: FlushedMarker): Refusal | undefined {
  const { cursor, stop } = walk;
  const where = { offset: cursor.offset, ...(stop === undefined ? {} : { path: stop.path, position: stop.position }) };
  const at = stop === undefined ? `the log ends at offset ${cursor.offset}` : `${stop.path} at byte ${stop.position} (offset ${cursor.offset}): ${stop.problem}`;
  if (cursor.offset < marker.endOffset) {
    return refusal('damaged', `Damage in what was flushed: ${at}; everything below offset ${marker.endOffset} was durable. ${WAY_OUT_OF_DAMAGE}`, where);
  }
  if (walk.checksumAtMarker !== marker.checksum) {
    return refusal('damaged', `The log was flushed up to offset ${marker.endOffset} with chain checksum ${hex32(marker.checksum)}, but has ${walk.checksumAtMarker === undefined ? 'no batch that ends there' : hex32(walk.checksumAtMarker)}. ${WAY_OUT_OF_DAMAGE}`, where);
  }
  if (marker.sealed && !walk.segments.some((segment) => segment.baseOffset === marker.endOffset)) {
    return refusal('damaged', `${segmentPath(marker.endOffset)} was made and is not there any more, or cannot be read. ${WAY_OUT_OF_DAMAGE}`, { path: segmentPath(marker.endOffset), offset: marker.endOffset });
  }
  const rotten = found.find((segment) => segment.damagedSlots.length > 0);
  if (rotten !== undefined && stop !== undefined) {
    return refusal('damaged', `A flushed marker of ${rotten.path} is damaged, so that nobody can say whether this was durable: ${at}. ${WAY_OUT_OF_DAMAGE}`, where);
  }
  return undefined;
}

interface Found {
  readonly found: readonly FoundSegment[];
  readonly walk: LogWalk;
  readonly marker: FlushedMarker;
}

function finish(fs: FileSystem, identity: LogIdentity, { found, walk, marker }: Found, done: (result: RecoveredLog | Refusal) => void): void {
  const surplus = found.filter((file) => !walk.segments.some((segment) => segment.baseOffset === file.baseOffset));
  const last = walk.segments.at(-1)!;
  const droppedBytes = Math.max(0, last.handle.sizeSync() - last.endPosition) + surplus.reduce((sum, file) => sum + file.handle.sizeSync(), 0);
  const { stop } = walk;
  const notes = found.flatMap((file) => file.damagedSlots.map((slot) => `${file.path}: marker slot ${slot} was damaged; the log is whole beyond what the other one says.`));
  const state: LogState = {
    identity,
    segments: walk.segments,
    endOffset: walk.cursor.offset,
    endChecksum: walk.cursor.checksum,
    generation: marker.generation,
    epochs: walk.epochs,
  };
  const plan = { segments: walk.segments, surplus, unproved: walk.unproved, marker: { endOffset: state.endOffset, checksum: state.endChecksum, generation: marker.generation, sealed: false } };
  makeDurable(fs, plan, (error) => {
    if (error !== undefined) {
      closeAll(found);
      return done(diskRefusal(error, `Recovering ${LOG_DIRECTORY}`));
    }
    const dropped = stop === undefined ? undefined : { path: stop.path, offset: walk.cursor.offset, bytes: droppedBytes, problem: stop.problem };
    const report = { dropped, rewrittenBatches: walk.unprovedBatches, notes };
    done({ kind: 'recovered', state, voterSets: walk.voterSets, kraftVersion: walk.kraftVersion, report });
  });
}

function closeAll(found: readonly FoundSegment[]): void {
  for (const file of found) file.handle.close();
}
