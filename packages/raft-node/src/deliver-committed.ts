import type { EncodedBatch, Epoch, Offset } from '@quorate/records';
import { assert } from './assert.js';
import type { LogStore } from './ports.js';
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
 * Hands committed batches to the state machine: in offset order, each once. A claim of leadership waits until the state
 * machine has everything up to the new leader's own LeaderChange record; a renounce never waits.
 *
 * The loop calls `pump` when no effect is left to carry out, so that the state machine may propose from within.
 */
export class CommittedDelivery {
  readonly #log: LogStore;
  readonly #listener: MetadataLogListener;
  readonly #onRead: () => void;
  #delivered: Offset;
  #highWatermark: Offset;
  #reading = false;
  #ready: readonly EncodedBatch[] | undefined;
  #pending: Claim | undefined;
  #claimed: Epoch | undefined;

  constructor(options: {
    log: LogStore;
    listener: MetadataLogListener;
    /** What the state machine already holds. */
    from: Offset;
    /** A slice has been read; the loop should pump. */
    onRead: () => void;
  }) {
    this.#log = options.log;
    this.#listener = options.listener;
    this.#onRead = options.onRead;
    this.#delivered = options.from;
    this.#highWatermark = options.from;
  }

  get deliveredOffset(): Offset {
    return this.#delivered;
  }

  get highWatermark(): Offset {
    return this.#highWatermark;
  }

  /** Whether `pump` would do anything now. */
  get hasWork(): boolean {
    return this.#ready !== undefined || this.#claimIsDue() || (!this.#reading && this.#delivered < this.#highWatermark);
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

  /** Does one thing: delivers a slice, claims, or begins to read. */
  pump(): void {
    if (this.#ready !== undefined) this.#deliver(this.#ready);
    else if (this.#claimIsDue()) this.#claim();
    else if (!this.#reading && this.#delivered < this.#highWatermark) this.#read();
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

  #read(): void {
    this.#reading = true;
    this.#log.read(this.#delivered, this.#highWatermark, SLICE_BYTES, (read) => {
      this.#reading = false;
      this.#ready = read.batches;
      this.#onRead();
    });
  }
}
