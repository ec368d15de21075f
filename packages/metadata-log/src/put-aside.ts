import type { FileHandle, FileSystem } from './file-system.js';
import { LOG_DIRECTORY } from './paths.js';
import type { Step } from './steps.js';

/** What is damaged and kept for inspection has this at the end of its name; no start looks at it again. */
export const ASIDE_SUFFIX = '.damaged';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Where the bytes of a damaged segment go, from `position` on. The generation, which rises with each cut, keeps a second
 * damage from overwriting what the first one left.
 */
export function asidePath(path: string, generation: number, position: number): string {
  return `${path}.${generation}-${position}${ASIDE_SUFFIX}`;
}

/** Copies what stands in a segment's file from `position` on, durably, before it is cut off. */
export function keepTail(fs: FileSystem, segment: FileHandle, position: number, generation: number): Step {
  return (next) => {
    const sizeBytes = segment.sizeSync();
    if (sizeBytes <= position) return next(undefined);
    const copy = fs.open(asidePath(segment.path, generation, position), { create: true });
    copyRange(segment, copy, position, sizeBytes);
    copy.sync((error) => {
      copy.close();
      if (error === undefined) fs.syncDirectory(LOG_DIRECTORY, next);
      else next(error);
    });
  };
}

function copyRange(from: FileHandle, to: FileHandle, start: number, end: number): void {
  to.truncateSync(0);
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - start));
  for (let position = start; position < end; ) {
    const read = from.readSync(chunk.subarray(0, Math.min(chunk.length, end - position)), position);
    if (read === 0) return;
    to.writeSync(chunk.subarray(0, read), position - start);
    position += read;
  }
}
