import type { EncodedBatch, Offset } from '@quorate/records';
import type { LogListener, LogRead, LogStore, Timers } from '@quorate/raft-node';
import { assert } from './assert.js';
import { BatchCache } from './batch-cache.js';
import { EpochTrail } from './epoch-trail.js';
import type { FileSystem } from './file-system.js';
import { isDiskError } from './file-system-error.js';
import type { EpochStart } from './leader-epoch-checkpoint.js';
import { MarkerTimer } from './marker-timer.js';
import { LOG_DIRECTORY } from './paths.js';
import type { LogIdentity } from './segment-header.js';
import { SegmentList, type CutPlace, type LogEnd } from './segment-list.js';
import { readSegment } from './segment-read.js';
import { createSegment, type MarkerContent, type Segment } from './segment.js';
import { cutSegments } from './truncation.js';

/** What the store needs besides what recovery found. */
export interface LogStoreOptions {
  readonly fs: FileSystem;
  /** The store's own: it arms one deadline, for the marker. */
  readonly timers: Pick<Timers, 'nowMs' | 'arm'>;
  /** `metadata.log.segment.bytes`: a batch that would make a segment larger begins the next one. */
  readonly segmentBytes: number;
  /** How many bytes of the newest batches are kept in memory for followers. */
  readonly cacheBytes: number;
}

/** A log as recovery leaves it: all of it durable. */
export interface LogState {
  readonly identity: LogIdentity;
  /** Oldest first, at least one. */
  readonly segments: readonly Segment[];
  readonly endOffset: Offset;
  readonly endChecksum: number;
  readonly generation: number;
  readonly epochs: readonly EpochStart[];
}

interface Truncation extends CutPlace {
  readonly done: () => void;
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

  private end: LogEnd;
  private currentGeneration: number;
  /** Durable end; `reported` is what the listener knows of it. */
  private flushed: LogEnd;
  private reported: Offset;

  private jobRunning = false;
  private advancing = false;
  private truncation: Truncation | undefined;
  private toSeal: Segment[] = [];
  private markerDue = false;
  private closing: (() => void) | undefined;
  private closed = false;
  private failure: Error | undefined;

  constructor(options: LogStoreOptions, state: LogState) {
    this.options = options;
    this.identity = state.identity;
    this.segments = new SegmentList(state.segments);
    this.cache = new BatchCache(options.cacheBytes);
    this.epochs = new EpochTrail(state.epochs);
    this.markerTimer = new MarkerTimer(options.timers, () => this.markerIsDue());
    this.end = { offset: state.endOffset, checksum: state.endChecksum };
    this.flushed = this.end;
    this.reported = this.end.offset;
    this.currentGeneration = state.generation;
  }

