import type { EncodedBatch, Epoch, NodeId, Offset, RawRecord, RequestOutcome } from '@quorate/records';

/**
 * The seam between Raft and what its log means. Raft never learns what a topic is; the state machine never learns what a
 * vote is. `RaftNode` fulfils `MetadataLog` and calls `MetadataLogListener`.
 */

/** What a state machine needs of Raft. */
export interface MetadataLog {
  /** Offset that the next record will get; proposals must expect exactly this. */
  readonly endOffset: Offset;
  readonly highWatermark: Offset;
  /** Who leads, as far as this node knows. */
  readonly leader: LeaderKnown;
  /**
   * Appends one batch when this node leads `epoch` and the log ends at `expectedBaseOffset`; returns at once, and calls
   * nothing of the state machine before it returns. Commit is told through `MetadataLogListener.committed`.
   */
  propose(proposal: Proposal): ProposeResult;
  /** Gives up leadership of `epoch`; an older epoch is ignored. `renounce` follows, never before this returns. */
  resign(epoch: Epoch, reason: string): void;
}

export interface LeaderKnown {
  readonly epoch: Epoch;
  /** Undefined: nobody that we know of. */
  readonly leaderId: NodeId | undefined;
}

/** The records of one batch; offset, chain and checksum are the log's to fill in. */
export interface Proposal {
  readonly epoch: Epoch;
  readonly expectedBaseOffset: Offset;
  /** One at least. */
  readonly records: readonly RawRecord[];
  readonly requests: readonly RequestOutcome[];
  /** Milliseconds since 1970. */
  readonly appendTimeMs: number;
}

export type ProposeRefusal = 'not-leader' | 'wrong-epoch' | 'wrong-offset' | 'too-large' | 'stopped';

export type ProposeResult =
  | { readonly kind: 'appended'; readonly batch: EncodedBatch }
  | { readonly kind: 'refused'; readonly reason: ProposeRefusal };

/** What Raft tells the state machine, in this order of the log. Never called while another call to it is on the stack. */
export interface MetadataLogListener {
  /** Committed batches (control batches included), in offset order, each exactly once since start-up; `highWatermark` is their end or later. */
  committed(batches: readonly EncodedBatch[], highWatermark: Offset): void;
  /** This node leads `epoch` and everything up to and including its LeaderChange record has been delivered by `committed`. */
  claim(epoch: Epoch, epochStartOffset: Offset): void;
  /** This node no longer leads `epoch`, which it had claimed; uncommitted records may vanish. */
  renounce(epoch: Epoch, reason: string): void;
  /** Our own disk holds everything below `endOffset`: the next group of commands may be written. */
  flushed(endOffset: Offset): void;
}
