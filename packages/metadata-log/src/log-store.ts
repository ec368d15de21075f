import type { EncodedBatch, Offset } from '@quorate/records';
import type { LogListener, LogRead, LogStore, Timers } from '@quorate/raft-node';
import { assert } from './assert.js';
import { BatchCache } from './batch-cache.js';
import { EpochTrail } from './epoch-trail.js';
import { removeDamageNote, type DamageNote } from './damage-note.js';
import type { DeferredDeletion } from './deferred-deletion.js';
import { DiskJobs } from './disk-jobs.js';
import type { FileSystem } from './file-system.js';
import type { EpochStart } from './leader-epoch-checkpoint.js';
import { carryOutCut, carryOutNewStart, type LogChange } from './log-change.js';
import { MarkerTimer } from './marker-timer.js';
import { LOG_DIRECTORY } from './paths.js';
import type { ReservedFileSystem } from './reserved-file-system.js';
import type { LogIdentity } from './segment-header.js';
import { SegmentList, type LogEnd } from './segment-list.js';
import { readSegment } from './segment-read.js';
import type { Deadline } from './split-timers.js';
import { verifyLog } from './verify-log.js';
import { createSegment, type MarkerContent, type Segment } from './segment.js';

/** What the store needs besides what recovery found. */
export interface LogStoreOptions {
  /** For the file for people, which may wait for room; everything else goes through `space`. */
  readonly fs: FileSystem;
  /** The store's own: it arms one deadline, for the marker. */
  readonly timers: Pick<Timers, 'nowMs' | 'arm'>;
  /** `metadata.log.segment.bytes`: a batch that would make a segment larger begins the next one. */
  readonly segmentBytes: number;
  /** How many bytes of the newest batches are kept in memory for followers. */
  readonly cacheBytes: number;
  /** Where segments go that nobody needs any more. */
  readonly deletions: DeferredDeletion;
  /** Gives the event loop a turn between two slices of a verification. */
  readonly verifyTimer: Deadline;
  /** The same file system with its reserve. */
  readonly space: ReservedFileSystem;
}

/** A log as recovery leaves it: all of it durable. */
export interface LogState {
  readonly identity: LogIdentity;
  /** Oldest first, at least one. */
  readonly segments: readonly Segment[];
  /** The first offset that may be read, and the checksum of the batch that ends there; the first segment may begin before. */
  readonly start: LogEnd;
  /** Epoch of the last record before the start; 0 where there is none. */
  readonly epochBeforeStart: number;
  readonly endOffset: Offset;
  readonly endChecksum: number;
  readonly generation: number;
  readonly epochs: readonly EpochStart[];
}

/**
 * The replicated log in segment files, with group commit: an append is written at once and starts an fdatasync; what is
 * appended while one runs is covered by the next. One sync is in flight at a time, and none follows a failed one.
 *
 * Everything that touches the disk besides appends and reads is a job: one after another, chosen in `beginJob`.
 */
export class DiskLogStore implements LogStore {
  private readonly options: LogStoreOptions;
  private readonly identity: LogIdentity;
  private readonly segments: SegmentList;
  private readonly cache: BatchCache;
  private readonly epochs: EpochTrail;
  private readonly markerTimer: MarkerTimer;
  private listener: LogListener | undefined;

  private start: LogEnd;
  private end: LogEnd;
  private currentGeneration: number;
  /** Durable end; `reported` is what the listener knows of it. */
  private flushed: LogEnd;
  private reported: Offset;

  private readonly jobs: DiskJobs;
  private advancing = false;
  private change: LogChange | undefined;
  private toSeal: Segment[] = [];
  private markerDue = false;
  private isRepaired = false;
  private closing: (() => void) | undefined;
  private closed = false;

  constructor(options: LogStoreOptions, state: LogState) {
    this.options = options;
    this.identity = state.identity;
    this.segments = new SegmentList(state.segments);
    this.cache = new BatchCache(options.cacheBytes);
    this.epochs = new EpochTrail(state.epochs, state.epochBeforeStart);
    this.jobs = new DiskJobs({ jobDone: () => this.advance(), jobFailed: () => this.jobFailed(), failed: (error) => this.hasFailed(error) });
    this.markerTimer = new MarkerTimer(options.timers, () => this.markerIsDue());
    this.start = state.start;
    this.end = { offset: state.endOffset, checksum: state.endChecksum };
    this.flushed = this.end;
    this.reported = this.end.offset;
    this.currentGeneration = state.generation;
  }

