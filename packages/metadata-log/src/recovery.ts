import { RecordFormatError, type Offset } from '@quorate/records';
import type { VoterSetAt } from '@quorate/raft-core';
import { beginAnew } from './begin-anew.js';
import { epochsFrom } from './epoch-trail.js';
import type { FileSystem } from './file-system.js';
import { isDiskError } from './file-system-error.js';
import { findSegments, foreignProblem, type FoundSegment } from './found-segments.js';
import type { FoundSnapshots } from './found-snapshots.js';
import type { LogState } from './log-store.js';
import { LOG_DIRECTORY } from './paths.js';
import { chooseLog, type RecoveryChoice } from './recovery-choice.js';
import { makeDurable } from './recovery-repair.js';
import { diskRefusal, refusal, WAY_OUT_OF_DAMAGE, type Refusal } from './refusal.js';
import type { LogIdentity } from './segment-header.js';
import type { FoundSnapshot } from './snapshot-scan.js';

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
  /** The snapshot that the log stands on; undefined when it begins at 0. */
  readonly startSnapshot: FoundSnapshot | undefined;
  /** Those that fit the log, oldest first. */
  readonly snapshots: readonly FoundSnapshot[];
  /** Voter sets of the log's control batches, oldest first, uncommitted tail included. */
  readonly voterSets: readonly VoterSetAt[];
  /** From the log's last KRaftVersion record. */
  readonly kraftVersion: number | undefined;
  readonly report: RecoveryReport;
}

type Done = (result: RecoveredLog | Refusal) => void;
type Choice<Kind extends RecoveryChoice['kind']> = Extract<RecoveryChoice, { kind: Kind }>;

/**
 * Reads the whole log and leaves it durable up to the last good batch, or says why it must not be used.
 *
 * Below the flushed marker everything must be there: a gap is damage, and nothing is touched. Beyond it, good batches are
 * written again and synced (readable is not yet durable), and the rest is an unfinished write: cut off and reported. A
 * snapshot that the log does not reach was installed by a process that did not come to begin the log anew: that is done now.
 */
export function recoverLog(fs: FileSystem, identity: LogIdentity, snapshots: FoundSnapshots, done: Done): void {
  let found: FoundSegment[] = [];
  let choice: RecoveryChoice | Refusal;
  try {
    found = findSegments(fs);
    choice = foreignProblem(found, identity) ?? missingProblem(found, snapshots) ?? chooseLog(found, snapshots, identity.clusterId);
  } catch (error) {
    if (error instanceof RecordFormatError) choice = refusal('unknown-format', `${error.message}. Start the version that wrote it.`);
    else if (isDiskError(error)) choice = diskRefusal(error, `Reading ${LOG_DIRECTORY}`);
    else throw error;
  }
  switch (choice.kind) {
    case 'continue':
      return carryOn({ fs, identity, found, snapshots }, choice, done);
    case 'anew':
      return startAnew({ fs, identity, found, snapshots }, choice, done);
    case 'damaged':
    case 'refused':
      closeAll(found);
      return done(choice.kind === 'damaged' ? choice.problem : choice);
  }
}

/** What nobody can repair: files that somebody took away. */
function missingProblem(found: readonly FoundSegment[], { newest, bad }: FoundSnapshots): Refusal | undefined {
  const first = found[0];
  if (first === undefined) return refusal('damaged', `${LOG_DIRECTORY} has no segment, but formatting made one. ${WAY_OUT_OF_DAMAGE}`);
  const known = [...(newest === undefined ? [] : [newest]), ...bad];
  if (first.baseOffset === 0 || known.some(({ id }) => id.endOffset >= first.baseOffset)) return undefined;
  return refusal('damaged', `The log begins at offset ${first.baseOffset}, and there is no snapshot at or after it (KAFKA-14240): put back the one that was there. ${WAY_OUT_OF_DAMAGE}`, { path: first.path, offset: first.baseOffset });
}

