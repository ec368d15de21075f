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
  /** No leader could be asked; the adapter has already tried the nodes it knows. */
  | { readonly kind: 'unavailable'; readonly message: string }
  /** The leader's log does not hold what we applied: another history, or a damaged copy. We start over. */
  | { readonly kind: 'contradiction'; readonly message: string }
  /** Another cluster or recovery id: the configuration is wrong, retrying will not help. */
  | { readonly kind: 'refused'; readonly message: string };

/** Committed-only Fetch over gRPC: the truth. Completes by callback, exactly once a call. */
export interface CommittedFetch {
  fetch(query: CommittedFetchQuery, done: (result: CommittedFetchResult) => void): void;
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

/** The image that follows. */
export interface FollowedImage {
  /** Applies one committed batch; returns the last stable offset after it. Throws on a record that cannot be applied. */
  apply(batch: EncodedBatch, path: ArrivalPath): Offset;
  /** Forgets everything: the log is read again from offset 0. */
  reset(): void;
}

/** Which way a batch came. */
export type ArrivalPath = 'feed' | 'fetch';
