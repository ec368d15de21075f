import type { Command, Controller, Decision } from '@quorate/controller-core';
import type { MetadataView, Overlay } from '@quorate/metadata-image';
import { Fifo, MinHeap } from '@quorate/raft-node';
import type { MetadataLog, Timers } from '@quorate/raft-node';
import { uuidFromBytes } from '@quorate/records';
import type { Epoch, Offset, Uuid } from '@quorate/records';
import { BatchBuilder, recordsBytes, requestBytes } from './batch-builder.js';
import type { ControllerNodeConfig } from './controller-node-config.js';
import { Entry, settleWaiter } from './entry.js';
import type { Waiter } from './entry.js';
import type { ObserveController } from './event.js';
import type { SubmitOptions, SubmitOutcome } from './outcome.js';
import { CurrentReplies, isAdvice } from './current-replies.js';
import { PendingReplies } from './pending-replies.js';
import type { PendingReply } from './pending-replies.js';
import { planRecords } from './plan-records.js';
import type { PlannedRecord, RecordPlan } from './plan-records.js';
import { replyFromOutcomes } from './reply-from-outcomes.js';
import { isRequestId } from './request-id.js';
import type { RequestWindow } from './request-window.js';

export interface ActiveControllerOptions {
  readonly epoch: Epoch;
  readonly log: MetadataLog;
  /** The committed image, read for the answers to repeated requests. */
  readonly image: MetadataView;
  readonly overlay: Overlay;
  readonly controller: Controller;
  readonly window: RequestWindow;
  readonly config: ControllerNodeConfig;
  readonly timers: Timers;
  readonly random: () => number;
  readonly observe: ObserveController;
}

/**
 * The controller's loop during one epoch of leadership: a queue of commands, decided one after the other on top of what
 * is not yet committed, written in groups, answered when committed.
 *
 * While a batch is being flushed the next one collects; there is no other wait (commit without linger). It ends
 * with `renounce`, or earlier by its own resignation; then it only answers what it has already proposed.
 */
export class ActiveController {
  readonly #options: ActiveControllerOptions;
  readonly #queue = new Fifo<Entry>();
  readonly #pending = new PendingReplies();
  /** Replies that wrote nothing and are not yet known to be current. */
  readonly #current: CurrentReplies;
  /** Commands under a request id that are queued or not yet committed. */
  readonly #inFlight = new Map<Uuid, Entry>();
  readonly #deadlines = new MinHeap<{ readonly entry: Entry; readonly waiter: Waiter }>();
  /** End offsets of the batches proposed and not yet committed. */
  readonly #uncommitted = new Fifo<Offset>();
  #batch: BatchBuilder;
  #proposedEnd: Offset;
  /** Everything below is committed and no part of an open transaction. */
  #stableOffset: Offset;
  #unflushedEnd: Offset | undefined;
  #lastProposalMs: number;
  /** No further command is decided: a proposal was refused, a command was poison, or leadership is gone. */
  #closed = false;
  #pumping = false;

  constructor(options: ActiveControllerOptions) {
    this.#options = options;
    this.#current = new CurrentReplies(options.log, () => this.#answerStable());
    this.#proposedEnd = options.log.endOffset;
    this.#stableOffset = options.image.appliedOffset;
    this.#lastProposalMs = options.timers.nowMs();
    this.#batch = this.#newBatch(options.log.endOffset);
  }

  get epoch(): Epoch {
    return this.#options.epoch;
  }

  get controller(): Controller {
    return this.#options.controller;
  }

  /** Whether commands are still decided. */
  get isOpen(): boolean {
    return !this.#closed;
  }

  /** When a batch was last proposed, monotonic milliseconds; at first, when the epoch was claimed. */
  get lastProposalMs(): number {
    return this.#lastProposalMs;
  }

  get queuedCommands(): number {
    return this.#queue.length;
  }

  get pendingReplies(): number {
    return this.#pending.length;
  }

  get uncommittedBatches(): number {
    return this.#uncommitted.length;
  }

  // ---- commands come in ------------------------------------------------------------------------------------------------

