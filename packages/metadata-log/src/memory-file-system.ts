import { EveryChoice, randomChoice } from './crash-choice.js';
import type { FileHandle, FileSystem } from './file-system.js';
import { fileSystemError } from './file-system-error.js';
import { MemoryDirectory, type CrashOptions, type MemoryNode } from './memory-directory.js';
import { MemoryFile, SECTOR_BYTES, type Random } from './memory-file.js';
import { directoryOf } from './paths.js';

export { SECTOR_BYTES, type Random } from './memory-file.js';

/** One call of the port, before it is carried out. */
export interface FileSystemCall {
  readonly operation: 'open' | 'read' | 'write' | 'truncate' | 'sync' | 'rename' | 'unlink' | 'makeDirectory' | 'syncDirectory';
  readonly path: string;
  /** Byte position, of a read or write; the new size, of a truncation. */
  readonly position?: number;
  readonly sizeBytes?: number;
}

/** What a memory file system is made of besides its content. */
export interface MemoryFileSystemOptions {
  /** Decides what a failed sync and a crash leave. */
  readonly random: Random;
  /** Calls back when a sync has taken its time; left out: at once. Calls of one file must come back in order. */
  readonly schedule?: (complete: () => void, call: FileSystemCall) => void;
  /** Sees every call first: an error that it returns is what the call fails with, and what it throws goes through (a crash). */
  readonly onCall?: (call: FileSystemCall) => Error | undefined;
  /** What a crash in the middle of a write leaves whole, in bytes: a multiple of 512; left out: one sector. Infinity: whole writes. */
  readonly tearBytes?: number;
  /** What all files together may hold; left out: plenty. What would make them larger fails with ENOSPC. */
  readonly capacityBytes?: () => number;
}

type Done = (error: Error | undefined) => void;

/**
 * A disk in memory that loses exactly what the port says a crash may lose: it keeps what is durable apart from what only
 * the operating system has, and chooses at random what a crash leaves of the rest. For tests and the simulator.
 */
export class MemoryFileSystem implements FileSystem {
  private readonly root: MemoryDirectory;
  private readonly options: MemoryFileSystemOptions;
  private dead = false;

  constructor(options: MemoryFileSystemOptions, root: MemoryDirectory = new MemoryDirectory()) {
    this.options = options;
    this.root = root;
  }

  open(path: string, { create }: { readonly create: boolean }): FileHandle {
    this.called({ operation: 'open', path });
    const { directory, name } = this.place(path);
    let node = directory.entries.get(name);
    if (node === undefined) {
      if (!create) throw fileSystemError('ENOENT', `no such file: ${path}`);
      node = new MemoryFile();
      directory.link(name, node);
    }
    if (!(node instanceof MemoryFile)) throw fileSystemError('EISDIR', `a directory: ${path}`);
    return this.handle(path, node);
  }

  exists(path: string): boolean {
    this.checkAlive();
    return this.find(path) !== undefined;
  }

  readFile(path: string): Uint8Array {
    this.called({ operation: 'read', path });
    return this.file(path).content();
  }

  list(directory: string): readonly string[] {
    this.checkAlive();
    const node = this.find(directory);
    return node instanceof MemoryDirectory ? [...node.entries.keys()].sort() : [];
  }

  makeDirectory(path: string): void {
    this.called({ operation: 'makeDirectory', path });
    let directory = this.root;
    for (const name of path.split('/')) {
      let next = directory.entries.get(name);
      if (next === undefined) {
        next = new MemoryDirectory();
        directory.link(name, next);
      }
      if (!(next instanceof MemoryDirectory)) throw fileSystemError('EEXIST', `a file is in the way: ${path}`);
      directory = next;
    }
  }

  rename(from: string, to: string): void {
    this.called({ operation: 'rename', path: from });
    this.file(from);
    const source = this.place(from);
    const target = this.place(to);
    if (source.directory !== target.directory) throw fileSystemError('EXDEV', 'renames stay within a directory');
    source.directory.rename(source.name, target.name);
  }

  unlink(path: string): void {
    this.called({ operation: 'unlink', path });
    this.file(path);
    const { directory, name } = this.place(path);
    directory.unlink(name);
  }

  syncDirectory(path: string, done: Done): void {
    const call: FileSystemCall = { operation: 'syncDirectory', path };
    const error = this.failureOf(call);
    const directory = this.find(path);
    if (!(directory instanceof MemoryDirectory)) return this.complete(call, () => done(fileSystemError('ENOENT', `no such directory: ${path}`)));
    const mark = directory.mark();
    this.complete(call, () => {
      if (error === undefined) directory.settle(mark);
      done(error);
    });
  }

