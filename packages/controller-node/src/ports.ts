import type { EncodedBatch, Epoch, Offset, RawRecord, RequestOutcome } from '@quorate/records';

/** What the controller's loop needs of Raft; fulfilled by raft-node. */
export interface MetadataLog {
  /** Offset that the next record will get; proposals must expect exactly this. */
  readonly endOffset: Offset;
  readonly highWatermark: Offset;
  /**
   * Appends one batch when this node leads `epoch` and the log ends at `expectedBaseOffset`; returns at once. Commit is told
   * through `MetadataLogListener.committed`.
   */
  propose(proposal: Proposal): ProposeResult;
  /** Gives up leadership of `epoch`; an older epoch is ignored. */
  resign(epoch: Epoch, reason: string): void;
}

export interface Proposal {
  readonly epoch: Epoch;
  readonly expectedBaseOffset: Offset;
  readonly records: readonly RawRecord[];
  readonly requests: readonly RequestOutcome[];
  readonly appendTimeMs: number;
}

export type ProposeResult =
  | { readonly kind: 'appended'; readonly batch: EncodedBatch }
  | { readonly kind: 'refused'; readonly reason: 'not-leader' | 'wrong-epoch' | 'wrong-offset' | 'too-large' | 'stopped' };

/** What raft-node tells the state machine, in this order of the log. */
export interface MetadataLogListener {
  /** Committed batches (control batches included), in offset order, each exactly once since start-up; `highWatermark` is their end or later. */
  committed(batches: readonly EncodedBatch[], highWatermark: Offset): void;
  /** This node leads `epoch` and everything before its LeaderChange record has been delivered by `committed`. */
  claim(epoch: Epoch, epochStartOffset: Offset): void;
  /** This node no longer leads `epoch`; uncommitted records may vanish. */
  renounce(epoch: Epoch, reason: string): void;
  /** Our own disk holds everything below `endOffset`: the next group of commands may be written. */
  flushed(endOffset: Offset): void;
}
