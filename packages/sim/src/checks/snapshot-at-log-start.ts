import type { LogShadow } from '../log-shadow.js';
import { violated } from '../violation.js';

/** A snapshot by its id, and the checksum of the log's batch that ends where it ends. */
export interface SeenSnapshot {
  readonly endOffset: number;
  readonly epoch: number;
  readonly chainChecksum: number;
}

/** Says which batch is committed before an offset; undefined inside of a batch, or where nothing is committed. */
export type CommittedBefore = (endOffset: number) => { readonly epoch: number; readonly checksum: number } | undefined;

/**
 * A log that does not begin at 0 begins where a snapshot ends, and no snapshot ends before its log begins. A snapshot ends on
 * the edge of a committed batch and names its epoch and checksum, so that a follower can go on from it (kraft.md §10.1, §11.2:
 * KAFKA-14618, KAFKA-17713).
 */
export class SnapshotAtLogStart {
  check(nodeId: number, log: LogShadow, snapshots: readonly SeenSnapshot[], committedBefore: CommittedBefore): void {
    const { startOffset } = log;
    if (startOffset > 0 && !snapshots.some(({ endOffset }) => endOffset === startOffset)) violated('snapshot-at-log-start', `the log of node ${nodeId} begins at ${startOffset}, and no snapshot ends there`);
    for (const { endOffset, epoch, chainChecksum } of snapshots) {
      if (endOffset < startOffset) violated('snapshot-at-log-start', `node ${nodeId} has a snapshot that ends at ${endOffset}, and a log that begins at ${startOffset}`);
      const batch = committedBefore(endOffset);
      if (batch === undefined) violated('snapshot-at-log-start', `node ${nodeId} has a snapshot that ends at ${endOffset}, where no committed batch ends`);
      if (batch.epoch === epoch && batch.checksum === chainChecksum) continue;
      violated('snapshot-at-log-start', `node ${nodeId} has a snapshot that ends at ${endOffset} of epoch ${epoch}, where the committed batch is of epoch ${batch.epoch}${batch.checksum === chainChecksum ? '' : ' and another one'}`);
    }
  }
}
