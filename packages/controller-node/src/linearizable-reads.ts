import { MinHeap, Waiters } from '@quorate/raft-node';
import type { MetadataLog } from '@quorate/raft-node';
import type { Epoch, NodeId, Offset } from '@quorate/records';

/** How a linearizable read ended. */
export type LinearizableOutcome =
  /** An image that holds everything below `offset` holds all that was acknowledged before the read came. */
  | { readonly kind: 'ready'; readonly offset: Offset }
  /** This node does not lead, or stopped leading before a majority confirmed it. Ask the leader, if one is known. */
  | { readonly kind: 'not-controller'; readonly leaderId: NodeId | undefined; readonly epoch: Epoch }
  | { readonly kind: 'timed-out' };

interface OpenRead {
  readonly deadlineMs: number;
  readonly done: (outcome: LinearizableOutcome) => void;
  settled: boolean;
}

/**
 * Linearizable reads on the controller: Raft confirms that this node still leads and says how much of the log was committed;
 * then the read waits until that much has been folded. What it gets is the last stable offset: records of an open metadata
 * transaction are committed, but acknowledged to nobody.
 */
export class LinearizableReads {
  readonly #log: () => MetadataLog | undefined;
  readonly #stableOffset: () => Offset;
  readonly #open = new Set<OpenRead>();
  readonly #deadlines = new MinHeap<OpenRead>();
  readonly #delivered: Waiters;

  constructor(options: { readonly log: () => MetadataLog | undefined; readonly stableOffset: () => Offset }) {
    this.#log = options.log;
    this.#stableOffset = options.stableOffset;
    this.#delivered = new Waiters(options.stableOffset());
  }

  get count(): number {
    return this.#open.size;
  }

  /** @param deadlineMs - monotonic milliseconds. */
  read(deadlineMs: number, done: OpenRead['done']): void {
    const log = this.#log();
    if (log === undefined) return done(this.#notController());
    const read: OpenRead = { deadlineMs, done, settled: false };
    this.#open.add(read);
    if (deadlineMs !== Number.POSITIVE_INFINITY) this.#deadlines.add(deadlineMs, read);
    log.readIndex((outcome) => {
      if (outcome.kind === 'refused') return this.#settle(read, this.#notController());
      this.#delivered.wait(outcome.index, undefined, () => this.#settle(read, { kind: 'ready', offset: this.#stableOffset() }));
    });
  }

  /** Everything committed below `offset` has been folded, as far as it is stable. */
  delivered(offset: Offset): void {
    this.#delivered.advance(offset);
  }

  nextDeadlineMs(): number | undefined {
    while (this.#deadlines.peek()?.settled === true) this.#deadlines.take();
    return this.#deadlines.nextKey();
  }

  expire(nowMs: number): void {
    for (let due = this.#deadlines.takeUpTo(nowMs); due !== undefined; due = this.#deadlines.takeUpTo(nowMs)) this.#settle(due, { kind: 'timed-out' });
  }

  /** Raft has stopped and answers no more. */
  stop(): void {
    for (const read of [...this.#open]) this.#settle(read, this.#notController());
  }

  #settle(read: OpenRead, outcome: LinearizableOutcome): void {
    if (read.settled) return;
    read.settled = true;
    this.#open.delete(read);
    read.done(outcome);
  }

  #notController(): LinearizableOutcome {
    const leader = this.#log()?.leader;
    return { kind: 'not-controller', leaderId: leader?.leaderId, epoch: leader?.epoch ?? (0 as Epoch) };
  }
}
