import { Controller } from '@quorate/controller-core';
import type { Command, ControllerConfig, ReplyTo } from '@quorate/controller-core';
import { BatchFold, ImageLoad, Overlay } from '@quorate/metadata-image';
import type { MetadataDelta, MetadataImage } from '@quorate/metadata-image';
import { Waiters } from '@quorate/raft-node';
import type { MetadataLog, MetadataLogListener, SnapshotHead, Timers } from '@quorate/raft-node';
import type { EncodedBatch, Epoch, MetadataRecord, Offset } from '@quorate/records';
import { ActiveController } from './active-controller.js';
import type { ControllerNodeConfig } from './controller-node-config.js';
import type { ObserveController } from './event.js';
import type { SubmitOptions, SubmitOutcome } from './outcome.js';
import { LinearizableReads } from './linearizable-reads.js';
import type { LinearizableOutcome } from './linearizable-reads.js';
import { PeriodicTasks } from './periodic-tasks.js';
import { RequestWindow } from './request-window.js';
import { SnapshotMaker } from './snapshot-maker.js';
import type { SnapshotLimits } from './snapshot-maker.js';

export interface ControllerNodeOptions {
  /** The process's one image; only this node writes it. */
  readonly image: MetadataImage;
  /** What decisions follow. */
  readonly controller: ControllerConfig;
  readonly config: ControllerNodeConfig;
  /** What formatting asked for; the first leader ever writes them. */
  readonly bootstrapRecords: readonly MetadataRecord[];
  /** A clock of its own: its one deadline is not Raft's. */
  readonly timers: Timers;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly observe: ObserveController;
  /**
   * Told after each step of committed batches, on every node: each batch, and what became stable with it. Bytes are the
   * listener's to copy if kept.
   */
  readonly feed: (committed: readonly CommittedBatch[]) => void;
  /** Absent: this node makes no snapshots. Their clock is one of its own, for the next slice of work. */
  readonly snapshots?: { readonly limits: SnapshotLimits; readonly timers: Pick<Timers, 'nowMs' | 'arm'> } | undefined;
  /** Told what the image sums up to, at the end of each committed batch. */
  readonly digests?: { own(offset: Offset, value: Uint8Array): void } | undefined;
  /** The image was replaced by that of a snapshot: anything in it may have changed. */
  readonly snapshotLoaded?: (() => void) | undefined;
}

/** A snapshot that is being loaded, beside the image that is in use. */
interface Loading {
  readonly head: SnapshotHead;
  readonly image: ImageLoad;
  readonly window: RequestWindow;
  readonly startedMs: number;
}

/** A committed batch (control batches included), and what it did to the image. */
export interface CommittedBatch {
  readonly batch: EncodedBatch;
  /** Nothing while the batch lies in an open metadata transaction; the whole transaction with the batch that ends it. */
  readonly delta: MetadataDelta;
}

/** How a wait for the image ended; `offset` (exclusive) is what the image holds now. */
export type ReadOutcome =
  | { readonly kind: 'ready'; readonly offset: Offset }
  | { readonly kind: 'timed-out'; readonly offset: Offset };

/**
 * One controller process's state machine: on every node the image, kept equal to the committed log; on the leader the
 * active controller on top of it.
 *
 * Raft calls it through `MetadataLogListener`; the outside calls `submit` and `read`. Nothing here waits or sleeps: answers
 * come by callback, at once where they can.
 */
export class ControllerNode implements MetadataLogListener {
  readonly #options: ControllerNodeOptions;
  readonly #snapshots: SnapshotMaker | undefined;
  #fold: BatchFold;
  #window = new RequestWindow();
  #loading: Loading | undefined;
  readonly #reads: Waiters;
  readonly #linearizable: LinearizableReads;
  #log: MetadataLog | undefined;
  #active: ActiveController | undefined;
  #tasks: PeriodicTasks | undefined;
  #armedMs: number | undefined;
  #logHoldsMetadata: boolean;

  constructor(options: ControllerNodeOptions) {
    this.#options = options;
    this.#fold = new BatchFold(options.image);
    this.#reads = new Waiters(options.image.appliedOffset);
    this.#linearizable = new LinearizableReads({ log: () => this.#log, stableOffset: () => options.image.appliedOffset });
    this.#logHoldsMetadata = options.image.appliedOffset > 0;
    const { image, observe, snapshots } = options;
    this.#snapshots = snapshots === undefined ? undefined : new SnapshotMaker({ ...snapshots, image, observe });
  }