  get startOffset(): Offset {
    return this.start.offset;
  }

  get endOffset(): Offset {
    return this.end.offset;
  }

  get endChecksum(): number {
    return this.end.checksum;
  }

  get generation(): number {
    return this.currentGeneration;
  }

  get sizeBytes(): number {
    return this.segments.sizeBytes;
  }

  /** A failure that came before is told at once, and so is a full disk. */
  setListener(listener: LogListener): void {
    const { space } = this.options;
    this.listener = listener;
    space.setListener({ changed: (isFull) => listener.full?.(isFull), failed: (error) => this.jobs.fail(error) });
    if (this.jobs.failure !== undefined) listener.failed(this.jobs.failure);
    else if (space.isFull) listener.full?.(true);
  }

  append(batch: EncodedBatch): void {
    if (this.jobs.failure !== undefined) return;
    assert(this.closing === undefined, 'append after close');
    assert(this.change === undefined, 'append while the log is being cut or begun anew');
    assert(batch.baseOffset === this.end.offset, `batch at ${batch.baseOffset} appended where the log ends at ${this.end.offset}`);
    assert(batch.previousChecksum === this.end.checksum, `batch at ${batch.baseOffset} does not chain to the batch before it`);
    assert(batch.epoch >= this.epochs.last, `batch of epoch ${batch.epoch} appended after epoch ${this.epochs.last}`);
    const written = this.jobs.tryIo(() => {
      const { active } = this.segments;
      if (!active.isEmpty && active.endPosition + batch.bytes.length > this.options.segmentBytes) this.roll();
      this.segments.active.append(batch);
    });
    if (!written) return;
    this.epochs.appended(batch);
    this.end = { offset: batch.endOffset, checksum: batch.checksum };
    this.cache.push(batch);
    this.advance();
  }

  truncate(endOffset: Offset, generation: number, done: () => void): void {
    this.cutTo(endOffset, generation, undefined, done);
  }

  /**
   * Damage was found while the log is in use: the note of it is made durable, what lies behind `endOffset` is put aside, and
   * the log is cut there, all before `done`.
   */
  recoverFrom(endOffset: Offset, recovery: { readonly epoch: number; readonly endOffset: number | undefined }, generation: number, done: () => void): void {
    this.isRepaired = false;
    this.cutTo(endOffset, generation, { problem: 'The log did not agree with the leader about what is at its end, and was found damaged.', soundUpTo: endOffset, ...recovery }, done);
  }

  /** What was lost is back: the note goes, when nothing else is to do. */
  recovered(): void {
    this.isRepaired = true;
    this.advance();
  }

  private cutTo(endOffset: Offset, generation: number, damage: DamageNote | undefined, done: () => void): void {
    if (this.jobs.failure !== undefined) return;
    this.assertMayChange(generation);
    assert(endOffset >= this.startOffset && endOffset <= this.end.offset, `cannot cut [${this.startOffset}, ${this.end.offset}) back to ${endOffset}`);
    const located = this.jobs.tryIo(() => {
      this.change = { kind: 'cut', ...this.segments.locate(endOffset, this.end), damage, done };
      this.end = this.change.to;
    });
    if (!located) return;
    this.currentGeneration = generation;
    this.cache.truncate(endOffset);
    this.epochs.truncated(endOffset);
    this.advance();
  }

  /**
   * The log begins anew, empty, behind a snapshot that is durable already; for the snapshot store. `done` when that is
   * durable: a crash before leaves the old log or the new start.
   */
  beginAnew(to: LogEnd & { readonly epoch: number }, generation: number, done: () => void): void {
    if (this.jobs.failure !== undefined) return;
    this.assertMayChange(generation);
    this.currentGeneration = generation;
    this.start = { offset: to.offset, checksum: to.checksum };
    this.end = this.start;
    this.change = { kind: 'anew', to: this.start, done };
    this.cache.truncate(0 as Offset);
    this.epochs.begunAnew(to.epoch);
    this.advance();
  }

  /** What lies before the end of a snapshot is not needed any more; whole segments of it go. For the snapshot store. */
  advanceStart(start: LogEnd): void {
    if (this.jobs.failure !== undefined || start.offset <= this.start.offset) return;
    assert(start.offset <= this.end.offset, `the log ends at ${this.end.offset}, it cannot begin at ${start.offset}`);
    this.start = start;
    this.epochs.startMoved(start.offset, this.end.offset);
    this.advance();
  }

