import type { FileSystem } from './file-system.js';
import { isDiskError } from './file-system-error.js';
import type { Deadline } from './split-timers.js';

/** How long a file that nobody needs any more lies there under its new name: Kafka's `file.delete.delay.ms`. */
export const DELETE_DELAY_MS = 60_000;
const SUFFIX = '.deleted';

/**
 * Files that go away in two steps: another name at once, so that no start takes them for what they were, and gone after a
 * minute, one by one. What a crash leaves under the new name the next start removes.
 */
export class DeferredDeletion {
  private readonly fs: FileSystem;
  private readonly timer: Deadline;
  private readonly onFailed: (error: Error) => void;
  private readonly waiting: { readonly path: string; readonly atMs: number }[] = [];

  constructor(fs: FileSystem, timer: Deadline, onFailed: (error: Error) => void) {
    this.fs = fs;
    this.timer = timer;
    this.onFailed = onFailed;
  }

  /** Renames it; one that is not there is forgotten. @throws what the file system throws. */
  add(path: string): void {
    if (!this.fs.exists(path)) return;
    this.fs.rename(path, `${path}${SUFFIX}`);
    this.waiting.push({ path: `${path}${SUFFIX}`, atMs: this.timer.nowMs() + DELETE_DELAY_MS });
    if (this.waiting.length === 1) this.arm();
  }

  stop(): void {
    this.waiting.length = 0;
    this.timer.arm(undefined, () => {});
  }

  private arm(): void {
    const next = this.waiting[0];
    if (next === undefined) return;
    this.timer.arm(next.atMs, () => this.deleteNext());
  }

  private deleteNext(): void {
    const next = this.waiting.shift();
    if (next === undefined) return;
    try {
      if (this.fs.exists(next.path)) this.fs.unlink(next.path);
    } catch (error) {
      if (!isDiskError(error)) throw error;
      return this.onFailed(error);
    }
    this.arm();
  }
}
