import * as fs from 'node:fs';
import { join } from 'node:path';
import type { FileHandle, FileSystem } from './file-system.js';

export { lockDataDirectory, type DirectoryLock, type LockRefused } from './node-directory-lock.js';

type Done = (error: Error | undefined) => void;

/**
 * The operating system's files below one data directory. `sync` is fdatasync on the thread pool, on which nothing else of
 * ours may queue; all else happens before the call returns. Calls with `done` never throw.
 */
export class NodeFileSystem implements FileSystem {
  readonly root: string;

  /** @param root - the data directory; it need not exist before something is written. */
  constructor(root: string) {
    this.root = root;
  }

  open(path: string, options: { readonly create: boolean }): FileHandle {
    const flags = fs.constants.O_RDWR | (options.create ? fs.constants.O_CREAT : 0);
    return new NodeFileHandle(path, fs.openSync(this.at(path), flags, 0o644));
  }

  exists(path: string): boolean {
    return fs.existsSync(this.at(path));
  }

  readFile(path: string): Uint8Array {
    return fs.readFileSync(this.at(path));
  }

  list(directory: string): readonly string[] {
    try {
      return fs.readdirSync(this.at(directory)).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  makeDirectory(path: string): void {
    fs.mkdirSync(this.at(path), { recursive: true });
  }

  rename(from: string, to: string): void {
    fs.renameSync(this.at(from), this.at(to));
  }

  unlink(path: string): void {
    fs.unlinkSync(this.at(path));
  }

  syncDirectory(path: string, done: Done): void {
    fsyncPath(this.at(path), done);
  }

  freeBytes(): number {
    const { bavail, bsize } = fs.statfsSync(this.root);
    return bavail * bsize;
  }

  private at(path: string): string {
    return path === '' ? this.root : join(this.root, path);
  }
}

class NodeFileHandle implements FileHandle {
  readonly path: string;
  private readonly fd: number;
  /** Syncs asked for while one runs; they begin when it ends, so that completions keep the order of the calls. */
  private readonly waiting: Done[] = [];
  private syncing = false;

  constructor(path: string, fd: number) {
    this.path = path;
    this.fd = fd;
  }

  sizeSync(): number {
    return fs.fstatSync(this.fd).size;
  }

  readSync(into: Uint8Array, position: number): number {
    let read = 0;
    while (read < into.length) {
      const count = fs.readSync(this.fd, into, read, into.length - read, position + read);
      if (count === 0) break;
      read += count;
    }
    return read;
  }

  writeSync(bytes: Uint8Array, position: number): void {
    let written = 0;
    while (written < bytes.length) written += fs.writeSync(this.fd, bytes, written, bytes.length - written, position + written);
  }

  truncateSync(sizeBytes: number): void {
    fs.ftruncateSync(this.fd, sizeBytes);
  }

  sync(done: Done): void {
    if (this.syncing) {
      this.waiting.push(done);
      return;
    }
    this.syncing = true;
    fs.fdatasync(this.fd, (error) => {
      this.syncing = false;
      const next = this.waiting.shift();
      if (next !== undefined) this.sync(next);
      done(error ?? undefined);
    });
  }

  close(): void {
    fs.closeSync(this.fd);
  }
}

/** Makes a data directory and those above it that are missing, each durable in its parent. */
export function makeDataDirectory(root: string): void {
  const missing: string[] = [];
  for (let path = root; !fs.existsSync(path); path = join(path, '..')) missing.push(path);
  fs.mkdirSync(root, { recursive: true });
  for (const path of missing) {
    const parent = fs.openSync(join(path, '..'), 'r');
    try {
      fs.fsyncSync(parent);
    } finally {
      fs.closeSync(parent);
    }
  }
}

function fsyncPath(path: string, done: Done): void {
  let fd: number;
  try {
    fd = fs.openSync(path, 'r');
  } catch (error) {
    done(error as Error);
    return;
  }
  fs.fsync(fd, (error) => {
    fs.closeSync(fd);
    done(error ?? undefined);
  });
}
