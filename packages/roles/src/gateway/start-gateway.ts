import type { ClientConfig } from '@quorate/config';
import { Health, RemoteQuorum, SubmitClient } from '@quorate/rpc';
import { Metrics } from '@quorate/telemetry';
import { VERSION } from '../process/read-configuration.js';
import type { ProcessContext, RunningRole } from '../process/run-process.js';
import { adminServer } from '../shared/admin-server.js';
import { trackLeader } from '../shared/controller-connection.js';
import { Following } from '../shared/following.js';
import { listenOrRefuse, serveTelemetry } from '../shared/listen.js';
import { recordCalls } from '../shared/record-calls.js';

/** Readiness is looked at when something happens, and so often all the same. */
const READINESS_MS = 250;

/** Starts the gateway: writes go to the active controller, reads come from its own image, the quorum is asked of the controllers. */
export async function startGateway(config: ClientConfig, context: ProcessContext): Promise<RunningRole> {
  const { logger } = context;
  const metrics = new Metrics({ app: 'admin-gateway', version: VERSION, withProcess: true });
  const tracker = trackLeader(config, config.clusterId === undefined ? undefined : { clusterId: config.clusterId, recoveryId: undefined }, context);
  const health = new Health();
  // Ready means: it can answer reads, and knows where writes go. An election does not make it less ready: writes wait for it.
  let knewLeader = false;
  const lookAtHealth = (): void => {
    knewLeader ||= tracker.leader !== undefined;
    health.set('readiness', knewLeader && following.isCaughtUp);
  };
  const following: Following = new Following({
    app: 'admin-gateway',
    tracker,
    nodeId: undefined,
    natsServers: config.natsServers,
    logger,
    metrics,
    failed: (error) => context.fail('replayFailure', error.message, error),
    applied: () => {
      if (!health.is('readiness')) setImmediate(lookAtHealth);
    },
  });
  const writer = new SubmitClient(tracker);
  const server = adminServer({ writer, reader: following.reader, quorum: new RemoteQuorum(tracker), health, finished: recordCalls(logger, metrics) });

  await listenOrRefuse(server, config.listener, 'gateway.listener');
  const telemetry = await serveTelemetry(config.httpListener, {
    metrics,
    health: () => {
      lookAtHealth();
      const { leader } = tracker;
      return { ok: health.is('readiness'), detail: { leader: leader?.nodeId, epoch: leader?.epoch, appliedOffset: following.stableOffset, path: following.status?.path } };
    },
  });
  const healthTimer = setInterval(lookAtHealth, READINESS_MS);
  logger.info({ event: 'gateway.started', listener: `${config.listener.host}:${config.listener.port}` }, 'gateway started');

  return {
    stop: async () => {
      health.stopping();
      clearInterval(healthTimer);
      await server.stop(config.shutdownGraceMs);
      await writer.drain(0);
      following.close();
      tracker.close();
      await telemetry?.close();
    },
  };
}
