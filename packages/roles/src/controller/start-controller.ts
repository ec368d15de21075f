import type { ServerConfig } from '@quorate/config';
import { DEFAULT_CONTROLLER_CONFIG, type ControllerConfig } from '@quorate/controller-core';
import { ControllerNode, DEFAULT_CONTROLLER_NODE_CONFIG, ImageDigests, type DigestEvent, type SnapshotLimits } from '@quorate/controller-node';
import { ImageDigestError, MetadataImage, ReplayError } from '@quorate/metadata-image';
import { isDiskError, type OpenedLog, type RecoveredState } from '@quorate/metadata-log';
import { RaftNode } from '@quorate/raft-node';
import { decodeRecord, RecordFormatError, recordsOf, type MetadataRecord, type NodeId, type Offset } from '@quorate/records';
import { FollowPath } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import {
  clusterServiceHandlers,
  ClusterServiceService,
  CONTROLLER_LIMITS,
  controllerServiceHandlers,
  ControllerServiceService,
  GrpcTransport,
  Health,
  LeaderBoard,
  localReadIndex,
  LocalWriter,
  metadataServiceHandlers,
  MetadataServiceService,
  MetadataWatch,
  quorumServiceHandlers,
  QuorumServiceService,
  RaftServiceService,
  RpcServer,
  sessionServiceHandlers,
  SessionServiceService,
  TopicPages,
  topicServiceHandlers,
  TopicServiceService,
  type ImageReader,
  type LeaderView,
} from '@quorate/rpc';
import { Metrics, type Logger } from '@quorate/telemetry';
import type { ExitReason } from '../process/exit-codes.js';
import { NodeTimers } from '../process/node-timers.js';
import { VERSION } from '../process/read-configuration.js';
import type { ProcessContext, RunningRole } from '../process/run-process.js';
import { Deltas } from '../shared/deltas.js';
import { dumpImage, wrongImageMessage } from '../shared/image-dump.js';
import { listenOrRefuse, serveTelemetry } from '../shared/listen.js';
import { recordCalls } from '../shared/record-calls.js';
import { CommandGate } from './command-gate.js';
import { ControllerFeed } from './feed.js';
import { LocalQuorum } from './local-quorum.js';
import { ForeignPeers, otherControllers, refuseStrangers, whyNotAVoter, type FormattedSelf } from './membership.js';
import { registerControllerMetrics } from './metrics.js';
import { controllerObservers } from './observe.js';
import { OtherHistory } from './other-history.js';
import { openDataDirectory } from './open-data-directory.js';
import { raftCoreConfig } from './raft-config.js';
import { transferLeadership } from './transfer-leadership.js';

/** Readiness is looked at when something happens, and so often all the same. */
const READINESS_MS = 250;

