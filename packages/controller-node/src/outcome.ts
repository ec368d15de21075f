import type { Command, Reply, ReplyTo } from '@quorate/controller-core';
import type { Epoch, KafkaErrorName, NodeId, Offset } from '@quorate/records';

/** What came of a command. Only `committed` says that it happened as answered; the others say how sure it is that it did not. */
export type SubmitOutcome<R extends Reply = Reply> =
  /** `offset` is exclusive: everything that the reply says is committed, and in our image, before it. */
  | { readonly kind: 'committed'; readonly reply: R; readonly offset: Offset }
  /** Nothing has happened: this node does not lead, or not the epoch that was asked for. Ask the leader, if one is known. */
  | { readonly kind: 'not-controller'; readonly leaderId: NodeId | undefined; readonly epoch: Epoch }
  /** Not `started`: nothing has happened, nor will it. Started: it may still commit. */
  | { readonly kind: 'timed-out'; readonly started: boolean }
  /** It may have happened or may still happen; a repeat under the same request id is safe until the window has passed. */
  | { readonly kind: 'outcome-unknown' }
  /** Refused as a whole, or a bug met on the way (UNKNOWN_SERVER_ERROR); nothing was written. */
  | { readonly kind: 'failed'; readonly error: KafkaErrorName; readonly message: string };

export interface SubmitOptions {
  /** UUIDv7, 16 bytes: a repeat within the window gets the first answer instead of a second change. */
  readonly requestId?: Uint8Array | undefined;
  /** Monotonic milliseconds. A command not begun by then is not begun at all. */
  readonly deadlineMs: number;
  /** Refuse with `not-controller` unless we lead exactly this epoch. */
  readonly fenceEpoch?: Epoch | undefined;
}

export type Done<C extends Command = Command> = (outcome: SubmitOutcome<ReplyTo<C>>) => void;
