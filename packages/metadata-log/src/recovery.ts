import { genesisChecksum, RecordFormatError, type Offset } from '@quorate/records';
import type { Voter, VoterSetAt } from '@quorate/raft-core';
import { beginAnew } from './begin-anew.js';
import { joinedNote, writeDamageNote, type DamageNote } from './damage-note.js';
import { epochsFrom } from './epoch-trail.js';
import type { FileSystem } from './file-system.js';
import { isDiskError } from './file-system-error.js';
import type { FlushedMarker } from './flushed-marker.js';
import { findSegments, foreignProblem, type FoundSegment } from './found-segments.js';
import type { FoundSnapshots } from './found-snapshots.js';
import type { LogState } from './log-store.js';
import type { LogWalk } from './log-walk.js';
import { LOG_DIRECTORY } from './paths.js';
import { ASIDE_SUFFIX, asidePath, keepTail } from './put-aside.js';
import { readableEnd } from './readable-end.js';
import { chooseLog, type Damage, type RecoveryChoice } from './recovery-choice.js';
import { makeDurable, type SurplusFile } from './recovery-repair.js';
import { diskRefusal, refusal, WAY_OUT_OF_DAMAGE, type Refusal } from './refusal.js';
import type { LogIdentity } from './segment-header.js';
import type { FoundSnapshot } from './snapshot-scan.js';
import type { Step } from './steps.js';

/** What a start found and did, for the log line. */
export interface RecoveryReport {
  /** Where an unfinished write was cut off, and how many bytes were dropped; undefined when the log ended cleanly. */
  readonly dropped: { readonly path: string; readonly offset: Offset; readonly bytes: number; readonly problem: string } | undefined;
  /** Batches that were readable beyond the flushed marker: written again and made durable. */
  readonly rewrittenBatches: number;
  /** Something durable was lost, now or before an earlier start: what is missing has to be fetched from the others. */
  readonly damage: DamageNote | undefined;
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
  /** The log holds metadata records, or stands on a snapshot of them. */
  readonly hasMetadata: boolean;
  readonly report: RecoveryReport;
}

/** What recovery has to know besides the segments. */
export interface RecoveryInput {
  readonly fs: FileSystem;
  readonly identity: LogIdentity;
  readonly snapshots: FoundSnapshots;
  /** Damage that an earlier start found and that has not been made good yet. */
  readonly note: DamageNote | undefined;
  /** Of quorum-state. */
  readonly presentEpoch: number;
  /** Why nobody can repair this replica, with the way out, given the last voters that could be read; undefined when others can. */
  readonly beyondRepair: (voters: readonly Voter[] | undefined) => string | undefined;
}

interface Found extends RecoveryInput {
  readonly found: readonly FoundSegment[];
}

type Done = (result: RecoveredLog | Refusal) => void;

/**
 * Reads the whole log and leaves it durable up to the last good batch, or says why it must not be used.
 *
 * Below the flushed marker everything must be there. A gap is damage: a note of it is made durable, what is damaged is put
 * aside, the log is cut there (or begins anew at the newest snapshot), and the node has to fetch the rest before it counts
 * for anything. Beyond the marker good batches are written again and synced (readable is not yet durable), and the rest is
 * an unfinished write: cut off and reported. A snapshot that the log does not reach was installed by a process that did
 * not come to begin the log anew: that is done now.
 */
