import type { EncodedBatch, Epoch, NodeId, Offset } from '@quorate/records';
import { AppliedTail } from './feed-position.js';
import { OffsetWaiters, type WaitOutcome } from './offset-waiters.js';
import type { ArrivalPath, CommittedFetch, CommittedFetchResult, FeedDropReason, FollowedImage, FollowerTimers, MetadataFeed, SnapshotOffset, SnapshotResult } from './ports.js';
import { SnapshotDownload } from './snapshot-download.js';

export interface MetadataFollowerConfig {
  readonly fetch: CommittedFetch;
  /** Absent: everything comes over gRPC. */
  readonly feed: MetadataFeed | undefined;
  readonly image: FollowedImage;
  readonly timers: FollowerTimers;
  /** Checksum that the first batch of this cluster's log chains to. */
  readonly genesisChecksum: number;
  readonly observe: (event: FollowerEvent) => void;
  /** The image cannot go on (a record that does not apply, a refused identity): the process must say so and stop serving. */
  readonly failed: (error: Error) => void;
}

/** What happened, for logs and metrics. */
export type FollowerEvent =
  | { readonly kind: 'applied'; readonly endOffset: Offset; readonly path: ArrivalPath; readonly appendTimeMs: number }
  | { readonly kind: 'leader'; readonly leaderId: NodeId | undefined; readonly epoch: Epoch }
  | { readonly kind: 'feed'; readonly up: boolean }
  | { readonly kind: 'dropped'; readonly reason: FeedDropReason }
  | { readonly kind: 'gap'; readonly from: Offset; readonly to: Offset }
  | { readonly kind: 'restarted'; readonly reason: string }
  /** The log no longer holds what follows: the leader's snapshot is fetched. */
  | { readonly kind: 'snapshotBegun'; readonly id: SnapshotOffset }
  | { readonly kind: 'snapshotLoaded'; readonly id: SnapshotOffset; readonly bytes: number; readonly durationMs: number }
  /** It went away, was damaged, or another node leads: a Fetch says how to go on. */
  | { readonly kind: 'snapshotAbandoned'; readonly id: SnapshotOffset; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly message: string };

/** How far along a follower is, and on which path. */
export interface FollowerStatus {
  /** End of the batches applied, exclusive. */
  readonly appliedOffset: Offset;
  /** Highest high watermark heard of; undefined before the first answer. */
  readonly highWatermark: Offset | undefined;
  readonly leaderId: NodeId | undefined;
  readonly leaderEpoch: Epoch;
  /** Epoch of the last batch applied. */
  readonly lastEpoch: Epoch;
  /** Which way new batches come. */
  readonly path: ArrivalPath;
  /** Whether the feed is connected. */
  readonly feedUp: boolean;
  /** Whether everything that was committed when the follower started (or started over) has been applied. */
  readonly caughtUp: boolean;
}

/** A Fetch is parked at the leader this long while no feed brings the batches. */
const PARKED_FETCH_MS = 500;
/** While the feed is in use, the log is looked at over gRPC this often all the same: a lost last message has no successor to show the gap. */
const FEED_CHECK_MS = 500;
/** A read that has waited this long for an offset makes us fetch at once. */
const READ_PATIENCE_MS = 5;
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 500;
const FETCH_MAX_BYTES = 1024 * 1024;
const REMEMBERED_BATCHES = 1024;
/** Pieces of this size are applied within a few milliseconds each. */
const SNAPSHOT_PIECE_BYTES = 256 * 1024;

/**
 * Keeps an image equal to a prefix of the committed log: batches from the feed where they continue exactly what is there,
 * everything else over gRPC. One Fetch is in flight at a time. NATS that drops, repeats, reorders or forges costs a Fetch.
 */
export class MetadataFollower {
  readonly #config: MetadataFollowerConfig;
  readonly #waiters = new OffsetWaiters();
  #tail: AppliedTail;
  #stableOffset = 0 as Offset;
  #lastEpoch = 0 as Epoch;
  #highWatermark: Offset | undefined;
  #catchUpTo: Offset | undefined;
  #leaderId: NodeId | undefined;
  #leaderEpoch = 0 as Epoch;
  #feedUp = false;
  /** The last new batch came by the feed: as long as that holds, Fetches are not parked. */
  #feedInUse = false;
  #fetching = false;
  #download: SnapshotDownload | undefined;
  /** Raised when we start over, so that the answer to an older Fetch is not taken for one to the new beginning. */
  #life = 0;
  #fetchAgain = false;
  #nextFetchMs: number | undefined;
  #retryMs = FIRST_RETRY_MS;
  #closed = false;

