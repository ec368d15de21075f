import type { EncodedBatch, Offset } from '@quorate/records';
import type { LogListener, LogRead, LogStore, Timers } from '@quorate/raft-node';
import { assert } from './assert.js';
import { BatchCache } from './batch-cache.js';
import type { FileSystem } from './file-system.js';
import { writeLeaderEpochCheckpoint, type EpochStart } from './leader-epoch-checkpoint.js';
import { LOG_DIRECTORY } from './paths.js';
import { BATCHES_POSITION, type LogIdentity } from './segment-header.js';
import { readSegment } from './segment-read.js';
import { createSegment, type Segment } from './segment.js';
import { isDiskError } from './file-system-error.js';
import { cutSegments } from './truncation.js';

/** A flushed marker goes to disk by itself when no write takes it along; with this it is there within 5 ms. */
export const MARKER_DELAY_MS = 4;

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
  readonly segments: Segment[];
  readonly endOffset: Offset;
  readonly endChecksum: number;
  readonly generation: number;
  readonly epochs: readonly EpochStart[];
}

/** An end of the log together with the checksum of the batch that ends there. */
export interface LogEnd {
  readonly offset: Offset;
  readonly checksum: number;
}

interface Truncation {
  readonly to: LogEnd;
  readonly segmentIndex: number;
  readonly position: number;
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
  private readonly segments: Segment[];
  private readonly cache: BatchCache;
  private readonly epochs: EpochStart[];
  private epochsChanged = false;
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
  private timerArmed = false;
  private markerDueAtMs = 0;
  private markerDue = false;
  private closing: (() => void) | undefined;
  private closed = false;
  private failure: Error | undefined;

  constructor(options: LogStoreOptions, state: LogState) {
    assert(state.segments.length > 0, 'a log has one segment at least');
    this.options = options;
    this.identity = state.identity;
    this.segments = state.segments;
    this.cache = new BatchCache(options.cacheBytes);
    this.epochs = [...state.epochs];
    this.end = { offset: state.endOffset, checksum: state.endChecksum };
    this.flushed = this.end;
    this.reported = this.end.offset;
    this.currentGeneration = state.generation;
  }

  get startOffset(): Offset {
    return this.segments[0]!.baseOffset;
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
    return this.segments.reduce((sum, segment) => sum + segment.endPosition, 0);
  }

  /** Something else of this node's durable state failed: ends this store as a failed write of its own would. */
  failBecause(error: Error): void {
    this.fail(error);
  }

  /** A failure that came before is told at once. */
  setListener(listener: LogListener): void {
    this.listener = listener;
    if (this.failure !== undefined) listener.failed(this.failure);
  }

  append(batch: EncodedBatch): void {
    if (this.failure !== undefined) return;
    assert(this.closing === undefined && !this.closed, 'append after close');
    assert(this.truncation === undefined, 'append while a truncation is under way');
    assert(batch.baseOffset === this.end.offset, `batch at ${batch.baseOffset} appended where the log ends at ${this.end.offset}`);
    assert(batch.previousChecksum === this.end.checksum, `batch at ${batch.baseOffset} does not chain to the batch before it`);
    const lastEpoch = this.epochs.at(-1)?.epoch ?? 0;
    assert(batch.epoch >= lastEpoch, `batch of epoch ${batch.epoch} appended after epoch ${lastEpoch}`);
    const written = this.tryIo(() => {
      if (!this.active.isEmpty && this.active.endPosition + batch.bytes.length > this.options.segmentBytes) this.roll();
      this.active.append(batch);
    });
    if (!written) return;
    if (batch.epoch > lastEpoch) {
      this.epochs.push({ epoch: batch.epoch, startOffset: batch.baseOffset });
      this.epochsChanged = true;
    }
    this.end = { offset: batch.endOffset, checksum: batch.checksum };
    this.cache.push(batch);
    this.advance();
  }

  truncate(endOffset: Offset, generation: number, done: () => void): void {
    if (this.failure !== undefined) return;
    assert(this.truncation === undefined && this.closing === undefined, 'truncation while another or a close is under way');
    assert(endOffset >= this.startOffset && endOffset <= this.end.offset, `cannot cut [${this.startOffset}, ${this.end.offset}) back to ${endOffset}`);
    assert(generation > this.currentGeneration, `generation must rise from ${this.currentGeneration}, got ${generation}`);
    this.tryIo(() => {
      this.truncation = { ...this.locate(endOffset), done };
      this.end = this.truncation.to;
      this.currentGeneration = generation;
      this.cache.truncate(endOffset);
      while ((this.epochs.at(-1)?.startOffset ?? -1) >= endOffset) this.epochs.pop();
      this.epochsChanged = true;
    });
    this.advance();
  }

