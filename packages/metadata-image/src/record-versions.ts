import { MIGRATING_SLOT } from './columns/directory-table.js';
import type { PartitionDraft } from './columns/partition-draft.js';
import type { BrokerRow } from './view.js';

/** Levels of metadata.version at which records got fields. */
const CONTROLLED_SHUTDOWN = 7; // 3.3-IV3
const DIRECTORIES = 17; // 3.7-IV2
const CORDONED_DIRECTORIES = 30; // 4.3-IV0
const ELR = 23; // 4.0-IV1

/** Which version a record is written in when an image becomes records. */
export interface RecordVersions {
  registerBroker(broker: BrokerRow): number;
  partition(state: PartitionDraft): number;
}

/**
 * The versions that metadata.version asks for, raised where the row holds what only a later version can say: a snapshot
 * must not lose what the log said.
 *
 * @param metadataVersion - undefined: the log has set none yet; the lowest versions that hold the rows are taken.
 * @param elrEnabled - whether eligible.leader.replicas.version is above 0.
 */
export function recordVersions(metadataVersion: number | undefined, elrEnabled: boolean): RecordVersions {
  const level = metadataVersion ?? 0;
  const broker = level >= CORDONED_DIRECTORIES ? 4 : level >= DIRECTORIES ? 3 : level >= CONTROLLED_SHUTDOWN ? 1 : 0;
  const partition = elrEnabled && level >= ELR ? 2 : level >= DIRECTORIES ? 1 : 0;
  return {
    registerBroker: (row) => Math.max(broker, neededForBroker(row)),
    partition: (state) => Math.max(partition, neededForPartition(state)),
  };
}

function neededForBroker(row: BrokerRow): number {
  if (row.cordonedLogDirs !== undefined) return 4;
  if (row.logDirs.length > 0) return 3;
  return row.inControlledShutdown ? 1 : 0;
}

/** No directories at all mean MIGRATING for each replica, so those need no version of their own. */
function neededForPartition(state: PartitionDraft): number {
  if (state.eligibleLeaderReplicas.length + state.lastKnownElr.length > 0) return 2;
  for (let i = 0; i < state.directories.length; i++) if (state.directories.values[i] !== MIGRATING_SLOT) return 1;
  return 0;
}
