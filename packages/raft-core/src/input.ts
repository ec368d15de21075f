import type { EncodedBatch, Epoch, NodeId, Offset } from '@quorate/records';
import type { VoterSetAt } from './config.js';
import type { TransferInput } from './transfer.js';
import type { RaftRequest, RaftResponse, SnapshotId } from './messages.js';

/** Names one request that waits for our answer; made by the host, opaque to the core. */
export type ReplyToken = number;
/** Names one linearizable read that waits for our answer; made by the host, opaque to the core. */
export type ReadToken = number;
/** Names one planned transfer of leadership that waits for our answer; made by the host, opaque to the core. */
export type TransferToken = number;
/** Names one request that we sent; made by the core, rises by one with each request. */
export type RequestId = number;

/** Why a request that we sent got no answer. */
export type RequestFailure =
  /** No answer within `requestTimeoutMs`. */
  | 'timed-out'
  /** Connection refused or broken, gRPC UNAVAILABLE. */
  | 'unavailable'
  /** The address does not speak this RPC: counts as no answer, never as a reason to stand. */
  | 'unsupported';

/**
 * Everything that can happen to a core. `step(input, nowMs)` is the only way in; nothing else changes its state.
 * Read this file and `effect.ts` first.
 */
export type Input =
  /** The deadline that `nextDeadlineMs()` named has passed (or the host woke early: that is harmless). */
  | { readonly kind: 'tick' }
  /** A peer asks. For a Fetch the host says the checksum of our batch that ends at the fetch offset, if it has it at hand. */
  | { readonly kind: 'request'; readonly token: ReplyToken; readonly request: RaftRequest; readonly localChecksum?: number | undefined }
  /** A peer that we asked has answered. Late answers are harmless. */
  | { readonly kind: 'response'; readonly requestId: RequestId; readonly from: NodeId; readonly response: RaftResponse }
  | { readonly kind: 'requestFailed'; readonly requestId: RequestId; readonly from: NodeId; readonly failure: RequestFailure }
  /** The asker of a parked Fetch is gone: forget the token. */
  | { readonly kind: 'requestCancelled'; readonly token: ReplyToken }
  /** The Fetch stream to a peer broke and one immediate redial failed, or was not up within 20 ms. */
  | { readonly kind: 'connectionLost'; readonly peer: NodeId }
  /** Answer to `checkConnection`: the peer's connection is up. */
  | { readonly kind: 'connectionUp'; readonly peer: NodeId }
  /** Everything below `endOffset` of that log generation is on disk. A report of an older generation is ignored. */
  | { readonly kind: 'flushed'; readonly endOffset: Offset; readonly generation: number }
  /** `verifyLog` is done: the first damaged batch begins at `damagedAt`, because of `problem`; undefined: all is whole. */
  | {
      readonly kind: 'logVerified';
      readonly endOffset: Offset;
      readonly generation: number;
      readonly damagedAt: Offset | undefined;
      readonly problem: string | undefined;
    }
  /** `installSnapshot` is done: snapshot and empty log are durable. What the snapshot says of Raft is in force. */
  | {
      readonly kind: 'snapshotInstalled';
      readonly snapshotId: SnapshotId;
      readonly generation: number;
      /** Undefined when the snapshot holds none: those of the 0-0 checkpoint stay. */
      readonly voters: VoterSetAt['voters'] | undefined;
      readonly kraftVersion: number;
    }
  /** `installSnapshot` found the file damaged and removed it; the log is as it was. */
  | { readonly kind: 'snapshotRejected'; readonly snapshotId: SnapshotId; readonly problem: string }
  /** This node has made a snapshot of its own: it can be served from now on. */
  | { readonly kind: 'snapshotCreated'; readonly snapshotId: SnapshotId }
  /** Snapshots and segments before `startOffset`, the end of a snapshot, are about to be deleted. */
  | { readonly kind: 'logStartAdvanced'; readonly startOffset: Offset }
  /** The controller wants this batch appended; base offset and epoch stand in it. Refused unless it continues our log in our epoch. */
  | { readonly kind: 'propose'; readonly batch: EncodedBatch }
  /** Somebody wants to read what is committed now or later: `readReady` or `readRefused` answers it. */
  | { readonly kind: 'read'; readonly token: ReadToken }
  /** An operator wants another voter to lead: `transferAnswered` answers it. */
  | ({ readonly kind: 'transfer' } & TransferInput)
  /** This node's disk is full, or no longer is. It gives up leadership and does not stand, but it votes. */
  | { readonly kind: 'diskFull'; readonly isFull: boolean }
  /** The state machine gives up leadership of that epoch (failed replay, disk full, operator). */
  | { readonly kind: 'resign'; readonly epoch: Epoch; readonly reason: string }
  /** Graceful shutdown begins; `shutdownComplete` says when the process may go. */
  | { readonly kind: 'shutdown' };
