import type { Epoch, Offset } from '@quorate/records';
import { assert } from './assert.js';

/** An epoch of the log and the offset of its first record. */
export interface EpochStart {
  readonly epoch: Epoch;
  readonly startOffset: Offset;
}

/** Where an epoch ends, exclusive: the start of the next one, or the log's end. */
export interface EpochEnd {
  readonly epoch: Epoch;
  readonly endOffset: Offset;
}

/** Before the first record there is epoch 0. */
const NO_EPOCH = 0 as Epoch;

/**
 * Which leader wrote which part of the log: epochs and their start offsets, both strictly rising. Two logs that agree on
 * (offset, epoch) agree on everything before it, so this short list is enough to find where two logs part.
 * Source: KIP-101, KIP-595; Raft paper 5.3.
 */
export class EpochHistory {
  #starts: EpochStart[];

  constructor(starts: readonly EpochStart[]) {
    this.#starts = [];
    for (const { epoch, startOffset } of starts) this.assign(epoch, startOffset);
  }

  get starts(): readonly EpochStart[] {
    return this.#starts;
  }

  /** Epoch of the last record; 0 when there is none. */
  get lastEpoch(): Epoch {
    return this.#starts.at(-1)?.epoch ?? NO_EPOCH;
  }

  /** A record of `epoch` is written at `startOffset`. Does nothing when that epoch is the newest already. */
  assign(epoch: Epoch, startOffset: Offset): void {
    const last = this.#starts.at(-1);
    if (last?.epoch === epoch) return;
    assert(
      last === undefined || (epoch > last.epoch && startOffset > last.startOffset),
      `epoch ${epoch} at ${startOffset} does not follow epoch ${last?.epoch} at ${last?.startOffset}`,
    );
    this.#starts.push({ epoch, startOffset });
  }

  /** Epoch of the record at `offset`; undefined when that is not known. */
  epochAt(offset: Offset): Epoch | undefined {
    return this.#starts.findLast((start) => start.startOffset <= offset)?.epoch;
  }

  /** Forgets what came before the record ahead of `startOffset`; its own epoch stays known, so that a log that ends there can be placed. */
  trim(startOffset: Offset): void {
    const kept = this.#starts.findLastIndex((start) => start.startOffset < startOffset);
    if (kept > 0) this.#starts.splice(0, kept);
  }

  /** Forgets everything; the record before `startOffset` is of `epoch`. */
  beginAt(startOffset: Offset, epoch: Epoch): void {
    this.#starts = [];
    if (startOffset > 0) this.assign(epoch, (startOffset - 1) as Offset);
  }

  /** Forgets the epochs that begin at or after `endOffset`. */
  truncate(endOffset: Offset): void {
    while ((this.#starts.at(-1)?.startOffset ?? -1) >= endOffset) this.#starts.pop();
  }

  /**
   * Where `epoch` ends in this log, or, if this log has no such epoch, the largest older one and its end. An epoch older than
   * all ends where the first begins; one newer than all is answered with the log's last epoch and end.
   */
  endOf(epoch: Epoch, logEndOffset: Offset): EpochEnd {
    const next = this.#starts.findIndex((start) => start.epoch > epoch);
    if (next === -1) return { epoch: this.lastEpoch, endOffset: logEndOffset };
    const endOffset = this.#startAt(next).startOffset;
    return next === 0 ? { epoch, endOffset } : { epoch: this.#startAt(next - 1).epoch, endOffset };
  }

  #startAt(index: number): EpochStart {
    const start = this.#starts[index];
    assert(start !== undefined, `no epoch at index ${index}`);
    return start;
  }
}
