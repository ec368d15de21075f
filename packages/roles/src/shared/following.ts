import { NatsFollower } from '@quorate/change-feed';
import { MetadataFollower, type ArrivalPath, type FollowedImage, type FollowerEvent, type FollowerStatus, type SnapshotStart } from '@quorate/metadata-follower';
import { BatchFold, ImageLoad, MetadataImage } from '@quorate/metadata-image';
import { ZERO_UUID, genesisChecksum, type EncodedBatch, type NodeId, type Offset } from '@quorate/records';
import { FollowPath } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import { GrpcCommittedFetch, ReadIndexClient, type ImageReader, type LeaderTracker } from '@quorate/rpc';
import type { Logger, Metrics } from '@quorate/telemetry';
import { NodeTimers } from '../process/node-timers.js';
import { Deltas } from './deltas.js';
import { dumpImage, wrongImageMessage } from './image-dump.js';

export interface FollowingOptions {
  readonly app: string;
  readonly tracker: LeaderTracker;
  /** Undefined for a process that is no node of the cluster. */
  readonly nodeId: NodeId | undefined;
  /** Of the change feed; empty: gRPC alone. */
  readonly natsServers: readonly string[];
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Where the image is written down when it turns out to be wrong. */
  readonly dumpDirectory?: string | undefined;
  /** The image cannot go on. */
  readonly failed: (error: Error) => void;
  /** More of the log was applied. */
  readonly applied?: () => void;
}

/**
 * The image of a process that is no voter: committed batches by feed and Fetch, folded up to the last stable offset. It
 * begins when the first controller has told which cluster this is.
 */
export class Following {
  readonly reader: ImageReader;
  readonly #options: FollowingOptions;
  readonly #deltas = new Deltas();
  readonly #waitingForStart = new Set<() => void>();
  readonly #readIndex: ReadIndexClient;
  readonly #stopLooking: () => void;
  #image = new MetadataImage();
  #fold = new BatchFold(this.#image);
  #follower: MetadataFollower | undefined;
  #closed = false;
  #loadErrors = 0;
  #snapshotsLoaded = 0;

  constructor(options: FollowingOptions) {
    this.#options = options;
    this.#readIndex = new ReadIndexClient(options.tracker);
    this.reader = this.#makeReader();
    this.#registerMetrics();
    this.#stopLooking = options.tracker.subscribe(() => this.#startWhenKnown());
    this.#startWhenKnown();
  }

  get image(): MetadataImage {
    return this.#image;
  }

  /** Undefined before the cluster is known. */
  get status(): FollowerStatus | undefined {
    return this.#follower?.status();
  }

  /** Whether the image holds all that was committed when this process started, or when it last had to start over. */
  get isCaughtUp(): boolean {
    return this.#follower?.status().caughtUp === true;
  }

  get stableOffset(): Offset {
    return this.#image.appliedOffset;
  }

  heardHighWatermark(highWatermark: Offset): void {
    this.#follower?.heardHighWatermark(highWatermark);
  }

