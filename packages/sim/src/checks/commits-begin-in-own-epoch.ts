import { violated } from '../violation.js';

/** A leader commits nothing before its own epoch's first record is committed (Raft paper 5.4.2, figure 8). */
export class CommitsBeginInOwnEpoch {
  leaderAdvanced(leaderId: number, highWatermark: number, epochStartOffset: number): void {
    if (highWatermark <= epochStartOffset) {
      violated('commits-begin-in-own-epoch', `leader ${leaderId} moves its high watermark to ${highWatermark}; its epoch starts at ${epochStartOffset}`);
    }
  }
}
