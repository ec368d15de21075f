import type { CommonConfig } from '@quorate/config';
import type { Uuid } from '@quorate/records';
import { LeaderTracker, wayIntoHistory } from '@quorate/rpc';
import type { ProcessContext } from '../process/run-process.js';

/**
 * Knows the active controller from now on. A cluster id that is configured (or on disk) is compared with what controllers
 * say; when most bootstrap servers belong to another cluster, this process has the wrong addresses or the wrong directory,
 * and ends (`refusedByCluster`). A single stray one is said and not used.
 */
export function trackLeader(config: Pick<CommonConfig, 'bootstrapServers'>, known: { readonly clusterId: string; readonly recoveryId: Uuid | undefined } | undefined, { logger, fail }: Pick<ProcessContext, 'logger' | 'fail'>): LeaderTracker {
  const strays: string[] = [];
  return new LeaderTracker({
    bootstrapServers: config.bootstrapServers.map(({ host, port }) => ({ name: 'CONTROLLER', host, port })),
    cluster: known,
    laterHistory: ({ endpoint, recoveryId }) => {
      const at = `according to the controller at ${endpoint.host}:${endpoint.port}`;
      // Whoever has no directory learns the history from the first controller that answers: a new start is all it takes.
      const why = known?.recoveryId === undefined ? `the voters of the cluster were overridden after the loss of a majority (recovery id ${recoveryId}): start this process again` : wayIntoHistory(recoveryId);
      fail('refusedByCluster', `${at} ${why}.`);
    },
    problem: (message) => {
      logger.error({ event: 'cluster.foreign' }, message);
      strays.push(message);
      if (strays.length * 2 > config.bootstrapServers.length) {
        fail('refusedByCluster', `${strays.join('; ')}. Correct controller.quorum.bootstrap.servers, or name the data directory (log.dirs) or cluster.id of that cluster.`);
      }
    },
  });
}
