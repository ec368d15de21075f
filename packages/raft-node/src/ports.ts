import type { ControlRecord, EncodedBatch, Offset } from '@quorate/records';
import type { ElectionState, FetchRequest, NodeEndpoints, RaftRequest, RaftResponse, Recovery, ReplyToken, RequestFailure, RequestId } from '@quorate/raft-core';
import type { NodeId } from '@quorate/records';

/**
 * What the loop needs of the world. Every method completes by callback, in call order, and may complete at once (before it
 * returns); none returns a promise. Production implements them on node:fs and gRPC, the simulator on its own disk and network.
 */

/** The clock. `nowMs` is monotonic and only ever compared; `wallMs` is what is written into batches. */
export interface Timers {
  nowMs(): number;
  wallMs(): number;
  /**
   * Calls `fire` once when `nowMs()` has reached `atMs`; a new call replaces the one before, `undefined` disarms. In
   * production the implementation yields one turn of the event loop before it fires, so that what has already arrived is
   * read first (a late timer is not a silent leader).
   */
  arm(atMs: number | undefined, fire: () => void): void;
}

/** What the transport brings in. */
export interface TransportReceiver {
  request(token: ReplyToken, request: RaftRequest): void;
  requestCancelled(token: ReplyToken): void;
  response(requestId: RequestId, from: NodeId, response: RaftResponse): void;
  requestFailed(requestId: RequestId, from: NodeId, failure: RequestFailure): void;
  connectionLost(peer: NodeId): void;
  connectionUp(peer: NodeId): void;
}

/** Raft RPCs to and from other nodes. Nothing is delivered before `open`, nor after `close`. */
export interface Transport {
  open(receiver: TransportReceiver): void;
  /** Peers to keep warm channels to, and where they listen. */
  setPeers(peers: readonly NodeEndpoints[]): void;
  /** A response, a failure, or nothing at all comes back under `requestId`; the core times out by itself. */
  send(requestId: RequestId, to: NodeEndpoints, request: RaftRequest): void;
  /** Answers a request; a token that is gone is ignored. Answers of one `batches` array may be encoded once. */
  reply(token: ReplyToken, response: RaftResponse): void;
  checkConnection(peer: NodeEndpoints): void;
  close(): void;
}

/** A range of the log as it was read. */
export interface LogRead {
  readonly batches: readonly EncodedBatch[];
}

/** Told when data is durable. */
export interface LogListener {
  /** Everything below `endOffset` of `generation` has been covered by an fdatasync. Never called for an older generation after a newer. */
  flushed(endOffset: Offset, generation: number): void;
  /** A write or fsync failed: nothing more will be reported, the process must stop. */
  failed(error: Error): void;
  /**
   * The disk is full, or no longer is. What was written is written: a small reserve was given up, and lasts for votes,
   * markers and what is under way already. Until it is over nothing more should be appended that can be avoided: a leader
   * hands over, a follower fetches nothing. Comes in a turn of its own.
   */
  full?(isFull: boolean): void;
}

/** The replicated log on disk. Offsets are those of records; ranges are whole batches. */
export interface LogStore {
  readonly startOffset: Offset;
  readonly endOffset: Offset;
  /** Raised by each truncation and snapshot install. */
  readonly generation: number;
  /** Checksum of the last batch; of the genesis when the log is empty. */
  readonly endChecksum: number;
  setListener(listener: LogListener): void;
  /** Writes at once to the file; `flushed` follows by group commit. The batch must continue offset and chain (a bug otherwise). */
  append(batch: EncodedBatch): void;
  /** Cuts back to `endOffset`; marker lowered and synced first. `done` when durable. */
  truncate(endOffset: Offset, generation: number, done: () => void): void;
  /**
   * Reads everything before `endOffset` from disk, not from memory, in slices, and checks each batch and the chain.
   * `damagedAt` is where the first batch begins that is not what was written; undefined when all is whole.
   */
  verify(endOffset: Offset, done: (damagedAt: Offset | undefined, problem: string | undefined) => void): void;
  /** Puts `recovery` on disk, so that each later start says it, then cuts what is damaged, `endOffset` on. `done` when both are durable. */
  recoverFrom(endOffset: Offset, recovery: Recovery, generation: number, done: () => void): void;
  /** What was lost is back and on disk: the note of `recoverFrom` may go, at any time. */
  recovered(): void;
  /** Whole batches of [from, upTo), at least one if there is any, else about `maxBytes`. A read error is reported through `failed`. */
  read(from: Offset, upTo: Offset, maxBytes: number, done: (read: LogRead) => void): void;
  /** Checksum of the batch that ends exactly at `offset`, if it is known without reading the disk. */
  checksumAt(offset: Offset): number | undefined;
  /** Bytes of all segments, for metrics. */
  readonly sizeBytes: number;
  close(done: () => void): void;
}

/** The two files of quorum-state. */
export interface ElectionStore {
  persist(state: ElectionState, done: () => void): void;
}

/** Makes one control batch of these records (the host knows time and chain; the codec is pure). */
export type EncodeControl = (records: readonly ControlRecord[]) => EncodedBatch;

export type { FetchRequest };