/** Starts one controller: its log, Raft, the controller's loop, and the services on each of its listeners. */
export async function startController(config: ServerConfig, context: ProcessContext): Promise<RunningRole> {
  const { logger } = context;
  const metrics = new Metrics({ app: 'quorum-controller', version: VERSION, withProcess: true });
  const newTimers = (): NodeTimers => new NodeTimers(() => metrics.count('quorate_late_timers_total'));

  const directory = await openDataDirectory(config, newTimers());
  const { recovered, store, elections, snapshots } = directory.opened;
  logRecovery(logger, directory.opened);
  const { clusterId, recoveryId } = recovered.properties;
  const coreConfig = raftCoreConfig(config, recovered);
  const self: FormattedSelf = { nodeId: config.nodeId, clusterId, directoryId: recovered.directoryId, directory: config.metadataLogDir, mayObserve: recovered.log.endOffset > 0 || recovered.voterSets.length === 0 };
  const others = otherControllers(coreConfig);
  if (recovered.log.endOffset === 0) await refuseStrangers(self, others);

  const otherHistory = new OtherHistory({ own: coreConfig.cluster, others, leftBehind: (message) => context.fail('refusedByCluster', message) });

  const observers = controllerObservers(logger, metrics);
  const deltas = new Deltas();
  const feed = config.natsServers.length === 0 ? undefined : new ControllerFeed({ servers: config.natsServers, nodeId: config.nodeId, clusterId, recoveryId, logger });
  const image = new MetadataImage();
  const lookAgain = (): void =>
    queueMicrotask(() => {
      board.changed();
      lookAtHealth();
    });
  const imageIsWrong = (at: number): void => {
    const file = dumpImage(config.metadataLogDir, image, `node ${config.nodeId}: most voters agree on another image at offset ${at}`);
    context.fail('replayFailure', wrongImageMessage(at, file));
  };
  let voterIds: readonly NodeId[] = [];
  const digests = new ImageDigests({
    selfId: config.nodeId,
    voterIds: () => voterIds,
    observe: (event) => {
      observeDigest(logger, event);
      if (event.kind === 'ownImageWrong') imageIsWrong(event.offset);
    },
  });
  const controller: ControllerNode = new ControllerNode({
    image,
    digests,
    controller: controllerConfig(config, recovered, () => raft.status().voters.map(({ id }) => id)),
    config: { ...DEFAULT_CONTROLLER_NODE_CONFIG, maxIdleIntervalMs: config.controller.maxIdleIntervalMs ?? 0, batchLimits: { ...DEFAULT_CONTROLLER_NODE_CONFIG.batchLimits, maxBytes: config.metadataLog.maxBatchBytes } },
    bootstrapRecords: bootstrapRecords(directory.opened),
    timers: newTimers(),
    random: Math.random,
    observe: (event) => {
      if (event.kind === 'claimed') feed?.claim(event.epoch);
      if (event.kind === 'renounced') feed?.renounce();
      if (event.kind === 'renounced') digests.stopListening();
      if (event.kind === 'claimed' || event.kind === 'renounced') lookAgain();
      observers.controller(event);
    },
    feed: (committed) => {
      feed?.committed(committed);
      for (const { delta } of committed) deltas.tell(delta);
      if (!isCaughtUp) lookAgain();
    },
    snapshots: { limits: snapshotLimits(config), timers: newTimers() },
    snapshotLoaded: () => deltas.startedOver(),
  });
  const foreignPeers = new ForeignPeers();
  const transport = new GrpcTransport({
    requestTimeoutMs: config.raft.requestTimeoutMs,
    fetchSnapshotMaxBytes: config.raft.fetchSnapshotMaxBytes,
    problem: (peer, message) => logger.warn({ event: 'raft.peer-problem', peer }, message),
    heardHighWatermark: (offset) => {
      if (catchUpTo !== undefined) return;
      catchUpTo = offset;
      lookAgain();
    },
    digests,
    imageIsWrong,
    ...(feed === undefined ? {} : { heardFeedOffset: (offset: Offset) => feed.heardPublishedOffset(offset) }),
  });
  const raft = new RaftNode({
    config: coreConfig,
    log: store,
    elections,
    snapshots,
    retention: { maxBytes: config.metadataLog.maxRetentionBytes, maxMs: config.metadataLog.maxRetentionMs },
    transport,
    timers: newTimers(),
    listener: controller,
    appliedOffset: image.appliedOffset,
    observe: (event) => {
      if (event.kind === 'roleChanged') lookAgain();
      if (foreignPeers.heard(event, raft.status().voters.length)) {
        refuseStrangers(self, others).then(() => foreignPeers.clear(), (error: Error) => context.fail('refusedByCluster', error.message));
      }
      otherHistory.heard(event);
      observers.raft(event);
    },
    onFatal: (error) => context.fail(fatalReason(error), error.message, error),
    feed,
    imageDigest: () => ({ lastStableOffset: image.appliedOffset, ...image.digest() }),
  });
  controller.start(raft);

  const board = new LeaderBoard(() => leaderView(config, raft, controller));
  const gate = new CommandGate(controller);
  const quorum = new LocalQuorum({
    clusterId,
    raft,
    controller,
    digests,
    leader: board,
    requestTimeoutMs: config.raft.requestTimeoutMs,
    transfer: (to, deadlineMs) => transferLeadership({ raft, leader: board }, to, deadlineMs),
  });
  let isCaughtUp = false;
  /** What was committed when we first heard of it from a leader, or led: our own high watermark is at most our log's end. */
  let catchUpTo: Offset | undefined;
  const reader = imageReader({ config, clusterId, raft, controller, deltas, board, isCaughtUp: () => isCaughtUp });
  const writer = new LocalWriter(gate, board);
  const pages = new TopicPages(reader);
  const watch = new MetadataWatch(reader);
  registerControllerMetrics({ metrics, raft, controller, logSizeBytes: () => store.sizeBytes, feed, digests });

  const health = new Health();
  const finished = recordCalls(logger, metrics);
  const servers = config.listeners
    .filter(({ carries }) => carries === 'controller')
    .map((listener) => {
      const server = new RpcServer({ limits: CONTROLLER_LIMITS, finished });
      server.add(RaftServiceService, transport.handlers());
      server.add(ControllerServiceService, controllerServiceHandlers({ cluster: coreConfig.cluster, controller: gate, reads: controller, leader: board }));
      server.add(QuorumServiceService, quorumServiceHandlers(quorum));
      server.add(TopicServiceService, topicServiceHandlers({ writer, reader, pages }));
      server.add(ClusterServiceService, clusterServiceHandlers({ writer, reader, quorum }));
      server.add(SessionServiceService, sessionServiceHandlers(writer));
      server.add(MetadataServiceService, metadataServiceHandlers({ reader, pages, watch }));
      server.addHealthAndReflection(health);
      return { listener, server };
    });
  for (const { listener, server } of servers) await listenOrRefuse(server, listener, 'listeners');

  let hasBeenVoter = false;
  const lookAtHealth = (): void => {
    const status = raft.status();
    const { leaderId, leaderHighWatermark } = status;
    voterIds = status.voters.map(({ id }) => id);
    catchUpTo ??= leaderHighWatermark;
    isCaughtUp ||= catchUpTo !== undefined && image.appliedOffset >= catchUpTo;
    // Who the log has named as a voter was not formatted wrongly: when it is removed it goes on as an observer.
    hasBeenVoter ||= status.isVoter && status.votersOffset !== undefined;
    const stranger = isCaughtUp && !hasBeenVoter ? whyNotAVoter(self, status) : undefined;
    if (stranger !== undefined) context.fail('refusedByCluster', stranger);
    health.set('readiness', leaderId !== undefined && isCaughtUp);
    health.set('leader', controller.activeEpoch !== undefined);
  };
  const telemetry = await serveTelemetry(config.httpListener, {
    metrics,
    health: () => {
      lookAtHealth();
      return { ok: health.is('readiness'), detail: { state: raft.describe(), active: controller.activeEpoch !== undefined, appliedOffset: image.appliedOffset } };
    },
  });

  feed?.open();
  raft.start();
  otherHistory.look();
  const healthTimer = setInterval(lookAtHealth, READINESS_MS);
  logger.info({ event: 'controller.started', cluster: clusterId, directory: config.metadataLogDir, offset: recovered.log.endOffset, listeners: servers.map(({ listener }) => `${listener.name}://${listener.host}:${listener.port}`) }, 'controller started');

  return {
    stop: async () => {
      const graceMs = config.shutdownGraceMs;
      health.stopping();
      // What was accepted is finished first; then leadership goes to who can take over at once; then the connections.
      await gate.close(graceMs / 2);
      await new Promise<void>((resolve) => raft.stop(resolve));
      clearInterval(healthTimer);
      otherHistory.stop();
      controller.stop();
      await Promise.all(servers.map(({ server }) => server.stop(Math.min(1000, graceMs))));
      await feed?.close();
      await telemetry?.close();
      directory.lock.release();
    },
  };
}

