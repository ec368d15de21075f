import type { FileHandle, FileSystem } from './file-system.js';
import { LOG_DIRECTORY } from './paths.js';
import { inSequence, type Step } from './steps.js';
import type { MarkerContent, Segment } from './segment.js';

/** A file that is no part of the log any more. */
export interface SurplusFile {
  readonly path: string;
  readonly handle: FileHandle;
  /** Where it is kept for inspection; undefined: it goes. */
  readonly keepAs: string | undefined;
}

/** What recovery has to put right before anything counts. */
export interface RepairPlan {
  /** Those that stay, oldest first. */
  readonly segments: readonly Segment[];
  /** Files that are no part of the log: what an unfinished roll, truncation, cleaning or install left. */
  readonly surplus: readonly SurplusFile[];
  /** Done before anything is cut or removed: for what is damaged and must be kept. */
  readonly first: readonly Step[];
  /** From here on, in this segment and those behind it, bytes are readable but may not be durable. */
  readonly unproved: { readonly segment: Segment; readonly position: number } | undefined;
  /** What the marker says afterwards: the end of the log. */
  readonly marker: MarkerContent;
}

/**
 * Makes the log durable up to its end, and only then removes what is behind it. Each step leaves a log that another
 * recovery takes up: the marker rises only over synced bytes, and nothing is cut before the marker has risen.
 */
export function makeDurable(fs: FileSystem, plan: RepairPlan, done: (error: Error | undefined) => void): void {
  const last = plan.segments.at(-1)!;
  const steps: Step[] = [...plan.first];
  if (plan.unproved !== undefined) {
    const { segment: first, position } = plan.unproved;
    for (const segment of plan.segments.slice(plan.segments.indexOf(first))) {
      steps.push((next) => {
        rewrite(segment, segment === first ? position : 0);
        segment.handle.sync(next);
      });
    }
  }
  steps.push((next) => {
    last.writeMarker(plan.marker);
    last.handle.sync(next);
  });
  steps.push((next) => {
    for (const file of [...plan.surplus].reverse()) {
      file.handle.close();
      if (file.keepAs === undefined) fs.unlink(file.path);
      else fs.rename(file.path, file.keepAs);
    }
    if (last.handle.sizeSync() > last.endPosition) last.handle.truncateSync(last.endPosition);
    last.handle.sync(next);
  });
  steps.push((next) => fs.syncDirectory(LOG_DIRECTORY, next));
  for (const [i, segment] of plan.segments.entries()) {
    const following = plan.segments[i + 1];
    if (following === undefined || segment.marker.sealed) continue;
    steps.push((next) => {
      segment.writeMarker({ endOffset: following.baseOffset, checksum: following.baseChecksum, generation: plan.marker.generation, sealed: true });
      segment.handle.sync(next);
    });
  }
  inSequence(steps, done);
}

const CHUNK_BYTES = 1024 * 1024;

/** Writes the same bytes again, so that the next sync covers them whatever became of the first write. */
function rewrite(segment: Segment, from: number): void {
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(0, segment.endPosition - from)));
  for (let position = from; position < segment.endPosition; position += CHUNK_BYTES) {
    const wanted = chunk.subarray(0, Math.min(CHUNK_BYTES, segment.endPosition - position));
    const bytes = wanted.subarray(0, segment.handle.readSync(wanted, position));
    segment.handle.writeSync(bytes, position);
  }
}
