import type { Command } from '@quorate/controller-core';
import type { RequestOutcome, Uuid } from '@quorate/records';
import type { SubmitOutcome } from './outcome.js';

/** One asker of a command; a repeated request adds another asker to the first copy. */
export interface Waiter {
  readonly deadlineMs: number;
  readonly done: (outcome: SubmitOutcome) => void;
  settled: boolean;
}

/** A command on its way: queued, then decided and waiting for its commit, then answered. */
export class Entry {
  readonly command: Command;
  readonly requestId: RequestOutcome['requestId'] | undefined;
  /** The request id as text, for maps. */
  readonly requestKey: Uuid | undefined;
  readonly submittedMs: number;
  /** When it was decided; undefined while it is queued. */
  decidedMs: number | undefined;
  /** The first is the one that brought the command. */
  readonly waiters: Waiter[] = [];

  constructor(options: { command: Command; requestId: Uint8Array | undefined; requestKey: Uuid | undefined; submittedMs: number }) {
    this.command = options.command;
    this.requestId = options.requestId;
    this.requestKey = options.requestKey;
    this.submittedMs = options.submittedMs;
  }

  /** Everybody who asked has been answered. */
  get isSettled(): boolean {
    return this.waiters.every((waiter) => waiter.settled);
  }

  settle(outcome: SubmitOutcome): void {
    for (const waiter of this.waiters) settleWaiter(waiter, outcome);
  }
}

export function settleWaiter(waiter: Waiter, outcome: SubmitOutcome): void {
  if (waiter.settled) return;
  waiter.settled = true;
  waiter.done(outcome);
}
