import type { ClientConfig } from '@quorate/config';
import type { DescribeQuorumResponse, Election } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { ElectionOutcome } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { ElectionTrigger } from '@quorate/records/gen/quorate/raft/v1/raft';
import { ADMIN_LIMITS, Health, RemoteQuorum, RpcServer, type LeaderTracker } from '@quorate/rpc';
import { Metrics, type GaugeSample } from '@quorate/telemetry';
import { VERSION } from '../process/read-configuration.js';
import type { ProcessContext, RunningRole } from '../process/run-process.js';
import { trackLeader } from '../shared/controller-connection.js';
import { Following } from '../shared/following.js';
import { listenOrRefuse, serveTelemetry } from '../shared/listen.js';
import { recordCalls } from '../shared/record-calls.js';

/** How often the controllers are asked. */
const LOOK_MS = 1000;
const READINESS_MS = 250;

/** What the controllers last said. */
interface QuorumSeen {
  readonly quorum: DescribeQuorumResponse | undefined;
  readonly elections: readonly Election[];
}

/** Starts the exporter: the cluster as one, in Prometheus's form, from what controllers say and from its own image. */
export async function startExporter(config: ClientConfig, context: ProcessContext): Promise<RunningRole> {
  const { logger } = context;
  const metrics = new Metrics({ app: 'metrics-exporter', version: VERSION, withProcess: true });
  const tracker = trackLeader(config, config.clusterId === undefined ? undefined : { clusterId: config.clusterId, recoveryId: undefined }, context);
  const following = new Following({
    app: 'metrics-exporter',
    tracker,
    nodeId: undefined,
    natsServers: config.natsServers,
    logger,
    metrics,
    failed: (error) => context.fail('replayFailure', error.message, error),
  });
  const quorum = new RemoteQuorum(tracker);
  let seen: QuorumSeen = { quorum: undefined, elections: [] };
  const look = async (): Promise<void> => {
    const deadlineMs = performance.now() + LOOK_MS;
    const [described, told] = await Promise.all([quorum.describe(deadlineMs).catch(() => undefined), quorum.elections(deadlineMs).catch(() => undefined)]);
    seen = { quorum: described, elections: told?.elections ?? seen.elections };
  };
  registerClusterMetrics(metrics, tracker, following, () => seen);

  const health = new Health();
  const server = new RpcServer({ limits: ADMIN_LIMITS, finished: recordCalls(logger, metrics) });
  server.addHealthAndReflection(health);
  await listenOrRefuse(server, config.listener, 'exporter.listener');
  const lookAtHealth = (): void => health.set('readiness', seen.quorum !== undefined && following.isCaughtUp);
  const telemetry = await serveTelemetry(config.httpListener, {
    metrics,
    health: () => {
      lookAtHealth();
      return { ok: health.is('readiness'), detail: { leader: seen.quorum?.leaderId, epoch: seen.quorum?.leaderEpoch, appliedOffset: following.stableOffset } };
    },
  });
  const timers = [setInterval(() => void look(), LOOK_MS), setInterval(lookAtHealth, READINESS_MS)];
  tracker.subscribe(() => {
    if (seen.quorum === undefined) void look();
  });
  logger.info({ event: 'exporter.started' }, 'exporter started');

  return {
    stop: async () => {
      health.stopping();
      for (const timer of timers) clearInterval(timer);
      await server.stop(Math.min(1000, config.shutdownGraceMs));
      following.close();
      tracker.close();
      await telemetry?.close();
    },
  };
}

function registerClusterMetrics(metrics: Metrics, tracker: LeaderTracker, following: Following, seen: () => QuorumSeen): void {
  const replicas = (read: (replica: DescribeQuorumResponse['voters'][number]) => number | undefined) => (): GaugeSample[] => {
    const { quorum } = seen();
    const told = [
      ...(quorum?.voters ?? []).map((replica) => ({ replica, status: 'voter' })),
      ...(quorum?.observers ?? []).map((replica) => ({ replica, status: 'observer' })),
    ];
    return told.flatMap(({ replica, status }) => {
      const value = read(replica);
      return value === undefined ? [] : [{ labels: { replica: replica.replicaId, status }, value }];
    });
  };
  const views = () => tracker.links.flatMap(({ view }) => (view === undefined ? [] : [view]));
  metrics.gauge('quorate_cluster_active_controllers', () => views().filter(({ isActive, hint }) => isActive && hint.leaderEpoch >= tracker.knownEpoch).length);
  metrics.gauge('quorate_cluster_reachable_controllers', () => new Set(views().map(({ nodeId }) => nodeId)).size);
  metrics.gauge('quorate_cluster_controllers', () => seen().quorum?.voters.length);
  metrics.gauge('quorate_cluster_epoch', () => tracker.knownEpoch);
  metrics.gauge('quorate_cluster_high_watermark_offset', () => seen().quorum?.highWatermark);
  // Of the leader; a follower that answers in its place tells of itself.
  metrics.gauge('quorate_cluster_log_start_offset', () => seen().quorum?.logStartOffset);
  metrics.gauge('quorate_cluster_latest_snapshot_size_bytes', () => seen().quorum?.latestSnapshot?.sizeBytes);
  metrics.gauge('quorate_cluster_latest_snapshot_age_seconds', () => {
    const ageMs = seen().quorum?.latestSnapshot?.ageMs;
    return ageMs === undefined ? undefined : ageMs / 1000;
  });
  metrics.gauge('quorate_cluster_differing_images', () => seen().quorum?.differingImages);
  metrics.gauge('quorate_cluster_replica_lag_records', replicas(({ lag }) => lag));
  metrics.gauge('quorate_cluster_replica_last_fetch_age_seconds', replicas(({ lastFetchAgeMs }) => (lastFetchAgeMs === undefined ? undefined : lastFetchAgeMs / 1000)));
  metrics.gauge('quorate_cluster_brokers', () => {
    const count = { active: 0, fenced: 0, controlled_shutdown: 0 };
    for (const { fenced, inControlledShutdown } of following.image.brokers()) count[fenced ? 'fenced' : inControlledShutdown ? 'controlled_shutdown' : 'active'] += 1;
    return Object.entries(count).map(([state, value]) => ({ labels: { state }, value }));
  });
  metrics.gauge('quorate_cluster_topics', () => following.image.topicCount);
  metrics.gauge('quorate_cluster_partitions', () => following.image.partitionCount);
  metrics.gauge('quorate_cluster_offline_partitions', () => [...following.image.partitionsWithoutLeader()].length);
  metrics.gauge('quorate_cluster_elections', () => {
    const counts = new Map<string, GaugeSample & { value: number }>();
    for (const { trigger, outcome } of seen().elections) {
      const labels = { trigger: word(ElectionTrigger, trigger, 'ELECTION_TRIGGER_'), outcome: word(ElectionOutcome, outcome, 'ELECTION_OUTCOME_') };
      const key = `${labels.trigger} ${labels.outcome}`;
      counts.set(key, { labels, value: (counts.get(key)?.value ?? 0) + 1 });
    }
    return [...counts.values()];
  });
}

/** `ELECTION_OUTCOME_WON` → `won`. */
function word(table: Readonly<Record<string, number>>, value: number, prefix: string): string {
  const name = Object.entries(table).find(([, number]) => number === value)?.[0] ?? 'unknown';
  return name.replace(prefix, '').toLowerCase();
}
