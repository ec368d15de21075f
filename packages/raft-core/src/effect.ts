import type { ControlRecord, EncodedBatch, Epoch, NodeId, Offset } from '@quorate/records';
import type { Recovery } from './config.js';
import type { CoreEvent } from './core-event.js';
import type { ElectionState } from './election-state.js';
import type { ReadToken, ReplyToken, RequestId, TransferToken } from './input.js';
import type { TransferOutcome } from './transfer.js';
import type { FetchResponse, FetchSnapshotResponse, RaftRequest, RaftResponse, SnapshotId } from './messages.js';
import type { Endpoint } from './replica-key.js';

/**
 * What the host must do, in the order returned. It may not reorder: `persistElectionState`, `truncate`, `recoverLog` and `installSnapshot` stop the core
 * (no further input is stepped, no later effect is carried out) until they are durable; everything else is begun at once.
 */
export type Effect =
  /** Durable before the effects that follow it; then go on. */
  | { readonly kind: 'persistElectionState'; readonly state: ElectionState }
  /** Write these batches at the end of the log; `flushed` comes back as an input. The core already counts them in its log end. */
  | { readonly kind: 'append'; readonly batches: readonly EncodedBatch[] }
  /** Encode these control records as one batch at `baseOffset`, append it. */
  | { readonly kind: 'appendControl'; readonly epoch: Epoch; readonly baseOffset: Offset; readonly records: readonly ControlRecord[] }
  /** Cut the log back to `endOffset` (a batch edge, never below the high watermark); the log's generation becomes `generation`. Durable before later effects. */
  | { readonly kind: 'truncate'; readonly endOffset: Offset; readonly generation: number }
  /**
   * The log is damaged from `endOffset` (a batch edge, perhaps below the high watermark) on: put `recovery` on disk, then cut the log back;
   * its generation becomes `generation`. Durable before later effects.
   */
  | { readonly kind: 'recoverLog'; readonly endOffset: Offset; readonly recovery: Recovery; readonly generation: number }
  /** What was lost is back: the note of `recoverLog`, or of an earlier start, may go. */
  | { readonly kind: 'recovered' }
  /** Read everything before `endOffset` from disk, not from memory, and check it; `logVerified` comes back. */
  | { readonly kind: 'verifyLog'; readonly endOffset: Offset; readonly generation: number }
  /** This process must stop and say why: going on could spread what is wrong. */
  | { readonly kind: 'stop'; readonly problem: string }
  /** Send a request; answer, failure or time-out comes back under its id. For a Fetch the host fills in `chainChecksum`, `imageDigest`. */
  | { readonly kind: 'send'; readonly requestId: RequestId; readonly to: NodeId; readonly endpoints: readonly Endpoint[]; readonly request: RaftRequest }
  /** Answer a request that is not a Fetch with data. */
  | { readonly kind: 'reply'; readonly token: ReplyToken; readonly response: RaftResponse }
  /**
   * Answer a Fetch with the batches in [from, upTo), at least one if there is any, at most about `maxBytes`. Equal ranges of
   * one step are read and encoded once. The host fills in `feedPublishedOffset` and `feedKey`.
   */
  | {
      readonly kind: 'replyFetch';
      readonly token: ReplyToken;
      readonly from: Offset;
      readonly upTo: Offset;
      readonly maxBytes: number;
      readonly response: Omit<FetchResponse, 'batches' | 'feedPublishedOffset' | 'feedKey'>;
    }
  /** Answer a FetchSnapshot with bytes of that snapshot from `position` on; the host fills in what it reads, or answers SNAPSHOT_NOT_FOUND or POSITION_OUT_OF_RANGE. */
  | {
      readonly kind: 'replyFetchSnapshot';
      readonly token: ReplyToken;
      readonly snapshotId: SnapshotId;
      readonly position: number;
      readonly maxBytes: number;
      readonly response: Omit<FetchSnapshotResponse, 'size' | 'position' | 'bytes' | 'chainChecksum'>;
    }
  /** Keep this chunk of the snapshot that is being fetched; `position` 0 begins anew. Not durable before `installSnapshot`. */
  | { readonly kind: 'storeSnapshotChunk'; readonly snapshotId: SnapshotId; readonly position: number; readonly bytes: Uint8Array }
  /** The partial snapshot is of no use any more. */
  | { readonly kind: 'discardSnapshot'; readonly snapshotId: SnapshotId }
  /**
   * All chunks are stored: verify the file, make it durable, and let the log begin again, empty, at its end offset; the
   * log's generation becomes `generation`. Stops the core like `truncate`; `snapshotInstalled` or `snapshotRejected` is the
   * next input.
   */
  | { readonly kind: 'installSnapshot'; readonly snapshotId: SnapshotId; readonly generation: number }
  /** The high watermark moved; deliver what is below it to the state machine. */
  | { readonly kind: 'advanceHighWatermark'; readonly highWatermark: Offset }
  /** Who leads has changed for us: epoch, leader or both. `leaderId` undefined: nobody we know of. */
  | { readonly kind: 'leaderChanged'; readonly epoch: Epoch; readonly leaderId: NodeId | undefined }
  /** We lead `epoch`, and everything before `epochStartOffset` plus our LeaderChange is committed: the controller may claim. */
  | { readonly kind: 'leadershipReady'; readonly epoch: Epoch; readonly epochStartOffset: Offset }
  /** We led `epoch` and no longer accept proposals: the controller must renounce. */
  | { readonly kind: 'leadershipLost'; readonly epoch: Epoch; readonly reason: string }
  /** The proposed batch was not appended. */
  | { readonly kind: 'proposalRefused'; readonly batch: EncodedBatch; readonly reason: 'not-leader' | 'wrong-epoch' | 'wrong-offset' }
  /** What came of a planned transfer. */
  | { readonly kind: 'transferAnswered'; readonly token: TransferToken; readonly outcome: TransferOutcome }
  /** We lead `epoch` and refuse proposals for a moment: decide nothing before `handOverAbandoned` or `leadershipLost`. */
  | { readonly kind: 'handOverBegun'; readonly epoch: Epoch }
  /** We lead on, and take proposals again. */
  | { readonly kind: 'handOverAbandoned'; readonly epoch: Epoch }
  /** Whoever has applied everything below `index` may answer that read: it holds all that was committed when the read came. */
  | { readonly kind: 'readReady'; readonly token: ReadToken; readonly index: Offset }
  /** We do not lead, or have lost leadership before a majority confirmed it. The read may be asked of the next leader. */
  | { readonly kind: 'readRefused'; readonly token: ReadToken; readonly reason: 'not-leader' | 'leadership-lost' }
  /** Look at the connection to this peer at once: `connectionLost` or `connectionUp` comes back. */
  | { readonly kind: 'checkConnection'; readonly peer: NodeId; readonly endpoints: readonly Endpoint[] }
  /** The voter set in force changed (appended or rolled back): keep channels to these warm. */
  | { readonly kind: 'votersChanged'; readonly peers: readonly { readonly id: NodeId; readonly endpoints: readonly Endpoint[] }[] }
  /** Graceful shutdown is done. */
  | { readonly kind: 'shutdownComplete' }
  /** What happened, as data: for logs, spans, metrics and the simulator's trace. */
  | { readonly kind: 'event'; readonly event: CoreEvent };