  read(from: Offset, upTo: Offset, maxBytes: number, done: (read: LogRead) => void): void {
    if (this.failure !== undefined) return;
    assert(from >= this.startOffset, `offset ${from} is before the log's start ${this.startOffset}`);
    const limit = Math.min(upTo, this.end.offset) as Offset;
    if (from >= limit) return done({ batches: [] });
    let batches = this.cache.read(from, limit, maxBytes);
    if (batches === undefined) {
      const ok = this.tryIo(() => {
        batches = readSegment(this.segments[this.segmentIndexOf(from)]!, from, limit, maxBytes).map((placed) => placed.batch);
      });
      if (!ok) return;
    }
    done({ batches: batches! });
  }

  checksumAt(offset: Offset): number | undefined {
    if (offset === this.end.offset) return this.end.checksum;
    if (offset > this.end.offset) return undefined;
    const cached = this.cache.endingAt(offset);
    if (cached !== undefined) return cached.checksum;
    return this.segments.find((segment) => segment.baseOffset === offset)?.baseChecksum;
  }

  /** What was appended is flushed first, the marker too; then the files are closed. */
  close(done: () => void): void {
    assert(this.closing === undefined && !this.closed, 'closed twice');
    this.closing = done;
    if (this.failure !== undefined && !this.jobRunning) this.closeFiles();
    else this.advance();
  }

  private get active(): Segment {
    return this.segments[this.segments.length - 1]!;
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
    if (this.truncation !== undefined) return this.run(() => this.cut(this.truncation!));
    const unsynced = this.oldestUnsynced();
    if (unsynced !== undefined) return this.run(() => this.flush(unsynced));
    const toSeal = this.toSeal.shift();
    if (toSeal !== undefined) return this.run(() => this.seal(toSeal));
    const markerBehind = this.markerBehind();
    if (markerBehind && (this.markerDue || this.closing !== undefined)) return this.run(() => this.flush(this.active));
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
    const reached: LogEnd = { offset: segment.endOffset, checksum: this.checksumAtEndOf(segment) };
    const isNew = segment.entryUnsynced;
    if (segment === this.active) {
      if (this.markerBehind()) this.writeMarker(segment);
      this.markerDue = false;
    }
    segment.unsynced = false;
    segment.handle.sync(
      this.orFail(() => {
        const next = () => this.flushedSegment(segment, reached, isNew);
        if (isNew) this.options.fs.syncDirectory(LOG_DIRECTORY, this.orFail(next));
        else next();
      }),
    );
  }

  private flushedSegment(segment: Segment, reached: LogEnd, wasNew: boolean): void {
    segment.entryUnsynced = false;
    if (wasNew) this.sealBefore(segment);
    this.raiseFlushed(reached);
    if (this.epochsChanged && this.truncation === undefined) this.writeEpochs();
    this.jobDone();
  }

  private raiseFlushed(reached: LogEnd): void {
    // A truncation called meanwhile has already lowered the end; what is durable of the rest no longer matters.
    this.flushed = reached.offset > this.end.offset ? this.end : reached;
    if (this.truncation !== undefined || !this.markerBehind()) return;
    this.markerDueAtMs = this.options.timers.nowMs() + MARKER_DELAY_MS;
    this.armTimer();
  }

  /** The segment before a new one is finished: its last marker says so, once the new one is durable. */
  private sealBefore(segment: Segment): void {
    const before = this.segments[this.segments.indexOf(segment) - 1];
    if (before !== undefined) this.toSeal.push(before);
  }

  private seal(segment: Segment): void {
    segment.writeMarker({ endOffset: segment.endOffset, checksum: this.checksumAtEndOf(segment), generation: this.currentGeneration, sealed: true });
    segment.handle.sync(this.orFail(() => this.jobDone()));
  }

