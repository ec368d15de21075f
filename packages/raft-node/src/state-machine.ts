import type { ImageDigest, SnapshotPointRefusal } from '@quorate/raft-core';
import type { EncodedBatch, Epoch, NodeId, Offset, RawRecord, RequestOutcome } from '@quorate/records';
import type { SnapshotHead, SnapshotInfo, SnapshotSink } from './snapshot-ports.js';

/**
 * The seam between Raft and what its log means. Raft never learns what a topic is; the state machine never learns what a
 * vote is. `RaftNode` fulfils `MetadataLog` and calls `MetadataLogListener`.
 */

/** What a state machine needs of Raft. */
export interface MetadataLog {
  /** Offset that the next record will get; proposals must expect exactly this. */
  readonly endOffset: Offset;
  readonly highWatermark: Offset;
  /** This node leads and is about to hand over: proposals would be refused now, and may be taken again in a moment. */
  readonly isHandingOver: boolean;
  /** Who leads, as far as this node knows. */
  readonly leader: LeaderKnown;
  /**
   * Appends one batch when this node leads `epoch` and the log ends at `expectedBaseOffset`; returns at once, and calls
   * nothing of the state machine before it returns. Commit is told through `MetadataLogListener.committed`.
   */
  propose(proposal: Proposal): ProposeResult;
  /**
   * Asks a majority whether this node still leads; nothing is written. `done` is called at most once (never when the node
   * has been stopped), not before this returns, and not while the state machine is being called.
   */
  readIndex(done: (outcome: ReadIndexOutcome) => void): void;
  /** Gives up leadership of `epoch`; an older epoch is ignored. `renounce` follows, never before this returns. */
  resign(epoch: Epoch, reason: string): void;
  /**
   * Begins a snapshot of the state machine as it was after exactly the batches before `at.endOffset`. What is written into the
   * sink counts once it is frozen; from then on other nodes may fetch it, and the log before it may go. One at a time.
   * Source: KIP-630.
   *
   * @returns where to write, or why there is nothing to make: an answer, nothing has happened.
   */
  createSnapshot(at: SnapshotPoint): SnapshotSink | SnapshotRefusal;
  /** Snapshots of this node, oldest first, fetched ones included. */
  snapshots(): readonly SnapshotInfo[];
}

/** Where in the log a snapshot is made: behind a committed batch that has been delivered. */
export interface SnapshotPoint {
  /** Exclusive; the end of a batch. */
  readonly endOffset: Offset;
  /** Of the batch that ends there. */
  readonly epoch: Epoch;
  /** Append time of that batch, milliseconds since 1970. */
  readonly lastContainedTimestampMs: number;
  /** Checksum of that batch. */
  readonly chainChecksum: number;
  readonly imageDigest: ImageDigest | undefined;
}

export type SnapshotRefusal =
  | SnapshotPointRefusal
  /** No batch with that checksum ends there. */
  | 'not-a-batch-edge'
  /** Another one is being made. */
  | 'busy'
  | 'stopped';

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

/** What came of asking a majority. */
export type ReadIndexOutcome =
  /** Everything that was committed when the question came lies below `index`. */
  | { readonly kind: 'ready'; readonly index: Offset }
  /** Not the leader, or no longer: whoever asks goes to the next one. */
  | { readonly kind: 'refused'; readonly reason: 'not-leader' | 'leadership-lost' | 'stopped' };

export type ProposeRefusal = 'not-leader' | 'wrong-epoch' | 'wrong-offset' | 'too-large' | 'stopped';

export type ProposeResult =
  | { readonly kind: 'appended'; readonly batch: EncodedBatch }
  | { readonly kind: 'refused'; readonly reason: ProposeRefusal };

/** What Raft tells the state machine, in this order of the log. Never called while another call to it is on the stack. */
export interface MetadataLogListener {
  /**
   * The log no longer holds what comes next, or a snapshot holds more than the state machine has at start-up: forget
   * everything, what follows replaces it. Never while this node has a claim that it has not renounced.
   */
  snapshotBegins(head: SnapshotHead): void;
  /** The snapshot's batches of metadata records, in order, about 256 KiB of them, with turns of the event loop in between. Borrowed until the call returns. */
  snapshotBatches(batches: readonly EncodedBatch[]): void;
  /** The state machine now holds everything before the snapshot's end offset, and the next committed batch begins there. */
  snapshotEnds(): void;
  /** Committed batches (control batches included), in offset order without a gap, each once since start-up or since the last snapshot; `highWatermark` is their end or later. */
  committed(batches: readonly EncodedBatch[], highWatermark: Offset): void;
  /** This node leads `epoch` and everything up to and including its LeaderChange record has been delivered by `committed`. */
  claim(epoch: Epoch, epochStartOffset: Offset): void;
  /** This node no longer leads `epoch`, which it had claimed; uncommitted records may vanish. */
  renounce(epoch: Epoch, reason: string): void;
  /** The hand-over of `epoch` came to nothing: this node leads on, and takes proposals again. */
  handOverAbandoned(epoch: Epoch): void;
  /** Our own disk holds everything below `endOffset`: the next group of commands may be written. */
  flushed(endOffset: Offset): void;
}
