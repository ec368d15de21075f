import type { EncodedBatch, Offset } from '@quorate/records';
import type { FileSystem } from './file-system.js';
import { writeLeaderEpochCheckpoint, type EpochStart } from './leader-epoch-checkpoint.js';

/** The epochs of the log with their first offsets, and whether the file for people still has to follow. */
export class EpochTrail {
  private readonly epochs: EpochStart[];
  private changed = false;

  constructor(epochs: readonly EpochStart[]) {
    this.epochs = [...epochs];
  }

  /** Epoch of the last batch; 0 when there is none. */
  get last(): number {
    return this.epochs.at(-1)?.epoch ?? 0;
  }

  appended(batch: EncodedBatch): void {
    if (batch.epoch <= this.last) return;
    this.epochs.push({ epoch: batch.epoch, startOffset: batch.baseOffset });
    this.changed = true;
  }

  truncated(endOffset: Offset): void {
    while ((this.epochs.at(-1)?.startOffset ?? -1) >= endOffset) {
      this.epochs.pop();
      this.changed = true;
    }
  }

  /** Writes leader-epoch-checkpoint if the epochs are others than last time. @throws what the file system throws. */
  save(fs: FileSystem): void {
    if (!this.changed) return;
    this.changed = false;
    writeLeaderEpochCheckpoint(fs, this.epochs);
  }
}
