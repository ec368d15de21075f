import type { FileSystem } from './file-system.js';
import type { FoundSnapshots } from './found-snapshots.js';
import { snapshotPath } from './paths.js';
import type { RecoveredLog } from './recovery.js';

/** What is damaged and kept for inspection has this at the end of its name; no start looks at it again. */
export const ASIDE_SUFFIX = '.damaged';

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
