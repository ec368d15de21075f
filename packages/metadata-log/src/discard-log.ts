import type { Uuid } from '@quorate/records';
import type { FileSystem } from './file-system.js';
import { logSteps } from './format.js';
import type { MetaProperties } from './meta-properties.js';
import { LOG_DIRECTORY } from './paths.js';
import { replaceProperties } from './replace-properties.js';
import { diskRefusal, type Refusal } from './refusal.js';
import { inSequence } from './steps.js';

export interface DiscardRequest {
  /** What `meta.properties` says now. */
  readonly properties: MetaProperties;
  /** Never used before: the old one may have voted. */
  readonly newDirectoryId: Uuid;
  /** Of the history that the node shall join. */
  readonly recoveryId: Uuid;
}

export interface Discarded {
  readonly kind: 'discarded';
  readonly properties: MetaProperties;
  /** Where the old log lies now, relative to the data directory. */
  readonly keptIn: string;
}

/**
 * Moves the metadata log aside and puts an empty one under a new directory id in its place, as formatting without voters
 * makes it: the node rejoins as a new replica. The file system must be able to rename a directory. Each crash in between leaves a directory that no server takes, and a second
 * call goes on from there.
 */
export function discardLog(fs: FileSystem, { properties, newDirectoryId, recoveryId }: DiscardRequest, done: (result: Discarded | Refusal) => void): void {
  const keptIn = freeName(fs, `${LOG_DIRECTORY}.discarded-${properties.directoryId}`);
  const renewed: MetaProperties = { ...properties, directoryId: newDirectoryId, recoveryId };
  inSequence(
    [
      (next) => {
        // A crash behind this leaves meta.properties without a log: refused.
        if (fs.exists(LOG_DIRECTORY)) fs.rename(LOG_DIRECTORY, keptIn);
        fs.syncDirectory('', next);
      },
      // A crash behind these leaves a log of another directory than meta.properties says: refused.
      ...logSteps(fs, { clusterId: properties.clusterId, nodeId: properties.nodeId, directoryId: newDirectoryId, isController: true }),
      (next) => replaceProperties(fs, renewed, next),
    ],
    (error) => done(error === undefined ? { kind: 'discarded', properties: renewed, keptIn } : diskRefusal(error, 'Discarding the log')),
  );
}

function freeName(fs: FileSystem, wanted: string): string {
  for (let attempt = 0; ; attempt++) {
    const name = attempt === 0 ? wanted : `${wanted}.${attempt}`;
    if (!fs.exists(name)) return name;
  }
}
