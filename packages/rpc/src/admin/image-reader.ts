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

/**
 * Reads from the image once it has applied everything below `atLeastOffset` (0: at once).
 *
 * @throws RpcFailure (UNAVAILABLE) before this process has caught up for the first time, and (DEADLINE_EXCEEDED) when that does not come in time; `metadata.applied_offset` says how far it is.
 */
export async function readAt<T>(reader: ImageReader, atLeastOffset: number, context: Pick<CallContext, 'deadlineMs'>, read: (view: MetadataView) => T): Promise<T> {
  if (!reader.isCaughtUp()) {
    throw new RpcFailure({ reason: 'BROKER_NOT_AVAILABLE', message: 'this process has not caught up with the metadata yet', retryAfterMs: 100 });
  }
  if (atLeastOffset > reader.view().appliedOffset) await reached(reader, atLeastOffset as Offset, context.deadlineMs);
  return read(reader.view());
}

function reached(reader: ImageReader, offset: Offset, deadlineMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const untilMs = deadlineMs - Math.min(ANSWER_ROOM_MS, (deadlineMs - performance.now()) / 10);
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
