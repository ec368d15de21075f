import { imageRecords } from '@quorate/metadata-image';
import type { ImageSnapshot, MetadataImage, StablePoint } from '@quorate/metadata-image';
import type { MetadataLog, SnapshotSink, Timers } from '@quorate/raft-node';
import type { EncodedBatch, RawRecord } from '@quorate/records';
import type { ObserveController } from './event.js';
import type { HeldRequests, RequestWindow } from './request-window.js';

/** When a snapshot is due. */
export interface SnapshotLimits {
  /** `metadata.log.max.record.bytes.between.snapshots`: bytes of committed batches since the last one. */
  readonly maxRecordBytes: number;
  /** `metadata.log.max.snapshot.interval.ms`: milliseconds since the last one; undefined: never by time. */
  readonly maxIntervalMs: number | undefined;
  /** `metadata.log.max.records.between.snapshots` (ours): records since the last one; undefined: never by number. */
  readonly maxRecords: number | undefined;
}

/** Why a snapshot was made. */
export type SnapshotReason = 'bytes' | 'interval' | 'records';

export interface SnapshotMakerOptions {
  readonly limits: SnapshotLimits;
  /** A clock of its own: one alarm, for the next slice. */
  readonly timers: Pick<Timers, 'nowMs' | 'arm'>;
  readonly image: MetadataImage;
  readonly observe: ObserveController;
}

/** What there is to be written when a batch has been committed. */
export interface SnapshotLook {
  /** End of the last batch, where the image and the window stand; undefined inside of a transaction. */
  readonly point: StablePoint | undefined;
  /** Whether nothing more is known to be committed. */
  readonly isCaughtUp: boolean;
  readonly log: Pick<MetadataLog, 'createSnapshot'>;
  readonly window: RequestWindow;
}

/** A node that is far behind has better things to do than snapshots that it will soon make again: they are due only after so many times as much. */
const BEHIND_FACTOR = 4;
/** Work that is done before the event loop gets a turn, in milliseconds. */
const SLICE_MS = 2;
/** The clock is looked at, and a batch of the snapshot written, after so many records. */
const RECORDS_AT_A_TIME = 512;
/** Or after so many bytes of them. */
const BYTES_AT_A_TIME = 64 * 1024;
/** Bound of a slice where the clock stands still while we work (in the simulator). */
const MOST_STEPS_A_SLICE = 16;

interface Making {
  readonly reason: SnapshotReason;
  readonly point: StablePoint;
  readonly sink: SnapshotSink;
  readonly held: ImageSnapshot;
  readonly records: Generator<RawRecord>;
  readonly requests: Generator<HeldRequests>;
  readonly startedMs: number;
  recordCount: number;
  longestSliceMs: number;
  isFreezing: boolean;
}

/**
 * Makes snapshots of this node's own image, on every node that loads metadata (KIP-630): when enough was committed or enough
 * time has passed, at the end of a committed batch outside of metadata transactions, never two at a time.
 *
 * The image is held, not copied, and written in slices of at most 2 ms between which the event loop runs; it may change
 * meanwhile. Behind its records stand the ids of the last requests with their outcomes, so that whoever starts from the
 * snapshot knows a repeat as whoever replayed the log does.
 */
export class SnapshotMaker {
  readonly #options: SnapshotMakerOptions;
  #bytes = 0;
  #records = 0;
  #sinceMs: number;
  #making: Making | undefined;
  #stopped = false;

  constructor(options: SnapshotMakerOptions) {
    this.#options = options;
    this.#sinceMs = options.timers.nowMs();
  }

  get isMaking(): boolean {
    return this.#making !== undefined;
  }

  /** Counts a committed batch. */
  count(batch: EncodedBatch): void {
    this.#bytes += batch.bytes.length;
    this.#records += batch.recordCount;
  }

