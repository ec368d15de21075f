import type { FileSystem } from './file-system.js';
import type { SnapshotId } from './paths.js';
import { snapshotIds, verifySnapshot, verifySnapshotEnds, type FoundSnapshot } from './snapshot-scan.js';

/** A snapshot file that is of no use, and why. */
export interface BadSnapshot {
  readonly id: SnapshotId;
  readonly problem: string;
}

/** The snapshots that a start finds, newest first. */
export interface FoundSnapshots {
  /** The newest that is whole: every byte of it was checked. */
  readonly newest: FoundSnapshot | undefined;
  /** Older ones whose beginning and end are sound; what is between is checked when one of them becomes the newest. */
  readonly older: readonly FoundSnapshot[];
  readonly bad: readonly BadSnapshot[];
}

/** Looks at every snapshot in the directory. @throws what the file system throws. */
export function findSnapshots(fs: FileSystem, clusterId: string): FoundSnapshots {
  const older: FoundSnapshot[] = [];
  const bad: BadSnapshot[] = [];
  let newest: FoundSnapshot | undefined;
  for (const id of snapshotIds(fs)) {
    const found = (newest === undefined ? verifySnapshot : verifySnapshotEnds)(fs, { clusterId, id });
    if (typeof found === 'string') bad.push({ id, problem: found });
    else if (newest === undefined) newest = found;
    else older.push(found);
  }
  return { newest, older, bad };
}
