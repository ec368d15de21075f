import type { EncodedBatch, Epoch, Offset } from '@quorate/records';
import { assert } from './assert.js';
import type { LogStore } from './ports.js';
import type { SnapshotReader, SnapshotStore } from './snapshot-ports.js';
import type { MetadataLogListener } from './state-machine.js';

/**
 * Read and delivered at a time. A long replay is cut into slices of this size, so that the node can answer in between; a
 * batch that is larger comes alone.
 */
const SLICE_BYTES = 256 * 1024;

interface Claim {
  readonly epoch: Epoch;
  readonly epochStartOffset: Offset;
}

/**
 * Hands committed batches to the state machine: in offset order, each once. What the log no longer holds, because a snapshot
 * was installed or it began with one, comes out of the newest snapshot. A claim of leadership waits until the state
 * machine has everything up to the new leader's own LeaderChange record, so that a leader never loads one; a renounce never waits.
 *
 * The loop calls `pump` when no effect is left to carry out, so that the state machine may propose from within.
 */
export class CommittedDelivery {
  readonly #log: LogStore;
  readonly #snapshots: SnapshotStore;
  readonly #listener: MetadataLogListener;
  readonly #onRead: () => void;
  #delivered: Offset;
  #highWatermark: Offset;
  #reading = false;
  #loading: SnapshotReader | undefined;
  /** At start-up the newest snapshot is quicker than the log, which may still hold all of it. */
  #mayPreferSnapshot = true;
  #ready: readonly EncodedBatch[] | undefined;
  #pending: Claim | undefined;
  #claimed: Epoch | undefined;

  constructor(options: {
    log: LogStore;
    snapshots: SnapshotStore;
    listener: MetadataLogListener;
    /** What the state machine already holds. */
    from: Offset;
    /** Known to be committed: the end of the newest snapshot. */
    highWatermark: Offset | undefined;
    /** A slice has been read; the loop should pump. */
    onRead: () => void;
  }) {
    this.#log = options.log;
    this.#snapshots = options.snapshots;
    this.#listener = options.listener;
    this.#onRead = options.onRead;
    this.#delivered = options.from;
    this.#highWatermark = larger(options.from, options.highWatermark);
  }

  get deliveredOffset(): Offset {
    return this.#delivered;
  }

  get highWatermark(): Offset {
    return this.#highWatermark;
  }

  /** A snapshot is being loaded: it must not be deleted. */
  get isLoading(): boolean {
    return this.#loading !== undefined;
  }

  /** Whether `pump` would do anything now. */
  get hasWork(): boolean {
    return this.#loading !== undefined || this.#ready !== undefined || this.#claimIsDue() || (!this.#reading && this.#delivered < this.#readableEnd);
  }

  advance(highWatermark: Offset): void {
    assert(highWatermark >= this.#highWatermark, `high watermark fell from ${this.#highWatermark} to ${highWatermark}`);
    this.#highWatermark = highWatermark;
  }

  leadershipReady(claim: Claim): void {
    this.#pending = claim;
  }

  leadershipLost(epoch: Epoch, reason: string): void {
    this.#pending = undefined; // a claim that was never told needs no renounce
    if (this.#claimed === undefined) return;
    this.#claimed = undefined;
    this.#listener.renounce(epoch, reason);
  }

  /** Does one thing: delivers a slice of a snapshot or of the log, claims, or begins to read. */
  pump(): void {
    if (this.#loading !== undefined) this.#load(this.#loading);
    else if (this.#ready !== undefined) this.#deliver(this.#ready);
    else if (this.#claimIsDue()) this.#claim();
    else if (!this.#reading && this.#delivered < this.#readableEnd) this.#readNext();
  }

  /** What is committed, and is here: a log that repairs itself may end below what it has already told to be committed. */
  get #readableEnd(): Offset {
    return this.#log.endOffset < this.#highWatermark ? this.#log.endOffset : this.#highWatermark;
  }

  #deliver(batches: readonly EncodedBatch[]): void {
    this.#ready = undefined;
    const first = batches[0];
    const last = batches.at(-1);
    assert(first !== undefined && last !== undefined, `nothing readable at ${this.#delivered}, below the high watermark ${this.#highWatermark}`);
    assert(first.baseOffset === this.#delivered, `read from ${first.baseOffset} where ${this.#delivered} was wanted`);
    assert(last.endOffset <= this.#highWatermark, `read up to ${last.endOffset}, beyond the high watermark ${this.#highWatermark}`);
    this.#delivered = last.endOffset;
    this.#listener.committed(batches, this.#highWatermark);
  }

  #claimIsDue(): boolean {
    return this.#pending !== undefined && this.#delivered > this.#pending.epochStartOffset;
  }

  #claim(): void {
    const { epoch, epochStartOffset } = this.#pending!;
    this.#pending = undefined;
    this.#claimed = epoch;
    this.#listener.claim(epoch, epochStartOffset);
  }

  #readNext(): void {
    const newest = this.#snapshots.list().at(-1)?.id;
    const isBeyondLog = this.#delivered < this.#log.startOffset;
    const isQuicker = this.#mayPreferSnapshot && newest !== undefined && newest.endOffset > this.#delivered;
    this.#mayPreferSnapshot = false;
    if (!isBeyondLog && !isQuicker) return this.#read();
    assert(newest !== undefined && newest.endOffset > this.#delivered, `the log begins at ${this.#log.startOffset}, and no snapshot holds what came before`);
    const reader = this.#snapshots.open(newest);
    assert(reader !== undefined, `the snapshot of the first ${newest.endOffset} records is gone`);
    this.#beginLoad(reader);
  }

  #beginLoad(reader: SnapshotReader): void {
    assert(this.#claimed === undefined, 'the active controller is never made to load a snapshot');
    this.#loading = reader;
    this.#listener.snapshotBegins(reader.head);
  }

  #load(reader: SnapshotReader): void {
    const batches = reader.next(SLICE_BYTES);
    if (batches.length > 0) return this.#listener.snapshotBatches(batches);
    reader.close();
    this.#loading = undefined;
    this.#delivered = reader.head.id.endOffset;
    this.#listener.snapshotEnds();
  }

  #read(): void {
    this.#reading = true;
    const { generation } = this.#log;
    this.#log.read(this.#delivered, this.#readableEnd, SLICE_BYTES, (read) => {
      this.#reading = false;
      // An installed snapshot has taken the place of what was to be read; what a truncation leaves is read again.
      if (this.#log.generation === generation) this.#ready = read.batches;
      this.#onRead();
    });
  }
}

function larger(a: Offset, b: Offset | undefined): Offset {
  return b !== undefined && b > a ? b : a;
}
