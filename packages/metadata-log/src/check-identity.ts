import type { NodeId } from '@quorate/records';
import type { FileSystem } from './file-system.js';
import { isDiskError } from './file-system-error.js';
import { inspectDirectory } from './inspect-directory.js';
import type { MetaProperties } from './meta-properties.js';
import { BOOTSTRAP_SNAPSHOT, LOG_DIRECTORY, META_PROPERTIES, snapshotPath } from './paths.js';
import { diskRefusal, refusal, type Refusal } from './refusal.js';
import { readSnapshot, type SnapshotContent } from './snapshot-read.js';

/** Whose directory it is. */
export interface Identity {
  readonly kind: 'known';
  readonly properties: MetaProperties;
  /** The 0-0 checkpoint, or why it cannot be used. */
  readonly bootstrap: SnapshotContent | string;
}

/** Compares the directory with who wants to use it; changes nothing. */
export function checkIdentity(fs: FileSystem, expected: { readonly nodeId: NodeId; readonly clusterId?: string | undefined }): Identity | Refusal {
  try {
    const found = inspectDirectory(fs);
    if (found.kind !== 'formatted') return notFormatted(found.kind, found.kind === 'unreadable-properties' ? found.problem : '');
    const { properties } = found;
    if (properties.nodeId !== expected.nodeId) {
      return refusal('other-node', `The directory belongs to node ${properties.nodeId}, this is node ${expected.nodeId} (node.id). Correct node.id or metadata.log.dir.`, { path: META_PROPERTIES });
    }
    if (expected.clusterId !== undefined && expected.clusterId !== properties.clusterId) {
      return refusal('other-cluster', `The directory belongs to cluster ${properties.clusterId}, cluster.id says ${expected.clusterId}. Correct cluster.id or metadata.log.dir.`, { path: META_PROPERTIES });
    }
    if (!found.hasLog) return refusal('damaged', `${META_PROPERTIES} is there and ${LOG_DIRECTORY} is not: the directory was formatted for a broker alone, or the log was removed. Format an empty directory for a controller, with a new directory id.`, { path: LOG_DIRECTORY });
    return { kind: 'known', properties, bootstrap: readBootstrap(fs, properties) };
  } catch (error) {
    if (!isDiskError(error)) throw error;
    return diskRefusal(error, 'Reading the data directory');
  }
}

function notFormatted(kind: string, problem: string): Refusal {
  switch (kind) {
    case 'empty':
      return refusal('not-formatted', 'The directory is not formatted. Run `quorate storage format`.');
    case 'half-formatted':
      return refusal('half-formatted', 'Formatting of the directory was interrupted. Run `quorate storage format` again.');
    case 'unreadable-properties':
      return refusal('unreadable-properties', `${META_PROPERTIES} cannot be understood: ${problem}. Put back the one that formatting made.`, { path: META_PROPERTIES });
    case 'without-properties':
      return refusal('damaged', `${LOG_DIRECTORY} holds a log, but ${META_PROPERTIES} is gone. Put it back: without it nobody knows whose log this is.`, { path: META_PROPERTIES });
    default:
      return refusal('not-formatted', 'The directory is not formatted and holds other files. Name another one in metadata.log.dir, and run `quorate storage format`.');
  }
}

function readBootstrap(fs: FileSystem, properties: MetaProperties): SnapshotContent | string {
  const path = snapshotPath(BOOTSTRAP_SNAPSHOT);
  return fs.exists(path) ? readSnapshot(fs.readFile(path), properties.clusterId) : 'it is not there';
}
