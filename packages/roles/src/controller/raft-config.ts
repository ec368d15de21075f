import type { ServerConfig } from '@quorate/config';
import type { RecoveredState } from '@quorate/metadata-log';
import type { Endpoint, RaftCoreConfig, Voter } from '@quorate/raft-core';
import { ProcessRefusal } from '../process/exit-codes.js';

/** Where this controller listens, as others are told. */
export function controllerEndpoints(config: ServerConfig): readonly Endpoint[] {
  return config.listeners
    .filter(({ carries, advertised }) => carries === 'controller' && advertised !== undefined)
    .map(({ name, advertised }) => ({ name, host: advertised!.host, port: advertised!.port }));
}

/**
 * What the core starts from: configuration and what was read from disk.
 *
 * @throws ProcessRefusal when this node is not one of the voters that the log names, or listens elsewhere than they think.
 */
export function raftCoreConfig(config: ServerConfig, recovered: RecoveredState): RaftCoreConfig {
  const endpoints = controllerEndpoints(config);
  const voters = recovered.voterSets.at(-1)?.voters ?? [];
  checkVoters(config, recovered, voters, endpoints);
  return {
    cluster: { clusterId: recovered.properties.clusterId, recoveryId: recovered.properties.recoveryId },
    self: { id: config.nodeId, directoryId: recovered.directoryId, endpoints },
    bootstrapServers: config.bootstrapServers.map(({ host, port }) => ({ name: config.controllerListenerNames[0] ?? 'CONTROLLER', host, port })),
    timers: config.raft,
    fetchMaxBytes: config.raft.fetchMaxBytes,
    fetchSnapshotMaxBytes: config.raft.fetchSnapshotMaxBytes,
    random: Math.random,
    electionState: recovered.electionState,
    log: recovered.log,
    voterSets: recovered.voterSets,
    kraftVersion: recovered.kraftVersion,
  };
}

function checkVoters(config: ServerConfig, recovered: RecoveredState, voters: readonly Voter[], endpoints: readonly Endpoint[]): void {
  const own = voters.find(({ id }) => id === config.nodeId);
  if (own === undefined) {
    const list = voters.map(({ id }) => id).join(', ');
    throw new ProcessRefusal(
      'refusedByCluster',
      `node.id=${config.nodeId} is not among the voters (${list}) of cluster ${recovered.properties.clusterId}. Correct node.id; adding a controller to a running cluster is not built yet.`,
    );
  }
  if (own.directoryId !== recovered.directoryId) {
    throw new ProcessRefusal(
      'dataDirectory',
      `${config.metadataLogDir} has directory id ${recovered.directoryId}, but voter ${config.nodeId} is ${own.directoryId}: this is not the disk that votes. Put the right directory in metadata.log.dir, or format with the id of --initial-controllers.`,
    );
  }
  const told = own.endpoints.map(({ host, port }) => `${host}:${port}`);
  const listening = endpoints.map(({ host, port }) => `${host}:${port}`);
  if (!listening.some((address) => told.includes(address))) {
    throw new ProcessRefusal(
      'configuration',
      `the voter set says that node ${config.nodeId} listens on ${told.join(', ')}, but listeners and advertised.listeners say ${listening.join(', ') || 'nowhere'}: the other controllers would not find it. Make them agree; moving a voter to another address is not built yet.`,
    );
  }
}
