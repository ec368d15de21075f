import { decodeControlRecord, forEachRecord, genesisChecksum, RecordFormatError, type EncodedBatch, type Epoch, type Offset } from '@quorate/records';
import { votersFromRecord, type VoterSetAt } from '@quorate/raft-core';
import { hex32 } from './bytes.js';
import type { FileHandle, FileSystem } from './file-system.js';
import { isDiskError } from './file-system-error.js';
import { decodeMarker, laterMarker, slotPosition, type FlushedMarker } from './flushed-marker.js';
import type { EpochStart } from './leader-epoch-checkpoint.js';
import type { LogState } from './log-store.js';
import { LOG_DIRECTORY, parseSegmentName, segmentPath } from './paths.js';
import { makeDurable } from './recovery-repair.js';
import { diskRefusal, refusal, type Refusal } from './refusal.js';
import { BATCHES_POSITION, BLOCK_BYTES, decodeSegmentHeader, type HeaderRead, type LogIdentity } from './segment-header.js';
import { scanSegment, type LogCursor } from './segment-scan.js';
import { Segment } from './segment.js';

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

interface Stop {
  readonly path: string;
  readonly position: number;
  readonly problem: string;
}

/** What walking over the batches gathers. */
interface Walk {
  cursor: LogCursor;
  readonly segments: Segment[];
  readonly epochs: EpochStart[];
  readonly voterSets: VoterSetAt[];
  kraftVersion: number | undefined;
  /** Checksum of the batch that ends at the marker; undefined when no batch ends there. */
  checksumAtMarker: number | undefined;
  /** First byte that is not proved durable, and in which segment. */
  unproved: { readonly segment: Segment; readonly position: number } | undefined;
  unprovedBatches: number;
  stop: Stop | undefined;
}

/**
 * Reads the whole log and leaves it durable up to the last good batch, or says why it must not be used (design §5).
 *
 * Below the flushed marker everything must be there: a gap is damage, and nothing is touched. Beyond it, good batches are
 * written again and synced (readable is not yet durable), and the rest is an unfinished write: cut off and reported.
 */