export function recoverLog(input: RecoveryInput, done: Done): void {
  const { fs, identity, snapshots, note } = input;
  let found: FoundSegment[] = [];
  let choice: RecoveryChoice | Refusal;
  try {
    found = findSegments(fs);
    choice = foreignProblem(found, identity) ?? (note === undefined ? missingProblem(found, snapshots) : undefined) ?? chooseLog(found, snapshots, identity.clusterId);
  } catch (error) {
    if (error instanceof RecordFormatError) choice = refusal('unknown-format', `${error.message}. Start the version that wrote it.`);
    else if (isDiskError(error)) choice = diskRefusal(error, `Reading ${LOG_DIRECTORY}`);
    else throw error;
  }
  const all: Found = { ...input, found };
  switch (choice.kind) {
    case 'continue': {
      const { walk, marker, before, damagedBefore } = choice;
      return carryOn(all, { walk, before, generation: marker.generation, damagedBefore, damage: undefined }, done);
    }
    case 'anew':
      return startAnew(all, { at: choice.at, marker: choice.marker, damage: undefined }, done);
    case 'damaged':
      return repair(all, choice, done);
    case 'refused':
      closeAll(found);
      return done(choice);
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

/** Makes the note durable, then leaves what is sound. */
function repair(all: Found, { problem, sound, marker }: Damage, done: Done): void {
  const { fs, snapshots } = all;
  const voters = sound?.walk.voterSets.at(-1)?.voters ?? snapshots.newest?.head.voters;
  const wayOut = all.beyondRepair(voters);
  if (wayOut !== undefined) {
    closeAll(all.found);
    return done({ ...problem, message: problem.message.replace(WAY_OUT_OF_DAMAGE, wayOut) });
  }
  const soundUpTo = sound?.walk.cursor.offset ?? snapshots.newest?.id.endOffset ?? 0;
  let endOffset: Offset | undefined;
  try {
    endOffset = readableEnd(all.found, marker);
  } catch (error) {
    if (!isDiskError(error)) throw error;
    closeAll(all.found);
    return done(diskRefusal(error, `Reading ${LOG_DIRECTORY}`));
  }
  const damage = joinedNote(all.note, { problem: problem.message.replace(` ${WAY_OUT_OF_DAMAGE}`, ''), soundUpTo, epoch: all.presentEpoch, endOffset });
  writeDamageNote(fs, damage, (error) => {
    if (error !== undefined) {
      closeAll(all.found);
      return done(diskRefusal(error, 'Noting down the damage'));
    }
    if (sound === undefined) startAnew(all, { at: snapshots.newest, marker, damage }, done);
    else carryOn(all, { ...sound, generation: (marker?.generation ?? 0) + 1, damagedBefore: undefined, damage }, done);
  });
}

interface Sound {
  readonly walk: LogWalk;
  readonly before: readonly FoundSegment[];
  readonly generation: number;
  readonly damagedBefore: string | undefined;
  /** What lies behind the end of the walk was durable once. */
  readonly damage: DamageNote | undefined;
}

function carryOn({ fs, identity, found, snapshots, note }: Found, { walk, before, generation, damagedBefore, damage }: Sound, done: Done): void {
  const behind = found.filter((file) => !before.includes(file) && !walk.segments.some((segment) => segment.baseOffset === file.baseOffset));
  const last = walk.segments.at(-1)!;
  const droppedBytes = Math.max(0, last.handle.sizeSync() - last.endPosition) + behind.reduce((sum, file) => sum + file.handle.sizeSync(), 0);
  const { stop } = walk;
  const { offset: endOffset, checksum: endChecksum } = walk.cursor;
  const whole = [...snapshots.older].reverse().concat(snapshots.newest ?? []);
  const fitting = whole.filter(({ id, chainChecksum }) => walk.edges.get(id.endOffset) === chainChecksum);
  const first = walk.segments[0]!;
  const startSnapshot = first.baseOffset === 0 ? undefined : fitting[0]!;
  const start = startSnapshot === undefined ? { offset: first.baseOffset, checksum: first.baseChecksum } : { offset: startSnapshot.id.endOffset, checksum: startSnapshot.chainChecksum };
  const state: LogState = {
    identity,
    segments: walk.segments,
    start,
    epochBeforeStart: startSnapshot?.id.epoch ?? 0,
    endOffset,
    endChecksum,
    generation,
    epochs: startSnapshot === undefined ? walk.epochs : epochsFrom(walk.epochs, start.offset, endOffset),
  };
  const surplus: SurplusFile[] = [
    ...before.map(({ path, handle }) => ({ path, handle, keepAs: path === damagedBefore ? `${path}${ASIDE_SUFFIX}` : undefined })),
    ...behind.map(({ path, handle }) => ({ path, handle, keepAs: damage === undefined ? undefined : asidePath(path, generation, 0) })),
  ];
  const plan = {
    segments: walk.segments,
    surplus,
    unproved: walk.unproved,
    marker: { endOffset, checksum: endChecksum, generation, sealed: false },
    first: damage === undefined ? [] : [keepTail(fs, last.handle, last.endPosition, generation)],
  };
  makeDurable(fs, plan, (error) => {
    if (error !== undefined) {
      closeAll(found);
      return done(diskRefusal(error, `Recovering ${LOG_DIRECTORY}`));
    }
    const dropped = stop === undefined ? undefined : { path: stop.path, offset: endOffset, bytes: droppedBytes, problem: stop.problem };
    done({
      kind: 'recovered',
      state,
      startSnapshot,
      snapshots: fitting,
      voterSets: walk.voterSets.filter(({ offset }) => offset! >= start.offset),
      kraftVersion: walk.kraftVersion,
      hasMetadata: walk.hasMetadata || startSnapshot !== undefined,
      report: { dropped, rewrittenBatches: walk.unprovedBatches, damage: damage ?? note, notes: [...slotNotes(found), ...beforeNotes(before, damagedBefore)] },
    });
  });
}

function slotNotes(found: readonly FoundSegment[]): string[] {
  return found.flatMap((file) => file.damagedSlots.map((slot) => `${file.path}: marker slot ${slot} was damaged; the log is whole beyond what the other one says.`));
}

function beforeNotes(before: readonly FoundSegment[], damagedBefore: string | undefined): string[] {
  if (before.length === 0) return [];
  const kept = damagedBefore === undefined ? '' : ` ${damagedBefore} is damaged and was put aside; the snapshot holds what was in it.`;
  return [`${before.map((file) => file.path).join(', ')} lay before the log's beginning and went.${kept}`];
}

interface NewBeginning {
  /** Undefined: nothing can be used, the log begins at 0. */
  readonly at: FoundSnapshot | undefined;
  readonly marker: FlushedMarker | undefined;
  readonly damage: DamageNote | undefined;
}

function startAnew({ fs, identity, found, note }: Found, { at, marker, damage }: NewBeginning, done: Done): void {
  closeAll(found);
  const base = at === undefined ? { offset: 0 as Offset, checksum: genesisChecksum(identity.clusterId) } : { offset: at.id.endOffset, checksum: at.chainChecksum };
  const generation = (marker?.generation ?? 0) + 1;
  const putAside: Step = (next) => {
    if (damage === undefined) return next(undefined);
    for (const { path } of found) fs.rename(path, asidePath(path, generation, 0));
    // Else the new segment could take the place of a damaged one of the same name before that has its other name.
    fs.syncDirectory(LOG_DIRECTORY, next);
  };
  const oldPaths = damage === undefined ? found.map((file) => file.path) : [];
  beginAnew(fs, { identity, base, generation, oldPaths, first: putAside, remove: (path) => fs.unlink(path) }, (segment) => {
    if (segment instanceof Error) return done(diskRefusal(segment, `Recovering ${LOG_DIRECTORY}`));
    const state: LogState = { identity, segments: [segment], start: base, epochBeforeStart: at?.id.epoch ?? 0, endOffset: base.offset, endChecksum: base.checksum, generation, epochs: [] };
    const notes = damage === undefined ? [`The log did not reach the snapshot at offset ${base.offset} and begins anew there: an install was interrupted, or the log was not yet on disk so far.`] : [];
    done({
      kind: 'recovered',
      state,
      startSnapshot: at,
      snapshots: at === undefined ? [] : [at],
      voterSets: [],
      kraftVersion: undefined,
      hasMetadata: at !== undefined,
      report: { dropped: undefined, rewrittenBatches: 0, damage: damage ?? note, notes },
    });
  });
}

function closeAll(found: readonly FoundSegment[]): void {
  for (const file of found) file.handle.close();
}
