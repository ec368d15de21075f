import type { EncodedBatch, Offset } from '@quorate/records';
import type { FileSystem } from './file-system.js';
import { writeLeaderEpochCheckpoint, type EpochStart } from './leader-epoch-checkpoint.js';

/** The epochs of the log with their first offsets, and whether the file for people still has to follow. */
export class EpochTrail {
  private readonly epochs: EpochStart[];
  /** Of the last record before the log's start; 0 where there is none. */
  private epochBefore: number;
  private changed = false;

  constructor(epochs: readonly EpochStart[], epochBefore: number) {
    this.epochs = [...epochs];
    this.epochBefore = epochBefore;
  }

  /** Epoch of the last batch; of the one before the log's start when there is none. */
  get last(): number {
    return this.epochs.at(-1)?.epoch ?? this.epochBefore;
  }

  /** The log begins anew, behind a record of that epoch. */
  begunAnew(epochBefore: number): void {
    this.epochs.length = 0;
    this.epochBefore = epochBefore;
    this.changed = true;
  }

  appended(batch: EncodedBatch): void {
    if (batch.epoch <= this.last) return;
    this.epochs.push({ epoch: batch.epoch, startOffset: batch.baseOffset });
    this.changed = true;
  }

  /** What lies before `startOffset` is gone: see `epochsFrom`. */
  startMoved(startOffset: Offset, endOffset: Offset): void {
    const left = epochsFrom(this.epochs, startOffset, endOffset);
    this.epochs.splice(0, this.epochs.length, ...left);
    this.changed = true;
  }

  truncated(endOffset: Offset): void {
    while ((this.epochs.at(-1)?.startOffset ?? -1) >= endOffset) {
      this.epochs.pop();
      this.changed = true;
    }
  }

  /** Writes leader-epoch-checkpoint if the epochs are others than last time; later when the disk is full. @throws what else the file system throws. */
  save(fs: FileSystem): void {
    if (!this.changed) return;
    this.changed = !writeLeaderEpochCheckpoint(fs, this.epochs);
  }
}

/**
 * The epochs of the part of a log that begins at `startOffset`: the one under way there is said to begin there. None is
 * left where that part is empty: then its last epoch is that of the snapshot it stands on.
 */
export function epochsFrom(epochs: readonly EpochStart[], startOffset: Offset, endOffset: Offset): EpochStart[] {
  const later = epochs.filter((start) => start.startOffset > startOffset);
  const underWay = epochs.findLast((start) => start.startOffset <= startOffset);
  return underWay === undefined || startOffset >= endOffset ? later : [{ epoch: underWay.epoch, startOffset }, ...later];
}