  /** Begins a snapshot if one is due and none is in the making. */
  look({ point, isCaughtUp, log, window }: SnapshotLook): void {
    if (this.#making !== undefined || this.#stopped || point === undefined) return;
    const reason = this.#dueReason(isCaughtUp ? 1 : BEHIND_FACTOR);
    if (reason !== undefined) this.#begin(reason, point, log, window);
  }

  /** The image came from a snapshot: the next one is due from there on, and one in the making is of no use. */
  loaded(): void {
    this.#giveUp();
    this.#reset();
  }

  /** Gives up what is in the making; nothing is made any more. */
  stop(): void {
    this.#stopped = true;
    this.#giveUp();
  }

  #dueReason(factor: number): SnapshotReason | undefined {
    const { maxRecordBytes, maxIntervalMs, maxRecords } = this.#options.limits;
    if (this.#records === 0) return undefined;
    if (this.#bytes >= maxRecordBytes * factor) return 'bytes';
    if (maxRecords !== undefined && this.#records >= maxRecords * factor) return 'records';
    if (maxIntervalMs !== undefined && this.#options.timers.nowMs() - this.#sinceMs >= maxIntervalMs * factor) return 'interval';
    return undefined;
  }

  #begin(reason: SnapshotReason, point: StablePoint, log: Pick<MetadataLog, 'createSnapshot'>, window: RequestWindow): void {
    const { image, timers, observe } = this.#options;
    const { endOffset, epoch } = point;
    const sink = log.createSnapshot({
      endOffset,
      epoch,
      lastContainedTimestampMs: point.timestampMs,
      chainChecksum: point.chainChecksum,
      imageDigest: { lastStableOffset: endOffset, ...image.digest() },
    });
    this.#reset();
    if (typeof sink === 'string') return observe({ kind: 'snapshotRefused', reason, endOffset, epoch, refusal: sink }, timers.nowMs());
    const held = image.hold();
    const startedMs = timers.nowMs();
    this.#making = { reason, point, sink, held, records: imageRecords(held), requests: window.hold(), startedMs, recordCount: 0, longestSliceMs: 0, isFreezing: false };
    observe({ kind: 'snapshotBegun', reason, endOffset, epoch }, startedMs);
    this.#arm();
  }

  #reset(): void {
    this.#bytes = 0;
    this.#records = 0;
    this.#sinceMs = this.#options.timers.nowMs();
  }

  #arm(): void {
    this.#options.timers.arm(this.#options.timers.nowMs(), () => this.#slice());
  }

  #slice(): void {
    const making = this.#making;
    if (making === undefined || making.isFreezing) return;
    const { timers } = this.#options;
    const startMs = timers.nowMs();
    let isDone = false;
    for (let steps = 0; !isDone && steps < MOST_STEPS_A_SLICE && timers.nowMs() - startMs < SLICE_MS; steps++) isDone = writeSome(making);
    making.longestSliceMs = Math.max(making.longestSliceMs, timers.nowMs() - startMs);
    if (isDone) this.#freeze(making);
    else this.#arm();
  }

  #freeze(making: Making): void {
    const { timers, observe } = this.#options;
    const { reason, point, sink, held, startedMs, recordCount, longestSliceMs } = making;
    making.isFreezing = true;
    held.release();
    sink.freeze((outcome) => {
      if (this.#making === making) this.#making = undefined;
      if (this.#stopped) return;
      const nowMs = timers.nowMs();
      const { endOffset, epoch } = point;
      if (outcome !== 'frozen') return observe({ kind: 'snapshotRefused', reason, endOffset, epoch, refusal: outcome }, nowMs);
      observe({ kind: 'snapshotMade', reason, endOffset, epoch, bytes: sink.sizeBytes, records: recordCount, durationMs: nowMs - startedMs, longestSliceMs }, nowMs);
    });
  }

  #giveUp(): void {
    const making = this.#making;
    // What is being frozen is whole: it may as well be there at the next start.
    if (making === undefined || making.isFreezing) return;
    this.#making = undefined;
    this.#options.timers.arm(undefined, () => {});
    making.held.release();
    making.sink.discard();
    const { reason, point } = making;
    this.#options.observe({ kind: 'snapshotGivenUp', reason, endOffset: point.endOffset, epoch: point.epoch }, this.#options.timers.nowMs());
  }
}

/** Writes the next records, or requests when there are no more. @returns whether nothing is left. */
function writeSome(making: Making): boolean {
  const records: RawRecord[] = [];
  for (let bytes = 0; records.length < RECORDS_AT_A_TIME && bytes < BYTES_AT_A_TIME; ) {
    const next = making.records.next();
    if (next.done === true) break;
    records.push(next.value);
    bytes += next.value.payload.length;
  }
  if (records.length > 0) {
    making.sink.append(records);
    making.recordCount += records.length;
    return false;
  }
  const next = making.requests.next();
  if (next.done === true) return true;
  making.sink.appendRequests(next.value.appendTimeMs, next.value.requests);
  return false;
}
