import type { FileSystem } from './file-system.js';
import { type FlushedMarker } from './flushed-marker.js';
import { LOG_DIRECTORY, segmentPath } from './paths.js';
import type { LogIdentity } from './segment-header.js';
import { encodeSegmentStart, Segment, type SegmentBase } from './segment.js';
import { inSequence, type Step } from './steps.js';

/** Where the log begins anew, and what becomes of the old one. */
export interface NewStart {
  readonly identity: LogIdentity;
  readonly base: SegmentBase;
  /** Higher than that of any marker there is. */
  readonly generation: number;
  /** The old segments. */
  readonly oldPaths: readonly string[];
  /** Done before anything else. */
  readonly first?: Step;
  /** Closes an old segment's file and takes it away; not called for one that the new segment has replaced. */
  readonly remove: (path: string) => void;
}

/**
 * Replaces all segments by a new, empty one, so that a crash at any point leaves the old log, whole, or the new start. A
 * snapshot that ends at the base must be durable already.
 *
 * 1. The new segment is made under another name and synced. Its marker has the new generation: the highest of all, so that
 *    from the moment it stands under its own name nothing of the old log counts as having been durable. That is how the
 *    marker is lowered here.
 * 2. It is renamed, and the directory synced: the point of no return. An old segment of the same base is gone with that.
 * 3. Only then the other old segments are removed, in any order, and the directory is synced.
 */
export function beginAnew(fs: FileSystem, { identity, base, generation, oldPaths, first = NOTHING, remove }: NewStart, done: (result: Segment | Error) => void): void {
  const path = segmentPath(base.offset);
  const temporary = `${path}.tmp`;
  const marker: FlushedMarker = { endOffset: base.offset, checksum: base.checksum, generation, sealed: false, sequence: 0 };
  let segment: Segment | undefined;
  inSequence(
    [
      first,
      (next) => {
        const file = fs.open(temporary, { create: true });
        file.truncateSync(0);
        file.writeSync(encodeSegmentStart(identity, base, marker), 0);
        file.sync((error) => {
          file.close();
          next(error);
        });
      },
      (next) => {
        fs.rename(temporary, path);
        fs.syncDirectory(LOG_DIRECTORY, next);
      },
      (next) => {
        for (const old of oldPaths) if (old !== path) remove(old);
        segment = new Segment(fs.open(path, { create: false }), base, marker);
        fs.syncDirectory(LOG_DIRECTORY, next);
      },
    ],
    (error) => done(error ?? segment!),
  );
}

const NOTHING: Step = (next) => next(undefined);
