import type { Offset } from '@quorate/records';

export interface HighWatermarkInput {
  /**
   * For each voter, up to where it holds the log *on disk*: the leader's flushed offset for itself, the fetch offset for
   * others; undefined when nothing is known of it, or when it does not count (it repairs its log).
   */
  readonly durableOffsets: readonly (Offset | undefined)[];
  /** Offset of the leader's first record in its epoch. */
  readonly epochStartOffset: Offset;
  /** What the leader has established so far in this epoch. */
  readonly current: Offset | undefined;
}

/**
 * The high watermark that a leader may announce: what a majority of voters holds on disk, once that passes the start of
 * the leader's epoch, and never less than before.
 *
 * Records of earlier epochs are not committed by counting copies, only by a record of the own epoch behind them: else a
 * later leader could still overwrite them. Source: KIP-595; Raft paper 5.4.2 and figure 8.
 *
 * @returns the new high watermark, or `current` when it does not move.
 */
export function nextHighWatermark({ durableOffsets, epochStartOffset, current }: HighWatermarkInput): Offset | undefined {
  const majorityHolds = offsetHeldByMajority(durableOffsets);
  if (majorityHolds === undefined || majorityHolds <= epochStartOffset) return current;
  return current === undefined || majorityHolds > current ? majorityHolds : current;
}

/** The largest offset that more than half of the voters have reached. */
export function offsetHeldByMajority(durableOffsets: readonly (Offset | undefined)[]): Offset | undefined {
  const descending = [...durableOffsets].sort((a, b) => (b ?? -1) - (a ?? -1));
  return descending[Math.floor(descending.length / 2)];
}
