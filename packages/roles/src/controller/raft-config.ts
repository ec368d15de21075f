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
 * @throws ProcessRefusal when it was formatted with voters that it is not one of, listens nowhere, or cannot know whom to join.
 */
export function raftCoreConfig(config: ServerConfig, recovered: RecoveredState): RaftCoreConfig {
  const endpoints = controllerEndpoints(config);
  checkVoters(config, recovered, endpoints);
  return {
    cluster: { clusterId: recovered.properties.clusterId, recoveryId: recovered.properties.recoveryId },
    self: { id: config.nodeId, directoryId: recovered.directoryId, endpoints },
    bootstrapServers: config.bootstrapServers.map(({ host, port }) => ({ name: config.controllerListenerNames[0] ?? 'CONTROLLER', host, port })),
    timers: config.raft,
    fetchMaxBytes: config.raft.fetchMaxBytes,
    fetchSnapshotMaxBytes: config.raft.fetchSnapshotMaxBytes,
    autoJoin: config.raft.autoJoin,
    random: Math.random,
    electionState: recovered.electionState,
    log: recovered.log,
    voterSets: recovered.voterSets,
    kraftVersion: recovered.kraftVersion,
  };
}

/**
 * As long as the voters are those of formatting, a node that is not one of them was formatted with the wrong list, or has the
 * wrong directory. Once they stand in the log it is an observer: a spare controller, one that was removed, or one with a new
 * disk.
 */
function checkVoters(config: ServerConfig, recovered: RecoveredState, endpoints: readonly Endpoint[]): void {
  const set = recovered.voterSets.at(-1);
  if (endpoints.length === 0) {
    throw new ProcessRefusal('configuration', `node ${config.nodeId} listens nowhere as a controller: the others would not find it. Name a controller listener in listeners and advertised.listeners.`);
  }
  if (set === undefined && config.bootstrapServers.length === 0) {
    throw new ProcessRefusal(
      'configuration',
      `${config.metadataLogDir} was formatted with --no-initial-controllers, so node ${config.nodeId} has to be told whom to join: set controller.quorum.bootstrap.servers to the controllers that run.`,
    );
  }
  if (set !== undefined && set.offset === undefined) checkFirstVoters(config, recovered, set.voters, endpoints);
}

function checkFirstVoters(config: ServerConfig, recovered: RecoveredState, voters: readonly Voter[], endpoints: readonly Endpoint[]): void {
  const own = voters.find(({ id }) => id === config.nodeId);
  if (own === undefined) {
    const list = voters.map(({ id }) => id).join(', ');
    throw new ProcessRefusal(
      'refusedByCluster',
      `node.id=${config.nodeId} is not among the voters (${list}) that ${config.metadataLogDir} of cluster ${recovered.properties.clusterId} was formatted with. Correct node.id; to let a new controller join, format it with --no-initial-controllers.`,
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
      `the voter set says that node ${config.nodeId} listens on ${told.join(', ')}, but listeners and advertised.listeners say ${listening.join(', ') || 'nowhere'}: the other controllers would not find it. Make them agree; once the cluster runs, a voter may move.`,
    );
  }
}
