import type { Reply } from '@quorate/controller-core';
import { Fifo } from '@quorate/raft-node';
import type { Offset } from '@quorate/records';
import type { Entry } from './entry.js';

/**
 * A decided command whose answer waits until everything that it read or wrote is stable; and, when it wrote nothing, until
 * it is sure that what it read was still the newest.
 */
export interface PendingReply {
  readonly entry: Entry;
  readonly reply: Reply;
  /** Offset of its first record; undefined when it wrote none. */
  readonly firstOffset: Offset | undefined;
  /** Exclusive end of all that it read or wrote. Never falls from one pending reply to the next. */
  readonly endOffset: Offset;
  /** Of a reply that wrote nothing: a majority has confirmed our epoch since it was decided, or it says nothing that needs it. */
  isCurrent: boolean;
}

/** The replies that wait, in the order decided. */
export class PendingReplies {
  #replies = new Fifo<PendingReply>();

  get length(): number {
    return this.#replies.length;
  }

  add(reply: PendingReply): void {
    this.#replies.push(reply);
  }

  /** The next reply that is due now that everything below `stableOffset` is committed. */
  takeStable(stableOffset: Offset): PendingReply | undefined {
    const first = this.#replies.peek();
    return first !== undefined && isDue(first, stableOffset) ? this.#replies.shift() : undefined;
  }

  /** Takes out all replies that need more of the log than `endOffset`. */
  takeBeyond(endOffset: Offset): PendingReply[] {
    const taken: PendingReply[] = [];
    const kept = new Fifo<PendingReply>();
    for (let reply = this.#replies.shift(); reply !== undefined; reply = this.#replies.shift()) {
      if (reply.endOffset > endOffset) taken.push(reply);
      else kept.push(reply);
    }
    this.#replies = kept;
    return taken;
  }
}

/** A commit behind what was read is as good as a read round: a majority took it from us after the decision. */
function isDue({ firstOffset, endOffset, isCurrent }: PendingReply, stableOffset: Offset): boolean {
  return endOffset <= stableOffset && (firstOffset !== undefined || isCurrent || endOffset < stableOffset);
}