  /** Below the log's start there is nothing to read: no batches, and no failure. */
  read(from: Offset, upTo: Offset, maxBytes: number, done: (read: LogRead) => void): void {
    if (this.jobs.failure !== undefined) return;
    const limit = Math.min(upTo, this.end.offset) as Offset;
    if (from >= limit || from < this.start.offset) return done({ batches: [] });
    let batches = this.cache.read(from, limit, maxBytes);
    const available =
      batches !== undefined ||
      this.jobs.tryIo(() => {
        batches = readSegment(this.segments.all[this.segments.indexOf(from)]!, from, limit, maxBytes).map((placed) => placed.batch);
      });
    if (available) done({ batches: batches! });
  }

  /**
   * Reads what lies before `endOffset` from the disk, in slices, and checks all of it. A log that is changed meanwhile is
   * answered for as far as it was read.
   *
   * @param done - base offset of the first batch that is not what was written, and why; undefined when all is sound.
   */
  verify(endOffset: Offset, done: (damagedAt: Offset | undefined, problem: string | undefined) => void): void {
    const { segments } = this;
    const look = () => {
      if (this.jobs.failure !== undefined || this.closed) return undefined;
      return { segments, start: this.start, endOffset: this.end.offset, generation: this.currentGeneration, isBusy: this.change !== undefined };
    };
    verifyLog({ look, timer: this.options.verifyTimer, tryIo: (io) => this.jobs.tryIo(io) }, endOffset, done);
  }

  checksumAt(offset: Offset): number | undefined {
    if (offset === this.end.offset) return this.end.checksum;
    if (offset === this.start.offset) return this.start.checksum;
    if (offset > this.end.offset || offset < this.start.offset) return undefined;
    const cached = this.cache.endingAt(offset);
    if (cached !== undefined) return cached.checksum;
    return this.segments.all.find((segment) => segment.baseOffset === offset)?.baseChecksum;
  }

  /** What was appended is flushed first, the marker too; then the files are closed. After a failure they just are. */
  close(done: () => void): void {
    assert(this.closing === undefined, 'closed twice');
    this.closing = done;
    if (this.jobs.failure === undefined) this.advance();
    else if (!this.jobs.isRunning) this.closeFiles();
  }

  /** Something else of this node's durable state failed: ends this store as a failed write of its own would. */
  failBecause(error: Error): void {
    this.jobs.fail(error);
  }

  /** Begins jobs and reports what they reached until nothing is left to do now. A port that completes at once comes back here too. */
  private advance(): void {
    if (this.advancing) return;
    this.advancing = true;
    while (this.jobs.failure === undefined && !this.closed && (this.beginJob() || this.report()));
    this.advancing = false;
  }

  /** A job begins before the report of the last one, so that the disk does not wait for what the report sets off. */
  private beginJob(): boolean {
    if (this.jobs.isRunning) return false;
    const { change } = this;
    if (change !== undefined) return this.jobs.run(() => (change.kind === 'cut' ? this.cut(change) : this.replace(change)));
    const unsynced = this.segments.oldestUnsynced();
    if (unsynced !== undefined) return this.jobs.run(() => this.flush(unsynced));
    const toSeal = this.toSeal.shift();
    if (toSeal !== undefined) return this.jobs.run(() => this.seal(toSeal));
    const unneeded = this.segments.shiftBefore(this.start.offset);
    if (unneeded !== undefined) return this.jobs.run(() => this.retire(unneeded));
    if (this.isRepaired) return this.jobs.run(() => this.forgetDamage());
    if (this.markerBehind() && (this.markerDue || this.closing !== undefined)) return this.jobs.run(() => this.flush(this.segments.active));
    this.markerDue = false;
    if (this.closing === undefined || this.reported !== this.flushed.offset) return false;
    this.closeFiles();
    return true;
  }

  private jobFailed(): void {
    if (this.closing !== undefined && !this.closed) this.closeFiles();
  }

  private report(): boolean {
    if (this.change !== undefined || this.reported === this.flushed.offset) return false;
    this.reported = this.flushed.offset;
    this.listener?.flushed(this.flushed.offset, this.currentGeneration);
    return true;
  }

  /** Syncs one segment, the marker of what was durable before riding along, and its directory entry if it is new. */
  private flush(segment: Segment): void {
    const isActive = segment === this.segments.active;
    const reached = isActive ? this.end : this.segments.endOf(segment);
    if (isActive && this.markerBehind()) segment.writeMarker(this.markerAt(this.flushed));
    if (isActive) this.markerDue = false;
    segment.unsynced = false;
    const durable = this.jobs.orFail(() => {
      this.entryIsDurable(segment);
      this.raiseFlushed(reached);
      if (this.change === undefined) this.jobs.tryIo(() => this.epochs.save(this.options.fs));
      this.jobs.done();
    });
    segment.handle.sync(
      this.jobs.orFail(() => {
        if (segment.entryUnsynced) this.options.space.syncDirectory(LOG_DIRECTORY, durable);
        else durable(undefined);
      }),
    );
  }

