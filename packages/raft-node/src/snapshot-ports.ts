import type { ImageDigest, SnapshotId, Voter } from '@quorate/raft-core';
import type { EncodedBatch, Offset, RawRecord, RequestOutcome } from '@quorate/records';

/** What a snapshot says of itself and of Raft, besides its metadata records. */
export interface SnapshotHead {
  readonly id: SnapshotId;
  /** Append time of the last batch it contains, milliseconds since 1970. */
  readonly lastContainedTimestampMs: number;
  /** Checksum of the log's batch that ends at `id.endOffset`. */
  readonly chainChecksum: number;
  readonly imageDigest: ImageDigest | undefined;
  /** As of the snapshot's end offset. */
  readonly kraftVersion: number;
  /** As of the snapshot's end offset; undefined when none were set. */
  readonly voters: readonly Voter[] | undefined;
}

/** A snapshot that is whole, as it can be served. */
export interface SnapshotInfo {
  readonly id: SnapshotId;
  readonly sizeBytes: number;
  readonly lastContainedTimestampMs: number;
  readonly chainChecksum: number;
}

/** A range of a snapshot's file; `size` is that of the whole. */
export type SnapshotChunk =
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array; readonly size: number; readonly chainChecksum: number }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'out-of-range'; readonly size: number };

/** Reads a snapshot from its first record to its last. */
export interface SnapshotReader {
  readonly head: SnapshotHead;
  /** The next batches of metadata records, about `maxBytes` of them, one at least; none at the end. Borrowed until the next call. */
  next(maxBytes: number): readonly EncodedBatch[];
  close(): void;
}

/** What became of a new snapshot: it is there; another one holds as much already; the disk was full. Of the last two nothing is left. */
export type SnapshotOutcome = 'frozen' | 'overtaken' | 'no-space';

/** Takes what a new snapshot holds. Nobody sees it before `freeze` is done. */
export interface SnapshotSink {
  /** Bytes written so far. */
  readonly sizeBytes: number;
  append(records: readonly RawRecord[]): void;
  /** Ids of requests and what became of them, all of batches that were appended at that time (milliseconds since 1970). */
  appendRequests(appendTimeMs: number, requests: readonly RequestOutcome[]): void;
  /**
   * Makes it durable under its name. A disk that was full at any time since the beginning leaves nothing of it; any other
   * error ends the process, like every failed write.
   */
  freeze(done: (outcome: SnapshotOutcome) => void): void;
  /** Gives up: the file goes away. */
  discard(): void;
}

export type InstallResult =
  | { readonly kind: 'installed'; readonly head: SnapshotHead }
  | { readonly kind: 'damaged'; readonly problem: string };

/** Snapshots on disk, the 0-0 bootstrap checkpoint excepted, and the two changes that they bring about in the log (KIP-630). */
export interface SnapshotStore {
  /** Oldest first. */
  list(): readonly SnapshotInfo[];
  read(id: SnapshotId, position: number, maxBytes: number): SnapshotChunk;
  /** Undefined when it is not there (any more). */
  open(id: SnapshotId): SnapshotReader | undefined;
  /** Begins a snapshot of this node's own. */
  create(head: SnapshotHead): SnapshotSink;
  /** Keeps bytes of a snapshot that is being fetched; position 0 begins anew. */
  receive(id: SnapshotId, position: number, bytes: Uint8Array): void;
  discardReceived(id: SnapshotId): void;
  /** Verifies what was received, freezes it, and begins the log anew at its end offset: marker lowered first, whole again after a crash at any point. */
  install(id: SnapshotId, generation: number, done: (result: InstallResult) => void): void;
  /** Deletes snapshots that end before `startOffset` and segments that end at or before it; a snapshot ends exactly there. */
  deleteBefore(startOffset: Offset): void;
}
