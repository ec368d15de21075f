import type { Offset } from '@quorate/records';
import type { FileSystem } from './file-system.js';
import { LOG_DIRECTORY } from './paths.js';
import { asidePath, keepTail } from './put-aside.js';
import type { MarkerContent, Segment } from './segment.js';
import { inSequence } from './steps.js';

/** What to cut, and what the marker has to say before anything is. */
export interface Cut {
  /** Oldest first; those behind `keep` are removed from the array and the disk. */
  readonly segments: Segment[];
  /** Index of the segment that becomes the last. */
  readonly keep: number;
  readonly endOffset: Offset;
  /** Byte position in the kept segment where the log ends. */
  readonly position: number;
  /** Lowered: an end at or below the cut, and the new generation. */
  readonly marker: MarkerContent;
  /** What is cut is damaged and kept aside, as this generation's; undefined: it goes. */
  readonly keepAside: number | undefined;
}

/**
 * Cuts the log so that a crash at any point leaves either the old end or the new one, or something between that recovery
 * takes for an unfinished write, never for damage:
 *
 * 1. The marker is lowered in the kept segment, and synced. Its generation is the highest of all, so from here on nothing
 *    beyond the cut counts as having been durable, whatever the markers of later segments say.
 * 2. Only then the later segments are removed, newest first, and the kept one is cut; file and directory are synced.
 */
export function cutSegments(fs: FileSystem, cut: Cut, done: (error: Error | undefined) => void): void {
  const kept = cut.segments[cut.keep]!;
  inSequence(
    [
      ...(cut.keepAside === undefined ? [] : [keepTail(fs, kept.handle, cut.position, cut.keepAside)]),
      (next) => {
        kept.writeMarker(cut.marker);
        kept.handle.sync(next);
      },
      (next) => {
        while (cut.segments.length > cut.keep + 1) removeLast(fs, cut);
        kept.truncate(cut.endOffset, cut.position);
        kept.unsynced = false;
        kept.handle.sync(next);
      },
      (next) => fs.syncDirectory(LOG_DIRECTORY, next),
    ],
    done,
  );
}

function removeLast(fs: FileSystem, { segments, keepAside }: Cut): void {
  const { handle, path } = segments.pop()!;
  handle.close();
  if (keepAside === undefined) fs.unlink(path);
  else fs.rename(path, asidePath(path, keepAside, 0));
}