  /** Hands over the log, before Raft starts: each needs the other to exist first. */
  start(log: MetadataLog): void {
    this.#log = log;
  }

  /** Answers everybody who waits; Raft has stopped. */
  stop(): void {
    this.#snapshots?.stop();
    if (this.#active !== undefined) this.renounce(this.#active.epoch, 'stopped');
    this.#reads.cancelAll();
    this.#linearizable.stop();
    this.#options.timers.arm(undefined, () => {});
  }

  /** The committed image, up to the last stable offset. */
  get image(): MetadataImage {
    return this.#options.image;
  }

  /** Epoch that this node is the active controller of; undefined on the others. */
  get activeEpoch(): Epoch | undefined {
    return this.#active?.isOpen === true ? this.#active.epoch : undefined;
  }

  /** What only the active controller knows: sessions and uncommitted state. */
  get active(): ActiveController | undefined {
    return this.#active;
  }

  get waitingReads(): number {
    return this.#reads.count + this.#linearizable.count;
  }

  // ---- what clients ask ------------------------------------------------------------------------------------------------------

  /**
   * Has the active controller decide a command. `done` is called exactly once, perhaps before this returns.
   */
  submit<C extends Command>(command: C, options: SubmitOptions, done: (outcome: SubmitOutcome<ReplyTo<C>>) => void): void {
    const settle = done as (outcome: SubmitOutcome) => void; // the controller's reply has the command's kind
    if (this.#active !== undefined) this.#active.submit(command, options, settle);
    else settle(this.#notController());
    this.#arm();
  }

  /**
   * Waits until the image holds everything below `atLeastOffset` (what a write answered with), on any node.
   *
   * @param deadlineMs - monotonic milliseconds.
   */
  read(atLeastOffset: Offset, deadlineMs: number, done: (outcome: ReadOutcome) => void): void {
    this.#reads.wait(atLeastOffset, deadlineMs, (outcome, offset) => done({ kind: outcome === 'reached' ? 'ready' : 'timed-out', offset }));
    this.#arm();
  }

  /**
   * On the leader: says how much of the log an image must hold to be read linearizably, and waits until ours does. Elsewhere
   * it is refused.
   *
   * @param deadlineMs - monotonic milliseconds.
   */
  readLinearizable(deadlineMs: number, done: (outcome: LinearizableOutcome) => void): void {
    this.#linearizable.read(deadlineMs, done);
    this.#arm();
  }

  #notController(): SubmitOutcome {
    const leader = this.#log?.leader;
    return { kind: 'not-controller', leaderId: leader?.leaderId, epoch: leader?.epoch ?? (0 as Epoch) };
  }

  // ---- what Raft tells -------------------------------------------------------------------------------------------------------

  committed(batches: readonly EncodedBatch[], highWatermark: Offset): void {
    const folded = batches.map((batch) => this.#foldBatch(batch));
    const stableOffset = this.#options.image.appliedOffset;
    this.#active?.stable(stableOffset, highWatermark);
    this.#reads.advance(stableOffset);
    this.#linearizable.delivered(batches.at(-1)?.endOffset ?? stableOffset);
    this.#options.feed(folded);
    this.#active?.pump();
    this.#snapshots?.look({
      point: this.#fold.transactionOpen ? undefined : this.#fold.stablePoint,
      isCaughtUp: this.#fold.endOffset >= highWatermark,
      log: this.#log!,
      window: this.#window,
    });
    this.#arm();
  }

  /** Instead of batches: the log no longer holds them, or a snapshot is all that there is yet. Never while this node leads. */
  snapshotBegins(head: SnapshotHead): void {
    if (this.#active !== undefined) throw new Error('controller-node: a leader was asked to load a snapshot');
    this.#snapshots?.loaded();
    const { id, lastContainedTimestampMs, imageDigest } = head;
    const image = new ImageLoad({ ...id, timestampMs: lastContainedTimestampMs, digest: imageDigest });
    this.#loading = { head, image, window: new RequestWindow(), startedMs: this.#options.timers.nowMs() };
  }

  /** The next batches of the snapshot, borrowed for the call. */
  snapshotBatches(batches: readonly EncodedBatch[]): void {
    const { head, image, window } = this.#loading!;
    for (const batch of batches) {
      image.add(batch);
      window.load(batch, head.id.endOffset);
    }
  }

  /** Until here reads are answered from the image as it was before. */
  snapshotEnds(): void {
    const { head, image: load, window, startedMs } = this.#loading!;
    const { image, timers, observe } = this.#options;
    this.#loading = undefined;
    image.become(load.finish());
    window.loaded(head.lastContainedTimestampMs);
    this.#window = window;
    this.#fold = new BatchFold(image, head.chainChecksum);
    this.#logHoldsMetadata = load.recordCount > 0;
    this.#tellDigest();
    this.#snapshots?.loaded();
    this.#options.snapshotLoaded?.();
    const nowMs = timers.nowMs();
    observe({ kind: 'snapshotLoaded', ...head.id, records: load.recordCount, durationMs: nowMs - startedMs }, nowMs);
    this.#reads.advance(image.appliedOffset);
    this.#arm();
  }

  #tellDigest(): void {
    const { digests, image } = this.#options;
    digests?.own(image.appliedOffset, image.digest().value);
  }

  #foldBatch(batch: EncodedBatch): CommittedBatch {
    this.#snapshots?.count(batch);
    this.#window.observe(batch);
    if (!batch.isControl) this.#logHoldsMetadata = true;
    const delta = this.#fold.fold(batch);
    this.#tellDigest();
    return { batch, delta };
  }

