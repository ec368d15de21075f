import { existsSync } from 'node:fs';
import type { ServerConfig } from '@quorate/config';
import { inspectDirectory, NodeFileSystem, type DirectoryLock } from '@quorate/metadata-log';
import type { Uuid } from '@quorate/records';
import { ProcessRefusal } from '../process/exit-codes.js';
import { lockOrRefuse } from '../shared/lock-directory.js';

/** A broker's directories, held by this process alone. */
export interface BrokerDirectories {
  readonly clusterId: string;
  readonly recoveryId: Uuid | undefined;
  readonly directoryIds: readonly Uuid[];
  release(): void;
}

/**
 * Takes the broker's directories for this process and reads whose they are.
 *
 * @throws ProcessRefusal (`dataDirectory`) when one is not formatted, of another node or cluster, or in use.
 */
export async function openBrokerDirectories(config: ServerConfig): Promise<BrokerDirectories> {
  const locks: DirectoryLock[] = [];
  const release = (): void => {
    for (const lock of locks) lock.release();
  };
  try {
    const directoryIds: Uuid[] = [];
    let clusterId = config.clusterId;
    let recoveryId: Uuid | undefined;
    for (const directory of config.logDirs) {
      const found = formattedOrRefuse(directory);
      if (found.nodeId !== config.nodeId) throw new ProcessRefusal('dataDirectory', `${directory} belongs to node ${found.nodeId}, this is node ${config.nodeId} (node.id). Correct node.id or log.dirs.`);
      if (clusterId !== undefined && found.clusterId !== clusterId) {
        throw new ProcessRefusal('dataDirectory', `${directory} belongs to cluster ${found.clusterId}, not to ${clusterId} (cluster.id, or another of log.dirs). Correct cluster.id or log.dirs.`);
      }
      if (recoveryId !== undefined && found.recoveryId !== recoveryId) {
        throw new ProcessRefusal('dataDirectory', `${directory} belongs to another life of cluster ${found.clusterId} (recovery.id ${found.recoveryId}, another of log.dirs has ${recoveryId}). Format the older one anew.`);
      }
      clusterId = found.clusterId;
      recoveryId = found.recoveryId;
      directoryIds.push(found.directoryId);
      locks.push(await lockOrRefuse(directory));
    }
    if (clusterId === undefined) throw new ProcessRefusal('configuration', 'log.dirs names no directory');
    return { clusterId, recoveryId, directoryIds, release };
  } catch (error) {
    release();
    throw error;
  }
}

function formattedOrRefuse(directory: string) {
  const refuse = (why: string): ProcessRefusal => new ProcessRefusal('dataDirectory', `${directory} ${why}`);
  if (!existsSync(directory)) throw refuse('does not exist. Run `quorate storage format` (it makes and formats the directory), or correct log.dirs.');
  const found = inspectDirectory(new NodeFileSystem(directory));
  switch (found.kind) {
    case 'formatted':
      return found.properties;
    case 'empty':
      throw refuse('is not formatted. Run `quorate storage format`.');
    case 'half-formatted':
      throw refuse('was being formatted when that was interrupted. Run `quorate storage format` again.');
    case 'without-properties':
      throw refuse('holds a log, but meta.properties is gone. Put it back: without it nobody knows whose log this is.');
    case 'not-empty':
      throw refuse(`is not formatted and holds other files (${found.entries.slice(0, 3).join(', ')}). Name another directory in log.dirs, and run \`quorate storage format\`.`);
    case 'unreadable-properties':
      throw refuse(`has a meta.properties that cannot be understood: ${found.problem}. Put back the one that formatting made.`);
  }
}