  constructor(config: MetadataFollowerConfig) {
    this.#config = config;
    this.#tail = this.#tailAt(0 as Offset, config.genesisChecksum);
  }

  start(): void {
    this.#config.feed?.open({
      batch: (batch) => this.#handleFeedBatch(batch),
      announced: (endOffset) => {
        if (endOffset > this.#tail.endOffset) this.#fetchNow();
      },
      dropped: (reason) => {
        this.#config.observe({ kind: 'dropped', reason });
        if (reason === 'foreign') return;
        // A feed that brings what cannot be used is not in use: the Fetch is parked, so that a flood of forged messages costs
        // the leader one parked Fetch and not one a message.
        this.#feedInUse = false;
        this.#fetchNow();
      },
      connected: (up) => {
        this.#feedUp = up;
        this.#feedInUse = false;
        this.#config.observe({ kind: 'feed', up });
        this.#fetchNow();
      },
    });
    this.#fetchNow();
  }

  status(): FollowerStatus {
    return {
      appliedOffset: this.#tail.endOffset,
      highWatermark: this.#highWatermark,
      leaderId: this.#leaderId,
      leaderEpoch: this.#leaderEpoch,
      lastEpoch: this.#lastEpoch,
      path: this.#feedInUse ? 'feed' : 'fetch',
      feedUp: this.#feedUp,
      caughtUp: this.#catchUpTo !== undefined && this.#tail.endOffset >= this.#catchUpTo,
    };
  }

  /** Last stable offset of the image, exclusive: what reads are served at. */
  get stableOffset(): Offset {
    return this.#stableOffset;
  }

  /** Somebody (a heartbeat answer) says that the log is committed up to there. */
  heardHighWatermark(highWatermark: Offset): void {
    this.#noteHighWatermark(highWatermark);
    if (highWatermark > this.#tail.endOffset) this.#fetchNow();
  }

  /**
   * Calls `done` once the image has applied everything below `offset`, or at the deadline (monotonic milliseconds).
   * A wait of more than 5 ms makes the follower ask the leader at once.
   */
  waitFor(offset: Offset, deadlineMs: number, done: (outcome: WaitOutcome) => void): void {
    const nowMs = this.#config.timers.nowMs();
    if (offset <= this.#stableOffset) {
      done({ kind: 'reached', offset: this.#stableOffset });
      return;
    }
    this.#waiters.add({ offset, sinceMs: nowMs, deadlineMs, done });
    this.#arm();
  }

  /** Stops; nothing is applied or told afterwards but waiting reads, which time out at once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#config.timers.arm(undefined, () => undefined);
    this.#config.feed?.close();
    this.#config.fetch.close();
    this.#waiters.settle(this.#stableOffset, Number.POSITIVE_INFINITY);
  }

  #tailAt(endOffset: Offset, endChecksum: number): AppliedTail {
    return new AppliedTail({ endOffset, endChecksum, limit: REMEMBERED_BATCHES });
  }

  #handleFeedBatch(batch: EncodedBatch): void {
    // Nothing continues what we have while a snapshot is on its way.
    if (this.#closed || this.#download !== undefined) return;
    switch (this.#tail.place(batch)) {
      case 'continues':
        this.#feedInUse = true;
        this.#apply(batch, 'feed');
        this.#settle();
        return;
      case 'duplicate':
        return;
      case 'gap':
        this.#config.observe({ kind: 'gap', from: this.#tail.endOffset, to: batch.baseOffset });
        this.#fetchNow();
        return;
      case 'contradicts':
        this.#startOver(`a batch of the feed at offset ${batch.baseOffset} (epoch ${batch.epoch}) contradicts what was applied`);
    }
  }

  #fetchNow(): void {
    // While a snapshot is fetched its next piece is under way, or will be asked for at its time.
    if (this.#closed || this.#download !== undefined) return;
    if (this.#fetching) {
      this.#fetchAgain = true;
      return;
    }
    this.#fetching = true;
    this.#fetchAgain = false;
    this.#nextFetchMs = undefined;
    const hasBatches = this.#tail.endOffset > 0;
    const life = this.#life;
    this.#config.fetch.fetch(
      {
        fromOffset: this.#tail.endOffset,
        lastEpoch: this.#lastEpoch,
        chainChecksum: hasBatches ? this.#tail.endChecksum : undefined,
        // A read that waits parks the Fetch too: asking again and again would not bring the offset sooner.
        maxWaitMs: this.#feedInUse && this.#waiters.isEmpty ? 0 : PARKED_FETCH_MS,
        maxBytes: FETCH_MAX_BYTES,
      },
      (result) => {
        this.#fetching = false;
        if (this.#closed) return;
        if (life === this.#life) this.#handleFetched(result);
        else this.#fetchNow();
      },
    );
  }

  #handleFetched(result: CommittedFetchResult): void {
    switch (result.kind) {
      case 'batches':
        this.#handleBatches(result);
        return;
      case 'snapshot':
        this.#noteLeader(result.leaderId, result.leaderEpoch);
        // The feed may have brought more than that since we asked: an image never goes back.
        if (result.id.endOffset <= this.#tail.endOffset) this.#fetchNow();
        else this.#beginDownload(result.id);
        return;
      case 'unavailable':
        this.#tryLater(result.message);
        return;
      case 'contradiction':
        this.#startOver(result.message);
        return;
      case 'refused':
        this.#fail(new Error(result.message));
    }
  }

  #tryLater(message: string): void {
    this.#config.observe({ kind: 'unavailable', message });
    this.#backOff();
  }

  #backOff(): void {
    this.#scheduleFetch(this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  // ---- a snapshot instead of batches ---------------------------------------------------------------------------------------

  #beginDownload(id: SnapshotOffset): void {
    const { genesisChecksum, image, timers, observe } = this.#config;
    this.#download = new SnapshotDownload({ id, genesisChecksum, image, startedMs: timers.nowMs() });
    this.#feedInUse = false;
    observe({ kind: 'snapshotBegun', id });
    this.#fetchPiece(this.#download);
  }

  #fetchPiece(download: SnapshotDownload): void {
    this.#fetching = true;
    this.#nextFetchMs = undefined;
    const life = this.#life;
    this.#config.fetch.fetchSnapshot({ id: download.id, position: download.position, maxBytes: SNAPSHOT_PIECE_BYTES }, (result) => {
      this.#fetching = false;
      if (this.#closed) return;
      if (life === this.#life) this.#handlePiece(download, result);
      else this.#fetchNow();
    });
  }

  #handlePiece(download: SnapshotDownload, result: SnapshotResult): void {
    switch (result.kind) {
      case 'piece':
        this.#takePiece(download, result);
        return;
      case 'gone':
        this.#abandon(download, result.message);
        // A leader that names a snapshot and does not have it will not have it at once.
        if (download.position === 0) this.#backOff();
        else this.#fetchNow();
        return;
      case 'unavailable':
        this.#tryLater(result.message);
        return;
      case 'refused':
        this.#fail(new Error(result.message));
    }
  }

  #takePiece(download: SnapshotDownload, piece: Extract<SnapshotResult, { kind: 'piece' }>): void {
    let outcome;
    try {
      outcome = download.take(piece);
    } catch (error) {
      this.#fail(new Error(`the snapshot that ends at offset ${download.id.endOffset} (epoch ${download.id.epoch}) cannot be loaded`, { cause: error }));
      return;
    }
    switch (outcome.kind) {
      case 'more':
        this.#retryMs = FIRST_RETRY_MS;
        this.#fetchPiece(download);
        return;
      case 'other-leader':
        this.#abandon(download, 'another node leads now, whose snapshot may have other bytes');
        this.#fetchNow();
        return;
      case 'damaged':
        this.#abandon(download, outcome.problem);
        this.#backOff();
        return;
      case 'loaded':
        this.#loaded(download, outcome.chainChecksum);
    }
  }

  #abandon(download: SnapshotDownload, reason: string): void {
    this.#download = undefined;
    this.#config.observe({ kind: 'snapshotAbandoned', id: download.id, reason });
  }

  #loaded({ id, position, startedMs }: SnapshotDownload, chainChecksum: number): void {
    this.#download = undefined;
    this.#retryMs = FIRST_RETRY_MS;
    this.#tail = this.#tailAt(id.endOffset, chainChecksum);
    this.#stableOffset = id.endOffset;
    this.#lastEpoch = id.epoch;
    // The leader has committed more than the snapshot: only its next answer says where we have caught up.
    this.#raiseHighWatermark(id.endOffset);
    this.#config.observe({ kind: 'snapshotLoaded', id, bytes: position, durationMs: this.#config.timers.nowMs() - startedMs });
    this.#settle();
    this.#fetchNow();
  }

  #handleBatches(result: Extract<CommittedFetchResult, { kind: 'batches' }>): void {
    this.#retryMs = FIRST_RETRY_MS;
    this.#noteLeader(result.leaderId, result.leaderEpoch);
    if (result.feedKey !== undefined) this.#config.feed?.setKey(result.leaderEpoch, result.feedKey);
    if (result.highWatermark !== undefined) this.#noteHighWatermark(result.highWatermark);
    let isNew = false;
    for (const batch of result.batches) {
      const position = this.#tail.place(batch);
      // The feed may have been quicker than this answer.
      if (position === 'duplicate') continue;
      if (position !== 'continues') {
        this.#startOver(`the leader's batch at offset ${batch.baseOffset} does not continue offset ${this.#tail.endOffset} (${position})`);
        return;
      }
      this.#apply(batch, 'fetch');
      isNew = true;
      if (this.#closed) return;
    }
    // What the feed should have brought came this way: wait at the leader until the feed shows that it works.
    if (isNew) this.#feedInUse = false;
    this.#settle();
    if (!this.#feedInUse || this.#fetchAgain || !this.#waiters.isEmpty) this.#fetchNow();
    else this.#scheduleFetch(FEED_CHECK_MS);
  }

  #apply(batch: EncodedBatch, path: ArrivalPath): void {
    try {
      this.#stableOffset = this.#config.image.apply(batch, path);
    } catch (error) {
      this.#fail(new Error(`the batch at offset ${batch.baseOffset} (epoch ${batch.epoch}) cannot be applied`, { cause: error }));
      return;
    }
    this.#tail.applied(batch);
    this.#lastEpoch = batch.epoch;
    this.#noteHighWatermark(batch.endOffset);
    this.#config.observe({ kind: 'applied', endOffset: batch.endOffset, path, appendTimeMs: batch.appendTimeMs });
  }

  /** What we hold is not a prefix of the committed log: read it again, from the truth. */
  #startOver(reason: string): void {
    this.#config.observe({ kind: 'restarted', reason });
    this.#config.image.reset();
    this.#life += 1;
    this.#feedInUse = false;
    this.#download = undefined;
    this.#tail = this.#tailAt(0 as Offset, this.#config.genesisChecksum);
    this.#stableOffset = 0 as Offset;
    this.#lastEpoch = 0 as Epoch;
    this.#highWatermark = undefined;
    this.#catchUpTo = undefined;
    this.#backOff();
  }

  #fail(error: Error): void {
    if (this.#closed) return;
    this.close();
    this.#config.failed(error);
  }

  #noteHighWatermark(highWatermark: Offset): void {
    this.#raiseHighWatermark(highWatermark);
    this.#catchUpTo ??= highWatermark;
  }

  #raiseHighWatermark(highWatermark: Offset): void {
    if (this.#highWatermark === undefined || highWatermark > this.#highWatermark) this.#highWatermark = highWatermark;
  }

  #noteLeader(leaderId: NodeId | undefined, epoch: Epoch): void {
    if (epoch < this.#leaderEpoch || (epoch === this.#leaderEpoch && leaderId === this.#leaderId)) return;
    this.#leaderEpoch = epoch;
    this.#leaderId = leaderId;
    this.#config.observe({ kind: 'leader', leaderId, epoch });
  }

  #settle(): void {
    this.#waiters.settle(this.#stableOffset, this.#config.timers.nowMs());
    this.#arm();
  }

  #scheduleFetch(afterMs: number): void {
    this.#nextFetchMs = this.#config.timers.nowMs() + afterMs;
    this.#arm();
  }

  #arm(): void {
    if (this.#closed) return;
    const deadlines = [this.#nextFetchMs, this.#impatientAtMs(), this.#waiters.nextDeadlineMs()].filter((at) => at !== undefined);
    this.#config.timers.arm(deadlines.length === 0 ? undefined : Math.min(...deadlines), () => this.#handleAlarm());
  }

  #handleAlarm(): void {
    const nowMs = this.#config.timers.nowMs();
    this.#waiters.settle(this.#stableOffset, nowMs);
    const impatientAtMs = this.#impatientAtMs();
    const isDue = (atMs: number | undefined): boolean => atMs !== undefined && nowMs >= atMs;
    if (isDue(this.#nextFetchMs) && this.#download !== undefined) this.#fetchPiece(this.#download);
    else if (isDue(this.#nextFetchMs) || isDue(impatientAtMs)) this.#fetchNow();
    this.#arm();
  }

  /** When a waiting read makes us fetch; never while a Fetch is under way or the leader cannot be reached. */
  #impatientAtMs(): number | undefined {
    if (this.#fetching || this.#download !== undefined || this.#retryMs !== FIRST_RETRY_MS) return undefined;
    const oldest = this.#waiters.oldestSinceMs();
    return oldest === undefined ? undefined : oldest + READ_PATIENCE_MS;
  }
}
