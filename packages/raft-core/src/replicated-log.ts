import type { Epoch, Offset } from '@quorate/records';
import { assert } from './assert.js';
import type { RaftCoreConfig, Recovery } from './config.js';
import { EpochHistory } from './epoch-history.js';
import type { LogPosition } from './fetch.js';
import type { SnapshotId } from './messages.js';
import type { LogEnd } from './vote.js';

/**
 * What the core knows of its log: where it begins and ends, which epochs wrote it, and how much of it is on disk. The end
 * moves as soon as an append or a cut is decided; the host carries it out.
 */
export class ReplicatedLog implements LogPosition {
  readonly epochs: EpochHistory;
  #recovery: Recovery | undefined;
  #startOffset: Offset;
  #latestSnapshot: SnapshotId | undefined;
  #endOffset: Offset;
  #flushedOffset: Offset;
  #generation: number;

  constructor(found: RaftCoreConfig['log']) {
    assert(
      found.startOffset === 0 || found.latestSnapshot !== undefined,
      `the log begins at ${found.startOffset} and there is no snapshot of what came before (KAFKA-14240)`,
    );
    this.#startOffset = found.startOffset;
    this.#latestSnapshot = found.latestSnapshot;
    this.#recovery = found.recovering;
    this.epochs = new EpochHistory([]);
    this.epochs.beginAt(found.startOffset, found.startEpoch);
    for (const { epoch, startOffset } of found.epochs) if (startOffset >= found.startOffset) this.epochs.assign(epoch, startOffset);
    this.#endOffset = found.endOffset;
    this.#flushedOffset = found.endOffset;
    this.#generation = found.generation;
  }

  /** Of the first record that is still in the log; what came before is in snapshots. */
  get startOffset(): Offset {
    return this.#startOffset;
  }

  /** Epoch of the record before the start, which a snapshot holds; 0 at 0. */
  get startEpoch(): Epoch {
    return this.epochs.epochAt((this.#startOffset - 1) as Offset) ?? (0 as Epoch);
  }

  /** The newest snapshot that can be served. */
  get latestSnapshot(): SnapshotId | undefined {
    return this.#latestSnapshot;
  }

  /** Exclusive. */
  get endOffset(): Offset {
    return this.#endOffset;
  }

  /** Everything before it is on disk; never beyond the end. */
  get flushedOffset(): Offset {
    return this.#flushedOffset;
  }

  get generation(): number {
    return this.#generation;
  }

  get isFlushed(): boolean {
    return this.#flushedOffset === this.#endOffset;
  }

  get lastEpoch(): Epoch {
    return this.epochs.lastEpoch;
  }

  /** How complete the log is, for votes. The unflushed tail is in it: that only raises what a candidate must have. */
  get end(): LogEnd {
    return { lastEpoch: this.lastEpoch, endOffset: this.#endOffset };
  }

  /** Part of the log was lost to damage and is not back yet. */
  get recovering(): boolean {
    return this.#recovery !== undefined;
  }

  get recovery(): Recovery | undefined {
    return this.#recovery;
  }

  /** Cuts what is damaged. */
  beginRecovery(endOffset: Offset, recovery: Recovery): void {
    this.truncate(endOffset);
    this.#recovery = recovery;
  }

  endRecovery(): void {
    this.#recovery = undefined;
  }

  append(epoch: Epoch, recordCount: number): void {
    assert(recordCount > 0, 'a batch holds at least one record');
    this.epochs.assign(epoch, this.#endOffset);
    this.#endOffset = (this.#endOffset + recordCount) as Offset;
  }

  /** Cuts the log; the generation rises, so that flush reports of the old one no longer count. */
  truncate(endOffset: Offset): void {
    assert(endOffset <= this.#endOffset && endOffset >= this.startOffset, `cannot cut the log [${this.startOffset}, ${this.#endOffset}) at ${endOffset}`);
    this.epochs.truncate(endOffset);
    this.#endOffset = endOffset;
    if (this.#flushedOffset > endOffset) this.#flushedOffset = endOffset;
    this.#generation += 1;
  }

  /** A snapshot of this node's own is there. One that an installed snapshot has overtaken changes nothing. */
  snapshotCreated(id: SnapshotId): void {
    if (this.#latestSnapshot === undefined || id.endOffset > this.#latestSnapshot.endOffset) this.#latestSnapshot = id;
  }

  /** What lies before `startOffset`, the end of a snapshot, goes. */
  advanceStart(startOffset: Offset): void {
    const latest = this.#latestSnapshot;
    assert(latest !== undefined && startOffset <= latest.endOffset, `the log cannot begin at ${startOffset}: no snapshot holds what came before`);
    assert(startOffset >= this.#startOffset && startOffset <= this.#flushedOffset, `the log [${this.#startOffset}, ${this.#endOffset}) cannot begin at ${startOffset}`);
    this.epochs.trim(startOffset);
    this.#startOffset = startOffset;
  }

  /** Generation that the log will have once a snapshot is installed. */
  get nextGeneration(): number {
    return this.#generation + 1;
  }

  /** The log begins again, empty and durable, at the end of a snapshot. */
  beginAt(id: SnapshotId, generation: number): void {
    assert(generation === this.nextGeneration, `the log was begun anew in generation ${generation}, expected ${this.nextGeneration}`);
    this.epochs.beginAt(id.endOffset, id.epoch);
    this.#startOffset = id.endOffset;
    this.#endOffset = id.endOffset;
    this.#flushedOffset = id.endOffset;
    this.#latestSnapshot = id;
    this.#generation = generation;
  }

  /** @returns whether the flushed offset moved. */
  flushed(endOffset: Offset, generation: number): boolean {
    if (generation !== this.#generation || endOffset <= this.#flushedOffset) return false;
    assert(endOffset <= this.#endOffset, `flushed up to ${endOffset}, but the log ends at ${this.#endOffset}`);
    this.#flushedOffset = endOffset;
    return true;
  }
}
