import type { MetadataDelta, MetadataView } from '@quorate/metadata-image';
import type { Offset } from '@quorate/records';
import type { FollowPath } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import { RpcFailure } from '../rpc-failure.js';
import type { CallContext } from '../server/call-context.js';

/** The image of the answering process, however it is kept up. */
export interface ImageReader {
  readonly clusterId: string;
  /** Undefined for a process that is no node of the cluster. */
  readonly nodeId: number | undefined;
  /** The committed image at its last stable offset. Looked at within one turn of the event loop, never kept. */
  view(): MetadataView;
  /** Calls `done` when everything below `offset` is applied (true), or at the deadline (false). */
  waitFor(offset: Offset, deadlineMs: number, done: (isReached: boolean) => void): void;
  /**
   * How much of the log an image must hold to answer linearizably; a majority of voters has confirmed it after the call.
   *
   * @param deadlineMs - monotonic milliseconds.
   * @throws RpcFailure when nobody proves in time that it leads.
   */
  readIndex(deadlineMs: number): Promise<Offset>;
  digest(): { readonly version: number; readonly value: Uint8Array };
  /** High watermark as last heard, exclusive. */
  highWatermark(): Offset;
  followPath(): FollowPath;
  /** Whether the image holds all that was committed when this process started; reads are refused before. */
  isCaughtUp(): boolean;
  /**
   * Told of each stable step, after the image holds it; undefined when the image was started over and anything may have
   * changed. Returns a function that stops it.
   */
  onDelta(listener: (delta: MetadataDelta | undefined) => void): () => void;
}

/** Room to send the answer before the caller gives up, in milliseconds. */
const ANSWER_ROOM_MS = 20;

/** What a read may ask of the state that it is answered from. */
export interface ReadWishes {
  /** Nothing older than this offset (exclusive); 0: whatever is here. */
  readonly atLeastOffset: number;
  /** Nothing older than the call, whoever wrote it. */
  readonly linearizable?: boolean | undefined;
}

/**
 * Reads from the image once it is as new as asked for.
 *
 * @throws RpcFailure (UNAVAILABLE) before this process has caught up for the first time, and (DEADLINE_EXCEEDED) when that does not come in time; `metadata.applied_offset` says how far it is.
 */
export async function readAt<T>(reader: ImageReader, wishes: ReadWishes, context: Pick<CallContext, 'deadlineMs'>, read: (view: MetadataView) => T): Promise<T> {
  if (!reader.isCaughtUp()) {
    throw new RpcFailure({ reason: 'BROKER_NOT_AVAILABLE', message: 'this process has not caught up with the metadata yet', retryAfterMs: 100 });
  }
  const untilMs = context.deadlineMs - Math.min(ANSWER_ROOM_MS, (context.deadlineMs - performance.now()) / 10);
  const index = wishes.linearizable === true ? await reader.readIndex(untilMs) : 0;
  const offset = Math.max(wishes.atLeastOffset, index) as Offset;
  if (offset > reader.view().appliedOffset) await reached(reader, offset, untilMs);
  return read(reader.view());
}

function reached(reader: ImageReader, offset: Offset, untilMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    reader.waitFor(offset, untilMs, (isReached) => {
      if (isReached) return resolve();
      const applied = reader.view().appliedOffset;
      reject(
        new RpcFailure({
          reason: 'REQUEST_TIMED_OUT',
          message: `this node has applied the log up to offset ${applied}, not yet to ${offset}`,
          metadata: { applied_offset: String(applied) },
          retryAfterMs: 100,
        }),
      );
    });
  });
}