  submit(command: Command, options: SubmitOptions, done: (outcome: SubmitOutcome) => void): void {
    this.#touch(command);
    const refusal = this.#refusal(options);
    if (refusal !== undefined) return done(refusal);
    const waiter: Waiter = { deadlineMs: options.deadlineMs, done, settled: false };
    const requestKey = options.requestId === undefined ? undefined : uuidFromBytes(options.requestId);
    if (requestKey !== undefined && this.#answeredAsRepeat(command, options.requestId!, requestKey, waiter)) return;
    const entry = new Entry({ command, requestId: options.requestId, requestKey, submittedMs: this.#nowMs() });
    if (requestKey !== undefined) this.#inFlight.set(requestKey, entry);
    this.#addWaiter(entry, waiter);
    this.#queue.push(entry);
    this.pump();
  }

  /** A broker was heard before its heartbeat waited in the queue, so that a busy controller fences no live broker. */
  #touch(command: Command): void {
    if (command.kind !== 'brokerHeartbeat' || this.#closed) return;
    this.#options.controller.touch(command.brokerId, command.brokerEpoch, this.#nowMs());
  }

  #refusal(options: SubmitOptions): SubmitOutcome | undefined {
    if (this.#closed || (options.fenceEpoch !== undefined && options.fenceEpoch !== this.epoch)) return this.#notController();
    if (options.requestId !== undefined && !isRequestId(options.requestId)) return failed('INVALID_REQUEST', 'the request id is not a UUIDv7');
    if (this.#queue.length < this.#options.config.maxQueuedCommands) return undefined;
    return failed('THROTTLING_QUOTA_EXCEEDED', `${this.#queue.length} commands wait already`);
  }

  /** A repeat waits for its first copy, or gets the answer that the log keeps. */
  #answeredAsRepeat(command: Command, requestId: Uint8Array, key: Uuid, waiter: Waiter): boolean {
    const first = this.#inFlight.get(key);
    if (first !== undefined) {
      if (first.command.kind === command.kind) this.#addWaiter(first, waiter);
      else settleWaiter(waiter, failed('INVALID_REQUEST', 'the request id is in use for another command'));
      return true;
    }
    const known = this.#options.window.lookUp(requestId, this.#options.timers.wallMs());
    switch (known.kind) {
      case 'new':
        return false;
      case 'forgotten':
        settleWaiter(waiter, { kind: 'outcome-unknown' });
        return true;
      case 'from-the-future':
        settleWaiter(waiter, failed('INVALID_REQUEST', 'the time in the request id lies too far ahead'));
        return true;
      case 'known': {
        const reply = replyFromOutcomes(command, known.outcomes, this.#options.image);
        if (reply === undefined) settleWaiter(waiter, failed('INVALID_REQUEST', 'the request id was used for another command'));
        else settleWaiter(waiter, { kind: 'committed', reply, offset: known.endOffset });
        return true;
      }
    }
  }

  #addWaiter(entry: Entry, waiter: Waiter): void {
    entry.waiters.push(waiter);
    if (waiter.deadlineMs !== Number.POSITIVE_INFINITY) this.#deadlines.add(waiter.deadlineMs, { entry, waiter });
  }

  // ---- commands are decided and written ----------------------------------------------------------------------------------

  /** Decides what is queued, as far as a batch may be begun. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#mayBeginBatch() && this.#queue.length > 0) this.#collect();
    } finally {
      this.#pumping = false;
    }
    this.#current.ask(this.#proposedEnd);
    this.#answerStable();
  }

  #mayBeginBatch(): boolean {
    return !this.#closed && !this.#options.log.isHandingOver && this.#unflushedEnd === undefined && this.#uncommitted.length < this.#options.config.maxUncommittedBatches;
  }

  /** Fills one batch from the queue and proposes it. What does not fit any more goes into a second one, and the round ends. */
  #collect(): void {
    this.#batch = this.#newBatch(this.#options.log.endOffset);
    const before = this.#proposedEnd;
    while (!this.#closed && this.#proposedEnd === before) {
      const entry = this.#queue.shift();
      if (entry === undefined) break;
      this.#take(entry);
    }
    if (!this.#closed) this.#propose();
  }

  #take(entry: Entry): void {
    if (entry.isSettled) return this.#forget(entry);
    const nowMs = this.#nowMs();
    if (entry.waiters[0]!.deadlineMs <= nowMs) return this.#answer(entry, { kind: 'timed-out', started: false });
    entry.decidedMs = nowMs;
    const firstOffset = this.#batch.endOffset;
    try {
      this.#decide(entry);
    } catch (error) {
      this.#poison(entry, firstOffset, error);
    }
  }

  #decide(entry: Entry): void {
    const { controller, random, config } = this.#options;
    const nextOffset = this.#batch.endOffset;
    const decision: Decision = controller.decide(entry.command, { nextOffset, nowMs: this.#nowMs(), wallMs: this.#batch.wallMs, random });
    if (decision.records.length === 0) {
      // What stands before it in its batch is proposed after this decision: that commit confirms it.
      const isCurrent = isAdvice(entry.command.kind) || !this.#batch.isEmpty;
      const reply = { entry, reply: decision.reply, firstOffset: undefined, endOffset: nextOffset, isCurrent };
      if (!reply.isCurrent) this.#current.add(reply);
      return this.#pending.add(reply);
    }
    const plan = planRecords(decision, entry.command.kind, config.batchLimits);
    if (plan.kind === 'too-large') return this.#answer(entry, failed('RECORD_LIST_TOO_LARGE', plan.message));
    this.#replay(plan.records, nextOffset);
    this.#write(entry, decision, plan, nextOffset);
  }

  /** All of it is replayed before any of it may be written: a record that does not fit the state never reaches the log. */
  #replay(records: readonly PlannedRecord[], firstOffset: Offset): void {
    const { controller } = this.#options;
    const wallMs = this.#batch.wallMs;
    for (const [index, { record }] of records.entries()) {
      controller.replay(record, { offset: (firstOffset + index) as Offset, epoch: this.epoch, wallMs });
    }
  }

  #write(entry: Entry, decision: Decision, plan: Exclude<RecordPlan, { kind: 'too-large' }>, firstOffset: Offset): void {
    const endOffset = (firstOffset + plan.records.length) as Offset;
    this.#pending.add({ entry, reply: decision.reply, firstOffset, endOffset, isCurrent: false });
    // A transaction begins on a batch edge: what stands before it in its batch would be committed, and not stable, for as
    // long as it is open.
    const needsNewBatch = plan.kind === 'transaction' || (plan.kind === 'one-batch' && !this.#batch.hasRoomFor(plan.records.length, plan.bytes));
    if (needsNewBatch) this.#propose();
    if (this.#closed) return;
    const ofRequest = requestBytes(decision.outcomes);
    for (const [index, { raw }] of plan.records.entries()) {
      const isLast = index === plan.records.length - 1;
      const needed = recordsBytes([raw]) + (isLast ? ofRequest : 0);
      if (plan.kind !== 'one-batch' && !this.#batch.hasRoomFor(1, needed)) this.#propose();
      if (this.#closed) return;
      this.#batch.add(raw);
    }
    if (entry.requestId === undefined) return;
    const firstRecord = Math.max(0, firstOffset - this.#batch.baseOffset);
    this.#batch.addRequest({ requestId: entry.requestId, firstRecord, items: decision.outcomes });
  }

  #propose(): void {
    const batch = this.#batch;
    if (batch.isEmpty) return;
    const { log, observe } = this.#options;
    const result = log.propose({
      epoch: this.epoch,
      expectedBaseOffset: batch.baseOffset,
      records: batch.records,
      requests: batch.requests,
      appendTimeMs: batch.wallMs,
    });
    if (result.kind === 'refused') {
      observe({ kind: 'proposalRefused', baseOffset: batch.baseOffset, reason: result.reason }, this.#nowMs());
      return this.#close(`proposal refused: ${result.reason}`);
    }
    const { baseOffset, endOffset, bytes } = result.batch;
    this.#proposedEnd = endOffset;
    this.#unflushedEnd = endOffset;
    this.#uncommitted.push(endOffset);
    this.#lastProposalMs = this.#nowMs();
    // One round has one append time: what was replayed with it is written with it.
    this.#batch = new BatchBuilder(endOffset, batch.wallMs, this.#options.config.batchLimits);
    observe({ kind: 'batchProposed', baseOffset, endOffset, bytes: bytes.length, commands: batch.requests.length }, this.#lastProposalMs);
  }

  #newBatch(baseOffset: Offset): BatchBuilder {
    return new BatchBuilder(baseOffset, Math.trunc(this.#options.timers.wallMs()), this.#options.config.batchLimits);
  }

  // ---- what happens to the log -----------------------------------------------------------------------------------------------

  flushed(endOffset: Offset): void {
    if (this.#unflushedEnd !== undefined && this.#unflushedEnd <= endOffset) this.#unflushedEnd = undefined;
  }

  /** The image now holds everything below `stableOffset`: fold the overlay, answer what waited for it. */
  stable(stableOffset: Offset, highWatermark: Offset): void {
    this.#options.overlay.foldTo(stableOffset);
    this.#stableOffset = stableOffset;
    for (let end = this.#uncommitted.peek(); end !== undefined && end <= highWatermark; end = this.#uncommitted.peek()) this.#uncommitted.shift();
    this.#answerStable();
  }

  #answerStable(): void {
    const stableOffset = this.#stableOffset;
    for (let due = this.#pending.takeStable(stableOffset); due !== undefined; due = this.#pending.takeStable(stableOffset)) {
      this.#answer(due.entry, { kind: 'committed', reply: due.reply, offset: due.endOffset });
    }
  }

  /** Leadership is gone. What was never proposed has not happened; what was may yet survive. */
  renounce(): void {
    this.#closed = true;
    this.#options.controller.deactivated();
    this.#options.overlay.dropAll();
    this.#refuseQueue();
    for (const reply of this.#pending.takeBeyond(0 as Offset)) this.#answer(reply.entry, this.#lost(reply, this.#proposedEnd));
  }

  // ---- ends ------------------------------------------------------------------------------------------------------------------

  /**
   * A command that cannot be decided or replayed kills nobody: nothing of it is written, it is answered and retried by
   * nobody, and the next leader starts from what is committed. One that breaks between two of its batches is the
   * exception: part of it stands in the log, so nobody may be told that nothing happened.
   */
  #poison(entry: Entry, firstOffset: Offset, error: unknown): void {
    const { kind } = entry.command;
    const message = error instanceof Error ? error.message : String(error);
    this.#options.observe({ kind: 'poisonCommand', command: kind, requestId: entry.requestKey, message }, this.#nowMs());
    const isPartlyWritten = this.#proposedEnd > firstOffset;
    this.#answer(entry, isPartlyWritten ? { kind: 'outcome-unknown' } : failed('UNKNOWN_SERVER_ERROR', `${kind}${entry.requestKey === undefined ? '' : ` (request ${entry.requestKey})`} failed: ${message}`));
    this.#close(`command ${kind} failed: ${message}`);
  }

  /** Decides nothing more, forgets what is not written, and gives up leadership. */
  #close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.overlay.dropAll();
    this.#options.log.resign(this.epoch, reason);
    for (const reply of this.#pending.takeBeyond(this.#proposedEnd)) this.#answer(reply.entry, this.#lost(reply, this.#proposedEnd));
    this.#refuseQueue();
  }

  #refuseQueue(): void {
    for (let entry = this.#queue.shift(); entry !== undefined; entry = this.#queue.shift()) this.#answer(entry, this.#notController());
  }

  /** Whether any record of it stands in the log decides between "did not happen" and "nobody knows yet". */
  #lost({ firstOffset }: PendingReply, proposedEnd: Offset): SubmitOutcome {
    return firstOffset !== undefined && firstOffset < proposedEnd ? { kind: 'outcome-unknown' } : this.#notController();
  }

  #notController(): SubmitOutcome {
    const { leaderId, epoch } = this.#options.log.leader;
    return { kind: 'not-controller', leaderId, epoch };
  }

  // ---- time --------------------------------------------------------------------------------------------------------------------

  nextDeadlineMs(): number | undefined {
    while (this.#deadlines.peek()?.waiter.settled === true) this.#deadlines.take();
    return this.#deadlines.nextKey();
  }

  expire(nowMs: number): void {
    for (let due = this.#deadlines.takeUpTo(nowMs); due !== undefined; due = this.#deadlines.takeUpTo(nowMs)) {
      this.#expireWaiter(due.entry, due.waiter);
    }
  }

  /** A repeat that runs out of time before the first copy cannot know whether that will be carried out. */
  #expireWaiter(entry: Entry, waiter: Waiter): void {
    if (waiter.settled) return;
    const neverBegun = entry.decidedMs === undefined && waiter === entry.waiters[0];
    if (neverBegun) this.#answer(entry, { kind: 'timed-out', started: false });
    else settleWaiter(waiter, { kind: 'timed-out', started: true });
  }

  #answer(entry: Entry, outcome: SubmitOutcome): void {
    this.#forget(entry);
    if (entry.isSettled) return;
    const nowMs = this.#nowMs();
    const queuedMs = entry.decidedMs === undefined ? undefined : entry.decidedMs - entry.submittedMs;
    this.#options.observe(
      { kind: 'commandAnswered', command: entry.command.kind, outcome: outcome.kind, queuedMs, totalMs: nowMs - entry.submittedMs },
      nowMs,
    );
    entry.settle(outcome);
  }

  #forget(entry: Entry): void {
    if (entry.requestKey !== undefined && this.#inFlight.get(entry.requestKey) === entry) this.#inFlight.delete(entry.requestKey);
  }

  #nowMs(): number {
    return this.#options.timers.nowMs();
  }
}

function failed(error: Extract<SubmitOutcome, { kind: 'failed' }>['error'], message: string): SubmitOutcome {
  return { kind: 'failed', error, message };
}
