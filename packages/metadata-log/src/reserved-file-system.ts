import type { FileHandle, FileSystem } from './file-system.js';
import { isDiskError, isOutOfSpace } from './file-system-error.js';
import { RESERVE_FILE } from './paths.js';
import type { Deadline } from './split-timers.js';

type Done = (error: Error | undefined) => void;

/** Size of the reserve in production: thousands of votes and markers, and what a leader has under way when it learns of it. */
export const RESERVE_BYTES = 8 * 1024 * 1024;
/** How often a full disk is looked at again. */
export const SPACE_CHECK_MS = 1000;
/** Free bytes that end the emergency, in reserves: one to fill again, the others so that it does not begin anew at once. */
const RESERVES_WANTED = 3;
const SLICE_BYTES = 1024 * 1024;

export interface ReserveOptions {
  readonly fs: FileSystem;
  /** Size of the reserve; 0: there is none, and a full disk fails like a broken one. */
  readonly reserveBytes: number;
  readonly timer: Deadline;
}

export interface SpaceListener {
  /** The disk has become full, or no longer is; in a turn of its own. */
  changed(isFull: boolean): void;
  /** The reserve could not be filled again, though there was room. */
  failed(error: Error): void;
}

/**
 * A file system with a reserve: a file of zeros that is given up when the disk is full, so that what must be written still
 * can be (votes, markers, what the leader had already taken on). The call that met ENOSPC is made again, once, and
 * succeeds; from then on the disk counts as full until there is room again and the reserve is whole.
 *
 * Only writes and new names are helped in this way. A sync that fails for want of space is a failed sync.
 */
export class ReservedFileSystem implements FileSystem {
  private readonly options: ReserveOptions;
  private readonly fs: FileSystem;
  private hasReserve = false;
  private full = false;
  private told = false;
  private stopped = false;
  private listener: SpaceListener | undefined;

  constructor(options: ReserveOptions) {
    this.options = options;
    this.fs = options.fs;
    this.hasReserve = options.reserveBytes > 0 && options.fs.exists(RESERVE_FILE);
  }

  get isFull(): boolean {
    return this.full;
  }

  setListener(listener: SpaceListener): void {
    this.listener = listener;
  }

  /** Makes the reserve whole, if there is room for it; else the disk counts as full from the start. */
  fill(done: Done): void {
    const { reserveBytes } = this.options;
    if (reserveBytes === 0) return done(undefined);
    this.makeReserve((error) => {
      if (error === undefined || !isOutOfSpace(error)) return done(error);
      this.becomeFull();
      done(undefined);
    });
  }

  stop(): void {
    this.stopped = true;
    this.options.timer.arm(undefined, () => {});
  }

  open(path: string, options: { readonly create: boolean }): FileHandle {
    const handle = this.helped(() => this.fs.open(path, options));
    return {
      path: handle.path,
      sizeSync: () => handle.sizeSync(),
      readSync: (into, position) => handle.readSync(into, position),
      writeSync: (bytes, position) => this.helped(() => handle.writeSync(bytes, position)),
      truncateSync: (sizeBytes) => this.helped(() => handle.truncateSync(sizeBytes)),
      sync: (done) => handle.sync(done),
      close: () => handle.close(),
    };
  }

  exists(path: string): boolean {
    return this.fs.exists(path);
  }

  readFile(path: string): Uint8Array {
    return this.fs.readFile(path);
  }

  list(directory: string): readonly string[] {
    return this.fs.list(directory);
  }

  makeDirectory(path: string): void {
    this.helped(() => this.fs.makeDirectory(path));
  }

  rename(from: string, to: string): void {
    this.helped(() => this.fs.rename(from, to));
  }

  unlink(path: string): void {
    this.helped(() => this.fs.unlink(path));
  }

  syncDirectory(path: string, done: Done): void {
    this.fs.syncDirectory(path, done);
  }

  freeBytes(): number {
    return this.fs.freeBytes();
  }

  private helped<T>(io: () => T): T {
    try {
      return io();
    } catch (error) {
      if (!isOutOfSpace(error) || !this.hasReserve) throw error;
      this.hasReserve = false;
      this.fs.unlink(RESERVE_FILE);
      this.becomeFull();
      return io();
    }
  }

  private becomeFull(): void {
    this.full = true;
    this.tell();
  }

  /** Not from within the call that met the full disk: whoever made it is not ready to hear of it. */
  private tell(): void {
    const { timer } = this.options;
    if (this.stopped) return;
    timer.arm(timer.nowMs(), () => {
      if (this.told !== this.full) {
        this.told = this.full;
        this.listener?.changed(this.full);
      }
      if (this.full && !this.stopped) timer.arm(timer.nowMs() + SPACE_CHECK_MS, () => this.lookAgain());
    });
  }

  private lookAgain(): void {
    if (this.fs.freeBytes() < RESERVES_WANTED * this.options.reserveBytes) return this.tell();
    this.makeReserve((error) => {
      if (error !== undefined && !isOutOfSpace(error)) return this.listener?.failed(error);
      this.full = error !== undefined;
      this.tell();
    });
  }

  private makeReserve(done: Done): void {
    const { reserveBytes } = this.options;
    try {
      const file = this.fs.open(RESERVE_FILE, { create: true });
      const zeros = new Uint8Array(Math.min(SLICE_BYTES, reserveBytes));
      for (let at = file.sizeSync(); at < reserveBytes; at += zeros.length) file.writeSync(zeros.subarray(0, reserveBytes - at), at);
      file.sync((error) => {
        file.close();
        this.hasReserve = error === undefined;
        done(error);
      });
    } catch (error) {
      if (!isDiskError(error)) throw error;
      this.giveBack();
      done(error);
    }
  }

  /** A reserve of which only a part could be made is none: others may need the room more. */
  private giveBack(): void {
    this.hasReserve = false;
    try {
      if (this.fs.exists(RESERVE_FILE)) this.fs.unlink(RESERVE_FILE);
    } catch (error) {
      if (!isDiskError(error)) throw error;
    }
  }
}