export function recoverLog(fs: FileSystem, identity: LogIdentity, done: (result: RecoveredLog | Refusal) => void): void {
  let found: FoundSegment[] = [];
  let outcome: Refusal | undefined;
  let walk: Walk | undefined;
  let marker: FlushedMarker | undefined;
  try {
    found = findSegments(fs);
    outcome = foundProblem(found, identity);
    marker = found.flatMap((segment) => segment.markers).reduce(laterMarker, undefined as FlushedMarker | undefined);
    if (outcome === undefined && marker === undefined) outcome = refusal('damaged', `No flushed marker in ${LOG_DIRECTORY} is whole. ${WAY_OUT}`);
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

const WAY_OUT =
  'What was durable once is gone, so this node may not vote with what is left. Keep the directory for inspection, check the disk; ' +
  'to go on, move the data directory aside, format it anew with a new directory id and let it join as a new replica.';

function findSegments(fs: FileSystem): FoundSegment[] {
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

/** What makes the files unusable before a batch is read: none, another log's, another format's. */
function foundProblem(found: readonly FoundSegment[], identity: LogIdentity): Refusal | undefined {
  const first = found[0];
  if (first === undefined) return refusal('damaged', `${LOG_DIRECTORY} has no segment, but formatting made one. ${WAY_OUT}`);
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
  if (first.header.kind !== 'header') return refusal('damaged', `The header of ${first.path} is ${first.header.kind}. ${WAY_OUT}`, { path: first.path, position: 0, offset: first.baseOffset });
  if (first.baseOffset > 0) return refusal('damaged', `${LOG_DIRECTORY} begins at offset ${first.baseOffset}, and what is before it is not there. ${WAY_OUT}`, { path: first.path });
  if (first.header.header.baseChecksum !== genesisChecksum(identity.clusterId)) {
    return refusal('damaged', `${first.path} does not chain to the genesis of cluster ${identity.clusterId}. ${WAY_OUT}`, { path: first.path });
  }
  return undefined;
}

function walkOver(found: readonly FoundSegment[], marker: FlushedMarker): Walk {
  const first = found[0]!;
  const baseChecksum = first.header.kind === 'header' ? first.header.header.baseChecksum : 0;
  const walk: Walk = {
    cursor: { offset: first.baseOffset, checksum: baseChecksum, epoch: 0 as Epoch },
    segments: [],
    epochs: [],
    voterSets: [],
    kraftVersion: undefined,
    checksumAtMarker: marker.endOffset === first.baseOffset ? baseChecksum : undefined,
    unproved: undefined,
    unprovedBatches: 0,
    stop: undefined,
  };
  for (const segment of found) {
    const problem = joinProblem(segment, walk.cursor);
    if (problem !== undefined) walk.stop = { path: segment.path, position: 0, problem };
    else walkSegment(walk, segment, marker);
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

function walkSegment(walk: Walk, found: FoundSegment, marker: FlushedMarker): void {
  const own = found.markers.reduce((a, b) => (a.sequence > b.sequence ? a : b), found.markers[0] ?? { ...marker, sequence: 0, sealed: false });
  const segment = new Segment(found.handle, { offset: found.baseOffset, checksum: walk.cursor.checksum }, own);
  walk.segments.push(segment);
  if (found.baseOffset >= marker.endOffset && walk.unproved === undefined) walk.unproved = { segment, position: 0 };
  const scan = scanSegment(found.handle, walk.cursor, (batch, position) => {
    segment.index.add(batch.baseOffset, position);
    gather(walk, batch);
    if (batch.endOffset === marker.endOffset) walk.checksumAtMarker = batch.checksum;
    if (batch.endOffset <= marker.endOffset) return;
    walk.unprovedBatches++;
    walk.unproved ??= { segment, position };
  });
  walk.cursor = scan.cursor;
  segment.endOffset = scan.cursor.offset;
  segment.endPosition = scan.position;
  if (scan.problem !== undefined) walk.stop = { path: found.path, position: scan.position, problem: scan.problem };
}

function gather(walk: Walk, batch: EncodedBatch): void {
  if (batch.epoch > (walk.epochs.at(-1)?.epoch ?? 0)) walk.epochs.push({ epoch: batch.epoch, startOffset: batch.baseOffset });
  if (!batch.isControl) return;
  forEachRecord(batch, (raw, offset) => {
    const record = decodeControlRecord(raw);
    if (record.kind === 'KRaftVersion') walk.kraftVersion = record.value.kraftVersion;
    if (record.kind === 'KRaftVoters') walk.voterSets.push({ offset, voters: votersFromRecord(record.value) });
  });
}

/** Whether what was durable once is all there. */
function walkProblem(walk: Walk, found: readonly FoundSegment[], marker: FlushedMarker): Refusal | undefined {
  const { cursor, stop } = walk;
  const where = { offset: cursor.offset, ...(stop === undefined ? {} : { path: stop.path, position: stop.position }) };
  const at = stop === undefined ? `the log ends at offset ${cursor.offset}` : `${stop.path} at byte ${stop.position} (offset ${cursor.offset}): ${stop.problem}`;
  if (cursor.offset < marker.endOffset) {
    return refusal('damaged', `Damage in what was flushed: ${at}; everything below offset ${marker.endOffset} was durable. ${WAY_OUT}`, where);
  }
  if (walk.checksumAtMarker !== marker.checksum) {
    return refusal('damaged', `The log was flushed up to offset ${marker.endOffset} with chain checksum ${hex32(marker.checksum)}, but has ${walk.checksumAtMarker === undefined ? 'no batch that ends there' : hex32(walk.checksumAtMarker)}. ${WAY_OUT}`, where);
  }
  if (marker.sealed && !walk.segments.some((segment) => segment.baseOffset === marker.endOffset)) {
    return refusal('damaged', `${segmentPath(marker.endOffset)} was made and is not there any more, or cannot be read. ${WAY_OUT}`, { path: segmentPath(marker.endOffset), offset: marker.endOffset });
  }
  const rotten = found.find((segment) => segment.damagedSlots.length > 0);
  if (rotten !== undefined && stop !== undefined) {
    return refusal('damaged', `A flushed marker of ${rotten.path} is damaged, so that nobody can say whether this was durable: ${at}. ${WAY_OUT}`, where);
  }
  return undefined;
}

interface Found {
  readonly found: readonly FoundSegment[];
  readonly walk: Walk;
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
