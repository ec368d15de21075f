import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { ServerConfig } from '@quorate/config';
import { NodeFileSystem, openLog, RESERVE_BYTES, type DirectoryLock, type OpenedLog } from '@quorate/metadata-log';
import type { Timers } from '@quorate/raft-node';
import { isReservedUuid, uuidFromBytes, type Uuid } from '@quorate/records';
import { ProcessRefusal } from '../process/exit-codes.js';
import { lockOrRefuse } from '../shared/lock-directory.js';

/** Newest batches kept in memory for followers. */
const CACHE_BYTES = 8 * 1024 * 1024;

/** A controller's directory, held by this process alone, and the log in it. */
export interface OpenDataDirectory {
  readonly lock: DirectoryLock;
  readonly opened: OpenedLog;
}

/**
 * Takes the metadata directory for this process and opens its log.
 *
 * @throws ProcessRefusal (`dataDirectory`) when it is not formatted, of another node or cluster, damaged or in use: the
 *   message names the directory and the way out.
 */
export async function openDataDirectory(config: ServerConfig, timers: Pick<Timers, 'nowMs' | 'arm'>): Promise<OpenDataDirectory> {
  const directory = config.metadataLogDir;
  if (!existsSync(directory)) {
    throw new ProcessRefusal('dataDirectory', `${directory} does not exist. Run \`quorate storage format\` (it makes and formats the directory), or correct metadata.log.dir.`);
  }
  const lock = await lockOrRefuse(directory);
  const opened = await new Promise<ReturnType<typeof refusedOrOpened>>((resolve) => {
    openLog(
      new NodeFileSystem(directory),
      { nodeId: config.nodeId, clusterId: config.clusterId, timers, segmentBytes: config.metadataLog.segmentBytes, cacheBytes: CACHE_BYTES, reserveBytes: RESERVE_BYTES, newDirectoryId },
      (result) => resolve(refusedOrOpened(directory, result)),
    );
  });
  if (opened instanceof ProcessRefusal) {
    lock.release();
    throw opened;
  }
  return { lock, opened };
}

function refusedOrOpened(directory: string, result: Parameters<Parameters<typeof openLog>[2]>[0]): OpenedLog | ProcessRefusal {
  if (result.kind === 'opened') return result;
  const where = [directory, ...(result.path === undefined ? [] : [result.path])].join('/');
  const at = [
    ...(result.position === undefined ? [] : [`byte ${result.position}`]),
    ...(result.offset === undefined ? [] : [`offset ${result.offset}`]),
  ].join(', ');
  return new ProcessRefusal('dataDirectory', `${where}${at === '' ? '' : ` (${at})`}: ${result.message}`);
}

/** Never one that was used before, nor one that looks like an option on a command line. */
function newDirectoryId(): Uuid {
  for (;;) {
    const id = uuidFromBytes(new Uint8Array(randomBytes(16)));
    if (!isReservedUuid(id) && !id.startsWith('-')) return id;
  }
}