  get startOffset(): Offset {
    return this.segments.first.baseOffset;
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

  /** A failure that came before is told at once. */
  setListener(listener: LogListener): void {
    this.listener = listener;
    if (this.failure !== undefined) listener.failed(this.failure);
  }

  append(batch: EncodedBatch): void {
    if (this.failure !== undefined) return;
    assert(this.closing === undefined, 'append after close');
    assert(this.truncation === undefined, 'append while a truncation is under way');
    assert(batch.baseOffset === this.end.offset, `batch at ${batch.baseOffset} appended where the log ends at ${this.end.offset}`);
    assert(batch.previousChecksum === this.end.checksum, `batch at ${batch.baseOffset} does not chain to the batch before it`);
    assert(batch.epoch >= this.epochs.last, `batch of epoch ${batch.epoch} appended after epoch ${this.epochs.last}`);
    const written = this.tryIo(() => {
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
    if (this.failure !== undefined) return;
    assert(this.truncation === undefined && this.closing === undefined, 'truncation while another or a close is under way');
    assert(endOffset >= this.startOffset && endOffset <= this.end.offset, `cannot cut [${this.startOffset}, ${this.end.offset}) back to ${endOffset}`);
    assert(generation > this.currentGeneration, `generation must rise from ${this.currentGeneration}, got ${generation}`);
    const located = this.tryIo(() => {
      this.truncation = { ...this.segments.locate(endOffset, this.end), done };
      this.end = this.truncation.to;
    });
    if (!located) return;
    this.currentGeneration = generation;
    this.cache.truncate(endOffset);
    this.epochs.truncated(endOffset);
    this.advance();
  }

  read(from: Offset, upTo: Offset, maxBytes: number, done: (read: LogRead) => void): void {
    if (this.failure !== undefined) return;
    assert(from >= this.startOffset, `offset ${from} is before the log's start ${this.startOffset}`);
    const limit = Math.min(upTo, this.end.offset) as Offset;
    if (from >= limit) return done({ batches: [] });
    let batches = this.cache.read(from, limit, maxBytes);
    const available =
      batches !== undefined ||
      this.tryIo(() => {
        batches = readSegment(this.segments.all[this.segments.indexOf(from)]!, from, limit, maxBytes).map((placed) => placed.batch);
      });
    if (available) done({ batches: batches! });
  }

  checksumAt(offset: Offset): number | undefined {
    if (offset === this.end.offset) return this.end.checksum;
    if (offset > this.end.offset) return undefined;
    const cached = this.cache.endingAt(offset);
    if (cached !== undefined) return cached.checksum;
    return this.segments.all.find((segment) => segment.baseOffset === offset)?.baseChecksum;
  }

  /** What was appended is flushed first, the marker too; then the files are closed. After a failure they just are. */
  close(done: () => void): void {
    assert(this.closing === undefined, 'closed twice');
    this.closing = done;
    if (this.failure === undefined) this.advance();
    else if (!this.jobRunning) this.closeFiles();
  }

  /** Something else of this node's durable state failed: ends this store as a failed write of its own would. */
  failBecause(error: Error): void {
    this.fail(error);
  }

  /** Begins jobs and reports what they reached until nothing is left to do now. A port that completes at once comes back here too. */
  private advance(): void {
    if (this.advancing) return;
    this.advancing = true;
    while (this.failure === undefined && !this.closed && (this.beginJob() || this.report()));
    this.advancing = false;
  }

  /** A job begins before the report of the last one, so that the disk does not wait for what the report sets off. */
  private beginJob(): boolean {
    if (this.jobRunning) return false;
    const { truncation } = this;
    if (truncation !== undefined) return this.run(() => this.cut(truncation));
    const unsynced = this.segments.oldestUnsynced();
    if (unsynced !== undefined) return this.run(() => this.flush(unsynced));
    const toSeal = this.toSeal.shift();
    if (toSeal !== undefined) return this.run(() => this.seal(toSeal));
    if (this.markerBehind() && (this.markerDue || this.closing !== undefined)) return this.run(() => this.flush(this.segments.active));
    this.markerDue = false;
    if (this.closing === undefined || this.reported !== this.flushed.offset) return false;
    this.closeFiles();
    return true;
  }

  private run(job: () => void): true {
    this.jobRunning = true;
    if (!this.tryIo(job)) this.jobFailed();
    return true;
  }

  private jobDone(): void {
    // What the job did besides its own may have failed: a close that waits for it must still end.
    if (this.failure !== undefined) return this.jobFailed();
    this.jobRunning = false;
    this.advance();
  }

  private jobFailed(): void {
    this.jobRunning = false;
    if (this.closing !== undefined && !this.closed) this.closeFiles();
  }

  private report(): boolean {
    if (this.truncation !== undefined || this.reported === this.flushed.offset) return false;
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
    const durable = this.orFail(() => {
      this.entryIsDurable(segment);
      this.raiseFlushed(reached);
      if (this.truncation === undefined) this.tryIo(() => this.epochs.save(this.options.fs));
      this.jobDone();
    });
    segment.handle.sync(
      this.orFail(() => {
        if (segment.entryUnsynced) this.options.fs.syncDirectory(LOG_DIRECTORY, durable);
        else durable(undefined);
      }),
    );
  }

  private raiseFlushed(reached: LogEnd): void {
    // A truncation called meanwhile has already lowered the end; what is durable of the rest no longer matters.
    this.flushed = reached.offset > this.end.offset ? this.end : reached;
    if (this.truncation === undefined && this.closing === undefined && this.markerBehind()) this.markerTimer.putOff();
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
    segment.handle.sync(this.orFail(() => this.jobDone()));
  }

  private cut(truncation: Truncation): void {
    const { to, segmentIndex, position } = truncation;
    const durable = this.flushed.offset <= to.offset ? this.flushed : to;
    const done = this.orFail(() => {
      const kept = this.segments.active;
      this.entryIsDurable(kept);
      this.toSeal = this.toSeal.filter((segment) => segment !== kept && this.segments.all.includes(segment));
      // With an older segment still to be synced, the end is not durable before that is.
      kept.unsynced = this.segments.before(kept)?.unsynced ?? false;
      this.flushed = kept.unsynced ? durable : to;
      this.reported = Math.min(this.reported, to.offset) as Offset;
      this.truncation = undefined;
      if (!this.tryIo(() => this.epochs.save(this.options.fs))) return this.jobFailed();
      truncation.done();
      this.jobDone();
    });
    cutSegments(this.options.fs, { segments: this.segments.all, keep: segmentIndex, endOffset: to.offset, position, marker: this.markerAt(durable) }, done);
  }

  private roll(): void {
    this.segments.all.push(createSegment(this.options.fs, this.identity, this.end, this.markerAt(this.flushed)));
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

  private orFail(next: () => void): (error: Error | undefined) => void {
    return (error) => {
      if (error !== undefined) this.fail(error);
      if (this.failure === undefined) next();
      else this.jobFailed();
    };
  }

  /** Runs what may throw because of the disk; false when it did. A bug, of ours or of whoever was called back, goes through. */
  private tryIo(io: () => void): boolean {
    try {
      io();
      return true;
    } catch (error) {
      if (!isDiskError(error)) throw error;
      this.fail(error);
      return false;
    }
  }

  /** The end: nothing is retried, nothing more is reported. */
  private fail(error: Error): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.markerTimer.stop();
    this.listener?.failed(error);
  }

  private closeFiles(): void {
    this.closed = true;
    this.markerTimer.stop();
    for (const segment of this.segments.all) segment.handle.close();
    this.closing?.();
  }
}