  private cut(truncation: Truncation): void {
    const { to, segmentIndex, position } = truncation;
    const durable = this.flushed.offset <= to.offset ? this.flushed : to;
    const marker = { endOffset: durable.offset, checksum: durable.checksum, generation: this.currentGeneration, sealed: false };
    const kept = this.segments[segmentIndex]!;
    const wasNew = kept.entryUnsynced;
    const cutDone = this.orFail(() => {
      kept.entryUnsynced = false;
      if (wasNew) this.sealBefore(kept);
      this.toSeal = this.toSeal.filter((segment) => this.segments.indexOf(segment) >= 0 && segment !== this.active);
      // With an older segment still to be synced, the end is not durable before that is.
      this.active.unsynced = this.segments[segmentIndex - 1]?.unsynced ?? false;
      this.flushed = this.active.unsynced ? durable : to;
      this.reported = Math.min(this.reported, to.offset) as Offset;
      this.truncation = undefined;
      this.writeEpochs();
      if (this.failure !== undefined) return this.jobFailed();
      truncation.done();
      this.jobDone();
    });
    cutSegments(this.options.fs, { segments: this.segments, keep: segmentIndex, endOffset: to.offset, position, marker }, cutDone);
  }

  private roll(): void {
    const marker = { endOffset: this.flushed.offset, checksum: this.flushed.checksum, generation: this.currentGeneration, sealed: false };
    this.segments.push(createSegment(this.options.fs, this.identity, this.end, marker));
  }

  private oldestUnsynced(): Segment | undefined {
    let found: Segment | undefined;
    // They are the last ones without a gap, since the oldest is always synced first.
    for (let i = this.segments.length - 1; i >= 0 && this.segments[i]!.unsynced; i--) found = this.segments[i];
    return found;
  }

  private markerBehind(): boolean {
    return this.active.marker.endOffset < this.flushed.offset || this.active.marker.generation < this.currentGeneration;
  }

  private writeMarker(segment: Segment): void {
    segment.writeMarker({ endOffset: this.flushed.offset, checksum: this.flushed.checksum, generation: this.currentGeneration, sealed: false });
  }

  private writeEpochs(): void {
    this.epochsChanged = false;
    this.tryIo(() => writeLeaderEpochCheckpoint(this.options.fs, this.epochs));
  }

  private armTimer(): void {
    if (this.timerArmed || this.closing !== undefined) return;
    this.timerArmed = true;
    this.options.timers.arm(this.markerDueAtMs, () => {
      this.timerArmed = false;
      if (this.failure !== undefined || this.closed || !this.markerBehind()) return;
      // Writes that came since have taken older markers along and put this off.
      if (this.options.timers.nowMs() < this.markerDueAtMs) return this.armTimer();
      this.markerDue = true;
      this.advance();
    });
  }

  private checksumAtEndOf(segment: Segment): number {
    return segment === this.active ? this.end.checksum : this.segments[this.segments.indexOf(segment) + 1]!.baseChecksum;
  }

  private segmentIndexOf(offset: Offset): number {
    let index = this.segments.length - 1;
    while (index > 0 && this.segments[index]!.baseOffset > offset) index--;
    return index;
  }

  /** Where the batch that ends at `endOffset` ends in the files. */
  private locate(endOffset: Offset): Omit<Truncation, 'done'> {
    if (endOffset === this.end.offset) {
      return { to: this.end, segmentIndex: this.segments.length - 1, position: this.active.endPosition };
    }
    const first = this.segments[0]!;
    if (endOffset === first.baseOffset) {
      return { to: { offset: endOffset, checksum: first.baseChecksum }, segmentIndex: 0, position: BATCHES_POSITION };
    }
    const segmentIndex = this.segmentIndexOf((endOffset - 1) as Offset);
    const placed = readSegment(this.segments[segmentIndex]!, (endOffset - 1) as Offset, this.end.offset, 0)[0]!;
    assert(placed.batch.endOffset === endOffset, `cannot cut at ${endOffset}, within a batch that ends at ${placed.batch.endOffset}`);
    return { to: { offset: endOffset, checksum: placed.batch.checksum }, segmentIndex, position: placed.position + placed.batch.bytes.length };
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

  /** The end: nothing is retried, nothing more is reported (design: a failed fsync stops the process). */
  private fail(error: Error): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.options.timers.arm(undefined, () => {});
    this.listener?.failed(error);
  }

  private closeFiles(): void {
    this.closed = true;
    this.options.timers.arm(undefined, () => {});
    for (const segment of this.segments) segment.handle.close();
    this.closing?.();
  }
}
