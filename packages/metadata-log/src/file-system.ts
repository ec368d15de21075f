/**
 * The disk as the log sees it. Production: `node-file-system.ts`, the only file that imports node:fs. The simulator's disk
 * implements exactly what each call says a crash may lose.
 *
 * Paths are relative to the metadata log directory's parent (the data directory), with `/`. Calls that are named `…Sync`
 * return when the operating system has taken the data, not when it is durable. Calls with `done` complete by callback, in
 * call order per file, and may complete at once. Every failure is an `Error` with a `code` (`ENOSPC`, `EIO`, `ENOENT` …).
 */
export interface FileSystem {
  /** Opens for reading and writing; creates when `create`. A crash may lose a newly created file until its directory is synced. */
  open(path: string, options: { readonly create: boolean }): FileHandle;
  exists(path: string): boolean;
  /** Whole content. */
  readFile(path: string): Uint8Array;
  /** File names in a directory, sorted; empty when it does not exist. */
  list(directory: string): readonly string[];
  /** Makes a directory and its parents; durable after `syncDirectory` of the parent. */
  makeDirectory(path: string): void;
  /** Atomic: after a crash the target is the old or the new file, whole; which one is open until `syncDirectory`. */
  rename(from: string, to: string): void;
  /** After a crash the file may still be there until `syncDirectory`. */
  unlink(path: string): void;
  /** Makes creations, renames and unlinks in the directory durable. A failure is fatal to the caller. */
  syncDirectory(path: string, done: (error: Error | undefined) => void): void;
  /** Bytes free for this process on the disk of the data directory. */
  freeBytes(): number;
}

export interface FileHandle {
  readonly path: string;
  sizeSync(): number;
  /** Fills `into` from `position`; returns the bytes read, fewer only at the end of the file. */
  readSync(into: Uint8Array, position: number): number;
  /**
   * Writes all of `bytes` at `position`. Until `sync` is done, a crash may keep any subset of the 512-byte sectors written
   * since the last sync (old or new content each), and any file size in between.
   */
  writeSync(bytes: Uint8Array, position: number): void;
  /** As `writeSync`, for a size; a crash before `sync` may keep either size. */
  truncateSync(sizeBytes: number): void;
  /**
   * fdatasync: everything written before the call, and the size, is durable when `done` comes without an error. After an
   * error nothing is known of any write since the last success; it must not be retried.
   */
  sync(done: (error: Error | undefined) => void): void;
  close(): void;
}
