import type { FileSystem } from './file-system.js';
import type { FoundSnapshots } from './found-snapshots.js';
import { LOG_DIRECTORY, snapshotPath } from './paths.js';
import { ASIDE_SUFFIX } from './put-aside.js';
import type { RecoveredLog } from './recovery.js';

/** Snapshots and small files whose writing was interrupted, and files that were about to be deleted. */
export function removeUnfinished(fs: FileSystem): void {
  for (const name of fs.list(LOG_DIRECTORY)) if (/\.(part|tmp|deleted)$/.test(name)) fs.unlink(`${LOG_DIRECTORY}/${name}`);
}

/**
 * Removes the snapshots before the log's start and puts aside those that are damaged or contradict the log.
 *
 * @returns a sentence for each that somebody should look at.
 */
export function tidySnapshots(fs: FileSystem, found: FoundSnapshots, log: RecoveredLog): string[] {
  const notes: string[] = [];
  const putAside = (path: string, problem: string) => {
    fs.rename(path, `${path}${ASIDE_SUFFIX}`);
    notes.push(`${path} is damaged (${problem}) and was put aside as ${path}${ASIDE_SUFFIX}.`);
  };
  for (const { id, problem } of found.bad) putAside(snapshotPath(id), problem);
  for (const snapshot of [...found.older, ...(found.newest === undefined ? [] : [found.newest])]) {
    if (log.snapshots.includes(snapshot)) continue;
    const path = snapshotPath(snapshot.id);
    if (snapshot.id.endOffset < log.state.start.offset) fs.unlink(path);
    else putAside(path, 'the log at its end is another');
  }
  return notes;
}
