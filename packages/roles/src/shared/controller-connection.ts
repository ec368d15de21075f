import type { CommonConfig } from '@quorate/config';
import type { ClusterIdentity } from '@quorate/raft-core';
import { ZERO_UUID } from '@quorate/records';
import { LeaderTracker } from '@quorate/rpc';
import type { ProcessContext } from '../process/run-process.js';

/**
 * Knows the active controller from now on. A cluster id that is configured (or on disk) is compared with what controllers
 * say; when most bootstrap servers belong to another cluster, this process has the wrong addresses or the wrong directory,
 * and ends (`refusedByCluster`). A single stray one is said and not used.
 */
export function trackLeader(config: Pick<CommonConfig, 'bootstrapServers'>, clusterId: string | undefined, { logger, fail }: Pick<ProcessContext, 'logger' | 'fail'>): LeaderTracker {
  const cluster: ClusterIdentity | undefined = clusterId === undefined ? undefined : { clusterId, recoveryId: ZERO_UUID };
  const strays: string[] = [];
  return new LeaderTracker({
    bootstrapServers: config.bootstrapServers.map(({ host, port }) => ({ name: 'CONTROLLER', host, port })),
    cluster,
    problem: (message) => {
      logger.error({ event: 'cluster.foreign' }, message);
      strays.push(message);
      if (strays.length * 2 > config.bootstrapServers.length) {
        fail('refusedByCluster', `${strays.join('; ')}. Correct controller.quorum.bootstrap.servers, or name the data directory (log.dirs) or cluster.id of that cluster.`);
      }
    },
  });
}