  private raiseFlushed(reached: LogEnd): void {
    // A truncation called meanwhile has already lowered the end; what is durable of the rest no longer matters.
    this.flushed = reached.offset > this.end.offset ? this.end : reached;
    if (this.change === undefined && this.closing === undefined && this.markerBehind()) this.markerTimer.putOff();
  }

  /** Once a new segment is durable, the one before it is finished, and its last marker may say so. */
  private entryIsDurable(segment: Segment): void {
    if (!segment.entryUnsynced) return;
    segment.entryUnsynced = false;
    const before = this.segments.before(segment);
    if (before !== undefined) this.toSeal.push(before);
  }

  private seal(segment: Segment): void {
    segment.writeMarker({ ...this.markerAt(this.segments.endOf(segment)), sealed: true });
    segment.handle.sync(this.jobs.orFail(() => this.jobs.done()));
  }

  private forgetDamage(): void {
    this.isRepaired = false;
    removeDamageNote(this.options.space, this.jobs.orFail(() => this.jobs.done()));
  }

  private cut(change: Extract<LogChange, { kind: 'cut' }>): void {
    const { to, done } = change;
    const durable = this.flushed.offset <= to.offset ? this.flushed : to;
    const wasCut = this.jobs.orFail(() => {
      const kept = this.segments.active;
      this.entryIsDurable(kept);
      this.toSeal = this.toSeal.filter((segment) => segment !== kept && this.segments.all.includes(segment));
      // With an older segment still to be synced, the end is not durable before that is.
      kept.unsynced = this.segments.before(kept)?.unsynced ?? false;
      this.flushed = kept.unsynced ? durable : to;
      this.reported = Math.min(this.reported, to.offset) as Offset;
      this.changed(done);
    });
    carryOutCut(this.options.space, this.segments, change, this.markerAt(durable), wasCut);
  }

  private replace({ to, done }: Extract<LogChange, { kind: 'anew' }>): void {
    const { space: fs, deletions } = this.options;
    const wasReplaced = this.jobs.orFail(() => {
      this.toSeal = [];
      this.flushed = to;
      this.reported = to.offset;
      this.changed(done);
    });
    carryOutNewStart({ fs, deletions, identity: this.identity }, this.segments, { base: to, generation: this.currentGeneration }, wasReplaced);
  }

  /** A cut or a new beginning is durable. */
  private changed(done: () => void): void {
    this.change = undefined;
    if (!this.jobs.tryIo(() => this.epochs.save(this.options.fs))) return this.jobs.done();
    done();
    this.jobs.done();
  }

  private retire(segment: Segment): void {
    segment.handle.close();
    this.options.deletions.add(segment.path);
    this.jobs.done();
  }

  private assertMayChange(generation: number): void {
    assert(this.change === undefined && this.closing === undefined, 'the log is cut or begun anew while that, or a close, is under way');
    assert(generation > this.currentGeneration, `generation must rise from ${this.currentGeneration}, got ${generation}`);
  }

  private roll(): void {
    this.segments.all.push(createSegment(this.options.space, this.identity, this.end, this.markerAt(this.flushed)));
  }

  private markerAt({ offset, checksum }: LogEnd): MarkerContent {
    return { endOffset: offset, checksum, generation: this.currentGeneration, sealed: false };
  }

  private markerBehind(): boolean {
    const { marker } = this.segments.active;
    return marker.endOffset < this.flushed.offset || marker.generation < this.currentGeneration;
  }

  private markerIsDue(): void {
    this.markerDue = true;
    this.advance();
  }

  /** The end: nothing is retried, nothing more is reported. */
  private hasFailed(error: Error): void {
    this.stopTimers();
    this.listener?.failed(error);
  }

  private closeFiles(): void {
    this.closed = true;
    this.stopTimers();
    for (const segment of this.segments.all) segment.handle.close();
    this.closing?.();
  }

  private stopTimers(): void {
    this.markerTimer.stop();
    this.options.deletions.stop();
    this.options.space.stop();
    this.options.verifyTimer.arm(undefined, () => {});
  }
}
