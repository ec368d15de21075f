import type { LoadedFrom } from '@quorate/metadata-image';
import type { EncodedBatch, Epoch, NodeId, Offset } from '@quorate/records';

/** What one committed-only Fetch asks of the leader; the adapter finds the leader and follows it. */
export interface CommittedFetchQuery {
  /** End of what we have applied. */
  readonly fromOffset: Offset;
  /** Epoch of the last batch applied; 0 when none. */
  readonly lastEpoch: Epoch;
  /** Checksum of the last batch applied; undefined when none. */
  readonly chainChecksum: number | undefined;
  /** How long the leader may park it, in milliseconds; 0 while the feed brings the batches. */
  readonly maxWaitMs: number;
  readonly maxBytes: number;
}

export type CommittedFetchResult =
  | {
      readonly kind: 'batches';
      /** Committed batches from `fromOffset` on, checksums verified; empty when there is nothing new. */
      readonly batches: readonly EncodedBatch[];
      readonly highWatermark: Offset | undefined;
      readonly leaderId: NodeId | undefined;
      readonly leaderEpoch: Epoch;
      /** Key of the feed's MAC in the leader's epoch. */
      readonly feedKey: Uint8Array | undefined;
    }
  /** The leader's log no longer holds what follows: the snapshot does. */
  | { readonly kind: 'snapshot'; readonly id: SnapshotOffset; readonly leaderId: NodeId | undefined; readonly leaderEpoch: Epoch }
  /** No leader could be asked; the adapter has already tried the nodes it knows. */
  | { readonly kind: 'unavailable'; readonly message: string }
  /** The leader's log does not hold what we applied: another history, or a damaged copy. We start over. */
  | { readonly kind: 'contradiction'; readonly message: string }
  /** Another cluster or recovery id: the configuration is wrong, retrying will not help. */
  | { readonly kind: 'refused'; readonly message: string };

/** Which snapshot: everything below `endOffset` of the log, whose last record was written in `epoch`. */
export interface SnapshotOffset {
  readonly endOffset: Offset;
  readonly epoch: Epoch;
}

/** What one FetchSnapshot asks of the leader (KIP-630). */
export interface SnapshotQuery {
  readonly id: SnapshotOffset;
  /** Bytes that we have already. */
  readonly position: number;
  readonly maxBytes: number;
}

export type SnapshotResult =
  | {
      readonly kind: 'piece';
      /** From the position that was asked for; borrowed for the call. */
      readonly bytes: Uint8Array;
      /** Of the whole snapshot, in bytes. */
      readonly size: number;
      /** Who answered: the same snapshot of another node may have other bytes. */
      readonly leaderId: NodeId | undefined;
      readonly leaderEpoch: Epoch;
    }
  /** The leader has no such snapshot (any more), or not so much of it: a Fetch says what there is. */
  | { readonly kind: 'gone'; readonly message: string }
  | { readonly kind: 'unavailable'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string };

/** Committed-only Fetch over gRPC: the truth. Completes by callback, exactly once a call; one call is under way at a time. */
export interface CommittedFetch {
  fetch(query: CommittedFetchQuery, done: (result: CommittedFetchResult) => void): void;
  fetchSnapshot(query: SnapshotQuery, done: (result: SnapshotResult) => void): void;
  close(): void;
}

/** What the feed brings in. */
export interface FeedReceiver {
  /** A batch whose MAC was right under the key of its epoch. */
  batch(batch: EncodedBatch): void;
  /** Header only: a batch ending there exists, but its bytes have to be fetched. */
  announced(endOffset: Offset): void;
  /** A message was dropped: wrong or unknown MAC, damaged bytes, another cluster. */
  dropped(reason: FeedDropReason): void;
  /** The connection came up (or came back), or went away. */
  connected(up: boolean): void;
}

export type FeedDropReason = 'no-mac' | 'wrong-mac' | 'unknown-epoch' | 'damaged' | 'foreign';

/** The feed: speed, never truth. */
export interface MetadataFeed {
  open(receiver: FeedReceiver): void;
  /** Learned over gRPC; messages of other epochs cannot be checked and are dropped. */
  setKey(epoch: Epoch, key: Uint8Array): void;
  close(): void;
}

/** The clock, as in raft-node: monotonic milliseconds and one alarm. */
export interface FollowerTimers {
  nowMs(): number;
  arm(atMs: number | undefined, fire: () => void): void;
}

/** Where an image that comes out of a snapshot stands in the log. */
export interface SnapshotStart extends LoadedFrom {
  /** Of the log's batch that ends there: the next one chains to it. */
  readonly chainChecksum: number;
}

/** The image that follows. */
export interface FollowedImage {
  /** Applies one committed batch; returns the last stable offset after it. Throws on a record that cannot be applied. */
  apply(batch: EncodedBatch, path: ArrivalPath): Offset;
  /** Forgets everything: the log is read again from offset 0. */
  reset(): void;
  /** A snapshot will take the place of everything; until it is whole the image goes on as it is. Called again when it has to be begun anew. */
  loadBegins(start: SnapshotStart): void;
  /** The next batches of metadata records of the snapshot, borrowed for the call. */
  load(batches: readonly EncodedBatch[]): void;
  /** The snapshot is whole and undamaged. Throws when the image that it gives is not the one it was made from. */
  loadEnds(): void;
}

/** Which way a batch came. */
export type ArrivalPath = 'feed' | 'fetch';
