import type { CommonConfig } from '@quorate/config';
import type { ClusterIdentity } from '@quorate/raft-core';
import { ZERO_UUID } from '@quorate/records';
import { LeaderTracker } from '@quorate/rpc';
import type { Logger } from '@quorate/telemetry';

/** Knows the active controller from now on. A cluster id that is configured (or on disk) is compared with what controllers say. */
export function trackLeader(config: Pick<CommonConfig, 'bootstrapServers'>, clusterId: string | undefined, logger: Logger): LeaderTracker {
  const cluster: ClusterIdentity | undefined = clusterId === undefined ? undefined : { clusterId, recoveryId: ZERO_UUID };
  return new LeaderTracker({
    bootstrapServers: config.bootstrapServers.map(({ host, port }) => ({ name: 'CONTROLLER', host, port })),
    cluster,
    problem: (message) => logger.error({ event: 'cluster.foreign' }, message),
  });
}