  close(): void {
    this.#closed = true;
    this.#stopLooking();
    this.#readIndex.close();
    this.#follower?.close();
    for (const giveUp of [...this.#waitingForStart]) giveUp();
  }

  #startWhenKnown(): void {
    const { tracker, natsServers, logger } = this.#options;
    const { cluster } = tracker;
    if (cluster === undefined || this.#follower !== undefined || this.#closed) return;
    const feed =
      natsServers.length === 0
        ? undefined
        : new NatsFollower({
            servers: natsServers,
            name: this.#options.app,
            clusterId: cluster.clusterId,
            recoveryId: cluster.recoveryId === ZERO_UUID ? undefined : cluster.recoveryId,
            onProblem: (message) => logger.warn({ event: 'feed.problem' }, message),
          });
    const follower = new MetadataFollower({
      fetch: new GrpcCommittedFetch({
        tracker,
        nodeId: this.#options.nodeId,
        imageDigest: () => ({ lastStableOffset: this.#image.appliedOffset, ...this.#image.digest() }),
        imageIsWrong: (at) => this.#imageIsWrong(at),
        problem: (message) => logger.warn({ event: 'fetch.problem' }, message),
      }),
      feed,
      image: this.#followedImage(),
      timers: new NodeTimers(),
      genesisChecksum: genesisChecksum(cluster.clusterId),
      observe: (event) => this.#observe(event),
      failed: (error) => {
        this.#loadErrors += 1;
        this.#options.failed(error);
      },
    });
    this.#follower = follower;
    follower.start();
    for (const go of [...this.#waitingForStart]) go();
  }

  #imageIsWrong(at: Offset): void {
    const { dumpDirectory, failed, logger } = this.#options;
    if (this.#closed) return;
    logger.error({ event: 'image.wrong', offset: at, digest: Buffer.from(this.#image.digest().value).toString('hex') }, 'most voters agree on another image than ours');
    const file = dumpDirectory === undefined ? undefined : dumpImage(dumpDirectory, this.#image, `most voters agree on another image at offset ${at}`);
    this.close();
    failed(new Error(wrongImageMessage(at, file)));
  }

  #followedImage(): FollowedImage {
    let loading: { readonly start: SnapshotStart; readonly load: ImageLoad } | undefined;
    return {
      apply: (batch: EncodedBatch, path: ArrivalPath): Offset => {
        this.#deltas.tell(this.#fold.fold(batch));
        this.#options.metrics.count('quorate_follower_batches_total', { path });
        return this.#fold.stableOffset;
      },
      reset: () => {
        this.#image = new MetadataImage();
        this.#fold = new BatchFold(this.#image);
        this.#deltas.startedOver();
      },
      loadBegins: (start) => {
        loading = { start, load: new ImageLoad(start) };
      },
      load: (batches) => {
        for (const batch of batches) loading!.load.add(batch);
      },
      loadEnds: () => {
        const { start, load } = loading!;
        loading = undefined;
        this.#image = load.finish();
        this.#fold = new BatchFold(this.#image, start.chainChecksum);
        this.#deltas.startedOver();
      },
    };
  }

  #observe(event: FollowerEvent): void {
    const { logger, metrics } = this.#options;
    switch (event.kind) {
      case 'applied':
        this.#options.applied?.();
        return;
      case 'leader':
        return logger.info({ event: 'follower.leader', leader: event.leaderId, epoch: event.epoch }, 'following the active controller');
      case 'feed':
        return logger.info({ event: 'follower.feed', up: event.up }, event.up ? 'the change feed is connected' : 'the change feed is not connected; changes are fetched over gRPC');
      case 'dropped':
        metrics.count('quorate_follower_dropped_total', { reason: event.reason });
        return logger.debug({ event: 'follower.dropped', reason: event.reason }, 'a message of the feed was dropped');
      case 'gap':
        return logger.debug({ event: 'follower.gap', from: event.from, to: event.to }, 'the feed left a gap');
      case 'restarted':
        metrics.count('quorate_follower_restarts_total');
        return logger.warn({ event: 'follower.restarted', reason: event.reason }, 'the image is read anew from offset 0');
      case 'snapshotBegun':
        return logger.info({ event: 'follower.snapshot-begun', offset: event.id.endOffset, epoch: event.id.epoch }, 'the log no longer holds what follows; the snapshot is fetched');
      case 'snapshotLoaded':
        this.#snapshotsLoaded += 1;
        metrics.observe('quorate_snapshot_load_duration_seconds', event.durationMs / 1000);
        this.#options.applied?.();
        return logger.info({ event: 'follower.snapshot-loaded', offset: event.id.endOffset, epoch: event.id.epoch, bytes: event.bytes, durationMs: Math.round(event.durationMs) }, 'the image comes from a snapshot');
      case 'snapshotAbandoned':
        return logger.warn({ event: 'follower.snapshot-abandoned', offset: event.id.endOffset, epoch: event.id.epoch, reason: event.reason }, 'a snapshot is fetched no further');
      case 'unavailable':
        return logger.debug({ event: 'follower.unavailable' }, event.message);
    }
  }

  #makeReader(): ImageReader {
    const { tracker, nodeId } = this.#options;
    return {
      get clusterId(): string {
        return tracker.cluster?.clusterId ?? '';
      },
      nodeId,
      view: () => this.#image,
      waitFor: (offset, deadlineMs, done) => this.#waitFor(offset, deadlineMs, done),
      readIndex: (deadlineMs) => this.#readIndex.readIndex(deadlineMs),
      digest: () => this.#image.digest(),
      highWatermark: () => this.#follower?.status().highWatermark ?? (0 as Offset),
      followPath: () => (this.#follower?.status().path === 'feed' ? FollowPath.FOLLOW_PATH_FEED : FollowPath.FOLLOW_PATH_FETCH),
      isCaughtUp: () => this.isCaughtUp,
      onDelta: (listener) => this.#deltas.subscribe(listener),
    };
  }

  #waitFor(offset: Offset, deadlineMs: number, done: (isReached: boolean) => void): void {
    const follower = this.#follower;
    if (follower !== undefined) return follower.waitFor(offset, deadlineMs, ({ kind }) => done(kind === 'reached'));
    const go = (): void => {
      clearTimeout(timer);
      this.#waitingForStart.delete(go);
      if (this.#follower === undefined) done(false);
      else this.#waitFor(offset, deadlineMs, done);
    };
    const timer = setTimeout(go, Math.max(0, deadlineMs - performance.now()));
    this.#waitingForStart.add(go);
  }

  #registerMetrics(): void {
    const { metrics } = this.#options;
    let lastLagMs = 0;
    this.#deltas.subscribe((delta) => {
      if (delta !== undefined) lastLagMs = Math.max(0, Date.now() - delta.timestampMs);
    });
    metrics.gauge('kafka_server_brokermetadatametrics_last_applied_record_offset', () => this.#image.appliedOffset - 1);
    metrics.gauge('kafka_server_brokermetadatametrics_last_applied_record_lag_ms', () => lastLagMs);
    metrics.gauge('kafka_server_brokermetadatametrics_metadata_load_error_count', () => this.#loadErrors);
    metrics.gauge('kafka_server_metadataloader_handleloadsnapshotcount', () => this.#snapshotsLoaded);
    metrics.gauge('quorate_follower_path', () => {
      const path = this.#follower?.status().path;
      return (['feed', 'fetch'] as const).map((each) => ({ labels: { path: each }, value: each === path ? 1 : 0 }));
    });
    metrics.gauge('quorate_feed_connected', () => (this.#follower?.status().feedUp === true ? 1 : 0));
  }
}