function controllerConfig(config: ServerConfig, { properties, kraftVersion }: RecoveredState, controllerIds: ControllerConfig['controllerIds']): ControllerConfig {
  const { maxIdleIntervalMs: _, ...settings } = config.controller;
  return { ...DEFAULT_CONTROLLER_CONFIG, ...settings, clusterId: properties.clusterId, controllerIds, kraftVersion };
}

function snapshotLimits({ metadataLog }: ServerConfig): SnapshotLimits {
  const { maxRecordBytesBetweenSnapshots, maxSnapshotIntervalMs, maxRecordsBetweenSnapshots } = metadataLog;
  return { maxRecordBytes: maxRecordBytesBetweenSnapshots, maxIntervalMs: maxSnapshotIntervalMs, maxRecords: maxRecordsBetweenSnapshots };
}

/** What formatting asked for, in the metadata part of the 0-0 checkpoint. */
function bootstrapRecords({ recovered }: OpenedLog): readonly MetadataRecord[] {
  return recovered.bootstrap.batches.flatMap((batch) => recordsOf(batch).map(decodeRecord));
}

function leaderView(config: ServerConfig, raft: RaftNode, controller: ControllerNode): LeaderView {
  const { leaderId, epoch, leaderEndpoints, highWatermark } = raft.status();
  return { nodeId: config.nodeId, hint: { leaderId, leaderEpoch: epoch, leaderEndpoints }, isActive: controller.activeEpoch !== undefined, highWatermark };
}