  claim(epoch: Epoch, epochStartOffset: Offset): void {
    const { image, timers, observe } = this.#options;
    const overlay = new Overlay(image);
    const controller = new Controller({ view: overlay, config: this.#options.controller });
    const active = new ActiveController({ ...this.#options, epoch, log: this.#log!, overlay, controller, window: this.#window });
    this.#active = active;
    observe({ kind: 'claimed', epoch, epochStartOffset }, timers.nowMs());
    controller.activated(timers.nowMs());
    this.#activate(active);
    this.#arm();
  }

  renounce(epoch: Epoch, reason: string): void {
    const active = this.#active;
    if (active === undefined) return;
    this.#active = undefined;
    this.#tasks = undefined;
    this.#options.observe({ kind: 'renounced', epoch, reason }, this.#options.timers.nowMs());
    active.renounce();
    this.#arm();
  }

  handOverAbandoned(_epoch: Epoch): void {
    this.#active?.pump();
    this.#arm();
  }

  flushed(endOffset: Offset): void {
    this.#active?.flushed(endOffset);
    this.#active?.pump();
    this.#arm();
  }

  // ---- the active controller's own work ----------------------------------------------------------------------------------------

  /** Nothing runs before the first decision; periodic tasks wait until it is committed. */
  #activate(active: ActiveController): void {
    const command: Command = {
      kind: 'activate',
      bootstrapRecords: this.#options.bootstrapRecords,
      logIsEmpty: !this.#logHoldsMetadata,
      transactionOpen: this.#fold.transactionOpen,
    };
    active.submit(command, { deadlineMs: Number.POSITIVE_INFINITY }, (outcome) => {
      if (outcome.kind !== 'committed' || outcome.reply.kind !== 'activate' || this.#active !== active) return;
      const nowMs = this.#options.timers.nowMs();
      this.#options.observe({ kind: 'activated', epoch: active.epoch, summary: outcome.reply.summary }, nowMs);
      const { maxIdleIntervalMs } = this.#options.config;
      this.#tasks = new PeriodicTasks(active, { maxIdleIntervalMs, sessionTimeoutMs: this.#options.controller.sessionTimeoutMs }, nowMs);
    });
  }

  #arm(): void {
    const nextMs = Math.min(
      this.#active?.nextDeadlineMs() ?? Number.POSITIVE_INFINITY,
      this.#reads.nextDeadlineMs() ?? Number.POSITIVE_INFINITY,
      this.#linearizable.nextDeadlineMs() ?? Number.POSITIVE_INFINITY,
      this.#active?.isOpen === true ? (this.#tasks?.nextMs() ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY,
    );
    const atMs = nextMs === Number.POSITIVE_INFINITY ? undefined : nextMs;
    if (atMs === this.#armedMs) return;
    this.#armedMs = atMs;
    this.#options.timers.arm(atMs, () => this.#wake());
  }

  #wake(): void {
    this.#armedMs = undefined;
    const nowMs = this.#options.timers.nowMs();
    this.#active?.expire(nowMs);
    this.#reads.expire(nowMs);
    this.#linearizable.expire(nowMs);
    if (this.#active?.isOpen === true) this.#tasks?.run(nowMs);
    this.#arm();
  }
}