  freeBytes(): number {
    this.checkAlive();
    const { capacityBytes } = this.options;
    return capacityBytes === undefined ? Number.MAX_SAFE_INTEGER : Math.max(0, capacityBytes() - this.usedBytes());
  }

  /** Bytes of all files. */
  usedBytes(): number {
    return sizeOf(this.root);
  }

  /**
   * The power fails: this file system is dead, and the new one holds one of the states it may leave, all of it durable.
   * Asked again, it gives another outcome of the same crash.
   */
  crash(random: Random, options: MemoryFileSystemOptions = this.options): MemoryFileSystem {
    this.dead = true;
    return new MemoryFileSystem(options, this.root.crash(randomChoice(random), this.crashOptions()));
  }

  /** Another disk with what readers see here, all of it durable. */
  copy(options: MemoryFileSystemOptions = this.options): MemoryFileSystem {
    return new MemoryFileSystem(options, this.root.copy());
  }

  /** The power fails: every state that this may leave, one after another, each different file by file. */
  *crashes(options: MemoryFileSystemOptions = this.options): Generator<MemoryFileSystem> {
    this.dead = true;
    const choice = new EveryChoice();
    do yield new MemoryFileSystem(options, this.root.crash(choice, this.crashOptions()));
    while (choice.next());
  }

  private crashOptions(): CrashOptions {
    return { done: new Map(), tearBytes: this.options.tearBytes ?? SECTOR_BYTES };
  }

  /** The process is killed, the machine runs on: what was written is readable and no more durable than before. */
  killProcess(options: MemoryFileSystemOptions = this.options): MemoryFileSystem {
    this.dead = true;
    return new MemoryFileSystem(options, this.root);
  }

  /** Rot: flips bits of one byte, for readers and on the disk. */
  corrupt(path: string, position: number, mask = 0xff): void {
    this.file(path).corrupt(position, (byte) => byte ^ mask);
  }

  /** Completions that were under way when the process died never come. */
  private complete(call: FileSystemCall, action: () => void): void {
    const ifAlive = () => {
      if (!this.dead) action();
    };
    if (this.options.schedule === undefined) ifAlive();
    else this.options.schedule(ifAlive, call);
  }

  private called(call: FileSystemCall): void {
    const error = this.failureOf(call);
    if (error !== undefined) throw error;
  }

  private failureOf(call: FileSystemCall): Error | undefined {
    this.checkAlive();
    return this.options.onCall?.(call);
  }

  private checkAlive(): void {
    if (this.dead) throw new Error('the process that used this file system is dead');
  }

  private handle(path: string, file: MemoryFile): FileHandle {
    return {
      path,
      sizeSync: () => file.sizeBytes,
      readSync: (into, position) => {
        this.called({ operation: 'read', path, position, sizeBytes: into.length });
        return file.read(into, position);
      },
      writeSync: (bytes, position) => {
        this.called({ operation: 'write', path, position, sizeBytes: bytes.length });
        const growsBy = position + bytes.length - file.sizeBytes;
        if (growsBy > 0 && this.options.capacityBytes !== undefined && growsBy > this.freeBytes()) throw fileSystemError('ENOSPC', `no space left for ${path}`);
        file.write(bytes, position);
      },
      truncateSync: (sizeBytes) => {
        this.called({ operation: 'truncate', path, position: sizeBytes });
        file.truncate(sizeBytes);
      },
      sync: (done) => this.syncFile(path, file, done),
      close: () => {},
    };
  }

  private syncFile(path: string, file: MemoryFile, done: Done): void {
    const call: FileSystemCall = { operation: 'sync', path };
    const error = this.failureOf(call);
    const mark = file.mark();
    this.complete(call, () => {
      if (error === undefined) file.settle(mark);
      else file.lose(mark, this.options.random);
      done(error);
    });
  }

  private file(path: string): MemoryFile {
    const node = this.find(path);
    if (!(node instanceof MemoryFile)) throw fileSystemError('ENOENT', `no such file: ${path}`);
    return node;
  }

  private place(path: string): { readonly directory: MemoryDirectory; readonly name: string } {
    const directory = this.find(directoryOf(path));
    if (!(directory instanceof MemoryDirectory)) throw fileSystemError('ENOENT', `no directory for ${path}`);
    return { directory, name: path.substring(path.lastIndexOf('/') + 1) };
  }

  private find(path: string): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.root;
    for (const name of path === '' ? [] : path.split('/')) node = node instanceof MemoryDirectory ? node.entries.get(name) : undefined;
    return node;
  }
}

function sizeOf(node: MemoryNode): number {
  if (node instanceof MemoryFile) return node.sizeBytes;
  let sum = 0;
  for (const entry of node.entries.values()) sum += sizeOf(entry);
  return sum;
}