interface ImageReaderParts {
  readonly config: ServerConfig;
  readonly clusterId: string;
  readonly raft: RaftNode;
  readonly controller: ControllerNode;
  readonly deltas: Deltas;
  readonly board: LeaderBoard;
  readonly isCaughtUp: () => boolean;
}

function imageReader({ config, clusterId, raft, controller, deltas, board, isCaughtUp }: ImageReaderParts): ImageReader {
  return {
    clusterId,
    nodeId: config.nodeId,
    view: () => controller.image,
    waitFor: (offset, deadlineMs, done) => controller.read(offset, deadlineMs, ({ kind }) => done(kind === 'ready')),
    readIndex: (deadlineMs) => localReadIndex(controller, board, deadlineMs),
    digest: () => controller.image.digest(),
    highWatermark: () => raft.highWatermark,
    followPath: () => FollowPath.FOLLOW_PATH_LOG,
    isCaughtUp,
    onDelta: (listener) => deltas.subscribe(listener),
  };
}

function logRecovery(logger: Logger, { recovered }: OpenedLog): void {
  const { dropped, rewrittenBatches, damage, notes } = recovered.report;
  if (damage !== undefined) {
    logger.error({ event: 'log.recovering', offset: damage.soundUpTo }, `this node lost what was durable and does not count until it has fetched it again: ${damage.problem}`);
  }
  if (recovered.directoryIdChange !== undefined) logger.error({ event: 'log.new-replica', ...recovered.directoryIdChange }, 'both files of quorum-state are bad: this is a new replica now');
  if (dropped !== undefined) {
    logger.warn({ event: 'log.truncated', offset: dropped.offset, bytes: dropped.bytes, path: dropped.path }, `an unfinished write was cut off: ${dropped.problem}`);
  }
  if (rewrittenBatches > 0) logger.info({ event: 'log.rewritten', batches: rewrittenBatches }, 'batches beyond the flushed marker were written again');
  for (const note of notes) logger.warn({ event: 'log.recovery-note' }, note);
}

function observeDigest(logger: Logger, event: DigestEvent): void {
  const at = { event: `image.${event.kind}`, offset: event.offset };
  switch (event.kind) {
    case 'digestDiffers':
      return logger.error({ ...at, replica: event.replicaId, theirs: hex(event.theirs), ours: hex(event.ours) }, 'the image of a replica differs from ours at the same offset: one of the two is wrong');
    case 'digestAgrees':
      return logger.info({ ...at, replica: event.replicaId }, 'the image of a replica agrees with ours again');
    case 'ownImageWrong':
      return logger.error({ ...at, theirs: hex(event.theirs), ours: hex(event.ours) }, 'the other voters agree on another image than ours');
  }
}

function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex');
}

/** Which exit code says it: the disk, the log's content, or a bug. */
function fatalReason(error: Error): ExitReason {
  let cause: unknown = error;
  while (cause instanceof Error) {
    if (cause instanceof ReplayError || cause instanceof ImageDigestError || cause instanceof RecordFormatError) return 'replayFailure';
    if (isDiskError(cause)) return 'diskFailure';
    cause = (cause as Error).cause;
  }
  return 'bug';
}