interface Found {
  readonly fs: FileSystem;
  readonly identity: LogIdentity;
  readonly found: readonly FoundSegment[];
  readonly snapshots: FoundSnapshots;
}

function carryOn({ fs, identity, found, snapshots }: Found, { walk, marker, before }: Choice<'continue'>, done: Done): void {
  const surplus = found.filter((file) => !walk.segments.some((segment) => segment.baseOffset === file.baseOffset));
  const behind = surplus.filter((file) => !before.includes(file));
  const last = walk.segments.at(-1)!;
  const droppedBytes = Math.max(0, last.handle.sizeSync() - last.endPosition) + behind.reduce((sum, file) => sum + file.handle.sizeSync(), 0);
  const { stop } = walk;
  const slotNotes = found.flatMap((file) => file.damagedSlots.map((slot) => `${file.path}: marker slot ${slot} was damaged; the log is whole beyond what the other one says.`));

  const fitting = [...snapshots.older].reverse().concat(snapshots.newest ?? []).filter(({ id, chainChecksum }) => walk.edges.get(id.endOffset) === chainChecksum);
  const first = walk.segments[0]!;
  const startSnapshot = first.baseOffset === 0 ? undefined : fitting[0]!;
  const start = startSnapshot === undefined ? { offset: first.baseOffset, checksum: first.baseChecksum } : { offset: startSnapshot.id.endOffset, checksum: startSnapshot.chainChecksum };
  const { offset: endOffset, checksum: endChecksum } = walk.cursor;
  const state: LogState = {
    identity,
    segments: walk.segments,
    start,
    epochBeforeStart: startSnapshot?.id.epoch ?? 0,
    endOffset,
    endChecksum,
    generation: marker.generation,
    epochs: startSnapshot === undefined ? walk.epochs : epochsFrom(walk.epochs, start.offset, endOffset),
  };
  const plan = { segments: walk.segments, surplus, unproved: walk.unproved, marker: { endOffset, checksum: endChecksum, generation: marker.generation, sealed: false } };
  makeDurable(fs, plan, (error) => {
    if (error !== undefined) {
      closeAll(found);
      return done(diskRefusal(error, `Recovering ${LOG_DIRECTORY}`));
    }
    const dropped = stop === undefined ? undefined : { path: stop.path, offset: endOffset, bytes: droppedBytes, problem: stop.problem };
    const beforeNotes = before.length === 0 ? [] : [`${before.map((file) => file.path).join(', ')} lay before the log's beginning and went.`];
    done({
      kind: 'recovered',
      state,
      startSnapshot,
      snapshots: fitting,
      voterSets: walk.voterSets.filter(({ offset }) => offset! >= start.offset),
      kraftVersion: walk.kraftVersion,
      report: { dropped, rewrittenBatches: walk.unprovedBatches, notes: [...slotNotes, ...beforeNotes] },
    });
  });
}

function startAnew({ fs, identity, found }: Found, { at, marker }: Choice<'anew'>, done: Done): void {
  closeAll(found);
  const base = { offset: at.id.endOffset, checksum: at.chainChecksum };
  const generation = marker.generation + 1;
  beginAnew(fs, { identity, base, generation, oldPaths: found.map((file) => file.path), remove: (path) => fs.unlink(path) }, (segment) => {
    if (segment instanceof Error) return done(diskRefusal(segment, `Recovering ${LOG_DIRECTORY}`));
    const state: LogState = { identity, segments: [segment], start: base, epochBeforeStart: at.id.epoch, endOffset: base.offset, endChecksum: base.checksum, generation, epochs: [] };
    const notes = [`The log did not reach the snapshot at offset ${base.offset} and begins anew there: an install was interrupted, or the log was not yet on disk so far.`];
    done({ kind: 'recovered', state, startSnapshot: at, snapshots: [at], voterSets: [], kraftVersion: undefined, report: { dropped: undefined, rewrittenBatches: 0, notes } });
  });
}

function closeAll(found: readonly FoundSegment[]): void {
  for (const file of found) file.handle.close();
}
