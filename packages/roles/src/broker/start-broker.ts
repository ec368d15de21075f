import { randomUUID } from 'node:crypto';
import type { ServerConfig } from '@quorate/config';
import type { Listener } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import { BrokerCalls, Health, RemoteQuorum, SubmitClient, type RpcServer } from '@quorate/rpc';
import { Metrics } from '@quorate/telemetry';
import { NodeTimers } from '../process/node-timers.js';
import { VERSION } from '../process/read-configuration.js';
import type { ProcessContext, RunningRole } from '../process/run-process.js';
import { adminServer } from '../shared/admin-server.js';
import { trackLeader } from '../shared/controller-connection.js';
import { Following } from '../shared/following.js';
import { listenOrRefuse, serveTelemetry } from '../shared/listen.js';
import { recordCalls } from '../shared/record-calls.js';
import { openBrokerDirectories } from './broker-directories.js';
import { BROKER_STATE_NUMBER, BrokerLifecycle } from './broker-lifecycle.js';
import { controllerChannel } from './controller-channel.js';

/** Readiness is looked at when something happens, and so often all the same. */
const READINESS_MS = 250;

/** Starts one broker: follows the metadata, registers, beats, serves queries and watches, forwards admin calls. */
export async function startBroker(config: ServerConfig, context: ProcessContext): Promise<RunningRole> {
  const { logger } = context;
  const metrics = new Metrics({ app: 'broker-metadata-cache', version: VERSION, withProcess: true });
  // What follows the log tells the broker's life of it, which begins later.
  const life: { current: BrokerLifecycle | undefined } = { current: undefined };
  const directories = await openBrokerDirectories(config);
  const tracker = trackLeader(config, directories, context);
  const following = new Following({
    app: `broker-metadata-cache-${config.nodeId}`,
    tracker,
    nodeId: config.nodeId,
    dumpDirectory: config.metadataLogDir,
    natsServers: config.natsServers,
    logger,
    metrics,
    failed: (error) => context.fail('replayFailure', error.message, error),
    applied: () => life.current?.applied(),
  });
  const writer = new SubmitClient(tracker);
  const health = new Health();
  const finished = recordCalls(logger, metrics);

  const servers: RpcServer[] = [];
  const advertised: Listener[] = [];
  for (const listener of config.listeners.filter(({ carries }) => carries === 'broker')) {
    const server = adminServer({ writer, reader: following.reader, quorum: new RemoteQuorum(tracker), health, finished });
    const port = await listenOrRefuse(server, listener, 'listeners');
    servers.push(server);
    if (listener.advertised === undefined) continue;
    const told = listener.advertised.port === 0 ? port : listener.advertised.port;
    advertised.push({ name: listener.name, host: listener.advertised.host, port: told, securityProtocol: listener.securityProtocolId });
  }

  const lookAtHealth = (): void => health.set('readiness', life.current?.isRunning === true && following.isCaughtUp);
  const telemetry = await serveTelemetry(config.httpListener, {
    metrics,
    health: () => {
      lookAtHealth();
      return { ok: health.is('readiness'), detail: { state: life.current?.state, appliedOffset: following.stableOffset, path: following.status?.path } };
    },
  });
  metrics.gauge('quorate_broker_state', () => BROKER_STATE_NUMBER[life.current?.state ?? 'NOT_RUNNING']);

  const lifecycle = new BrokerLifecycle({
    heartbeatIntervalMs: config.broker.heartbeatIntervalMs,
    registrationTimeoutMs: config.broker.registrationTimeoutMs,
    channel: controllerChannel({
      calls: new BrokerCalls(tracker),
      config,
      incarnationId: Uint8Array.from(Buffer.from(randomUUID().replaceAll('-', ''), 'hex')),
      directoryIds: directories.directoryIds,
      listeners: advertised,
    }),
    timers: new NodeTimers(),
    appliedOffset: () => following.stableOffset,
    heardHighWatermark: (highWatermark) => following.heardHighWatermark(highWatermark),
    changed: (state, reason) => {
      logger.info({ event: 'broker.state', state, reason }, reason);
      lookAtHealth();
    },
    gaveUp: (reason, message) => context.fail(reason, message),
  });
  life.current = lifecycle;
  lifecycle.start();
  const healthTimer = setInterval(lookAtHealth, READINESS_MS);
  logger.info({ event: 'broker.started', cluster: directories.clusterId, listeners: advertised.map(({ name, host, port }) => `${name}://${host}:${port}`) }, 'broker started');

  return {
    stop: async () => {
      health.stopping();
      clearInterval(healthTimer);
      await leave(lifecycle, config.shutdownGraceMs / 2);
      await Promise.all(servers.map((server) => server.stop(config.shutdownGraceMs / 2)));
      await writer.drain(0);
      following.close();
      tracker.close();
      await telemetry?.close();
      directories.release();
    },
  };
}

/** Controlled shutdown, for at most that long. */
function leave(lifecycle: BrokerLifecycle, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      lifecycle.abandon();
      resolve();
    }, withinMs);
    lifecycle.shutDown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
