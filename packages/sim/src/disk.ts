import { MemoryFileSystem, type FileSystemCall, type MemoryFileSystemOptions } from '@quorate/metadata-log/memory';
import type { FileSystem } from '@quorate/metadata-log';
import type { Random } from './random.js';
import type { World } from './world.js';

/** What a node keeps in reserve for a full disk. */
export const RESERVE_BYTES = 16 * 1024;

/** How a disk fares at present; changed while the world runs. */
export interface DiskHealth {
  /** Mean time of one fdatasync. */
  syncMs: number;
  /** The next sync fails with EIO, once. */
  failNextSync: boolean;
  /** The next read fails with EIO, once. */
  failNextRead: boolean;
  /** Writes fail with ENOSPC. */
  full: boolean;
}

/** What may happen to bytes that lie on a disk: a bit flips; a write never got there; a write went to another place. */
export type DamageKind = 'bit-rot' | 'lost-write' | 'misdirected-write';

/** Where damage is looked for in vain so often before it is given up: files may be all zeros. */
const MAX_TRIES = 20;

/**
 * One node's disk over all of its lives: metadata-log's memory file system, which loses exactly what its port says a crash
 * may lose, with the time and the failures of this world.
 */
export class SimDisk {
  readonly health: DiskHealth;
  /** Formatting takes no time and never fails: faults belong to a cluster that exists. */
  isFormatting = true;
  /** Calls that were made to fail so far. */
  injectedFailures = 0;
  #reserveLeft = 0;
  /** Bytes have changed at rest: the node may find that it must not start with what is left. */
  isDamaged = false;
  readonly #world: World;
  readonly #random: Random;
  readonly #options: MemoryFileSystemOptions;
  readonly #lastDoneMs = new Map<string, number>();
  #files: MemoryFileSystem;
  /** It is the world that reads, not the node: nothing fails. */
  #isLookedAt = false;
  /** What this disk held at an earlier crash. */
  #image: MemoryFileSystem | undefined;
  /** The disk that belongs here, while another one is mounted in its place. */
  #ownFiles: MemoryFileSystem | undefined;

  /** @param tearBytes - what a crash in the middle of a write leaves whole. */
  constructor(world: World, random: Random, options: { readonly syncMs: number; readonly tearBytes: number }) {
    this.#world = world;
    this.#random = random;
    this.health = { syncMs: options.syncMs, failNextSync: false, failNextRead: false, full: false };
    this.#options = {
      random: () => random.unit(),
      schedule: (complete, call) => this.#schedule(complete, call),
      onCall: (call) => this.#failure(call),
      tearBytes: options.tearBytes,
    };
    this.#files = new MemoryFileSystem(this.#options);
  }

  get files(): FileSystem {
    return this.#files;
  }

  get hasImage(): boolean {
    return this.#image !== undefined;
  }

  /** Another node's disk is mounted here. */
  get isForeign(): boolean {
    return this.#ownFiles !== undefined;
  }

  /** The power fails: what was not synced may be gone, in part or whole. */
  crash(): void {
    this.#files = this.#afterCrash();
  }

  /** The power fails, and somebody keeps a copy of what that leaves. */
  crashAndKeepImage(): void {
    this.#image = this.#afterCrash();
    this.crash();
  }

  /** The copy is put back in place of what is there. */
  restoreImage(): void {
    if (this.#image === undefined) throw new Error('no image was kept');
    this.crash();
    this.#files = this.#image;
    this.#image = undefined;
  }

  /** Both machines are off; a copy of the other one's disk is mounted here. */
  mountCopyOf(other: SimDisk): void {
    this.crash();
    this.#ownFiles = this.#files;
    this.#files = other.#files.crash(() => this.#random.unit(), this.#options);
    other.crash();
  }

  mountOwn(): void {
    if (this.#ownFiles === undefined) return;
    this.#files = this.#ownFiles;
    this.#ownFiles = undefined;
  }

  /** A new disk: empty, to be formatted. */
  replace(): void {
    this.crash();
    this.#files = new MemoryFileSystem(this.#options);
    this.#image = undefined;
    this.isDamaged = false;
    this.isFormatting = true;
  }

  /** The process is killed: what was written is still readable, and no more durable than before. */
  killProcess(): void {
    this.#files = this.#files.killProcess();
  }

  /** Changes bytes somewhere in the files of a process that has ended; says where, or undefined when nothing could be. */
  damage(kind: DamageKind): string | undefined {
    let where: string | undefined;
    this.lookedAt(() => {
      for (let tries = 0; tries < MAX_TRIES && where === undefined; tries++) where = kind === 'bit-rot' ? this.#flipBit() : this.#overwriteBlock(kind);
    });
    this.isDamaged ||= where !== undefined;
    return where;
  }

  /** What the world reads by the node's own code meets no fault that is meant for the node. */
  lookedAt(look: () => void): void {
    this.#isLookedAt = true;
    look();
    this.#isLookedAt = false;
  }

  #afterCrash(): MemoryFileSystem {
    return this.#files.crash(() => this.#random.unit());
  }

  #flipBit(): string | undefined {
    const path = this.#random.pick([...this.#paths(), 'meta.properties']);
    const size = this.#files.readFile(path).length;
    if (size === 0) return undefined;
    const position = this.#random.below(size);
    this.#files.corrupt(path, position, 1 << this.#random.below(8));
    return `${path} at byte ${position}`;
  }

  /** A block that reads as zeros, for the write never came, or as a block of another place, for its write came here. */
  #overwriteBlock(kind: 'lost-write' | 'misdirected-write'): string | undefined {
    const blockBytes = this.#random.pick([512, 4096]);
    const path = this.#random.pick(this.#paths());
    const content = this.#files.readFile(path);
    const position = blockBytes * this.#random.below(Math.ceil(content.length / blockBytes));
    const source = kind === 'lost-write' ? new Uint8Array(blockBytes) : this.#blockElsewhere(blockBytes);
    let changed = 0;
    for (let at = 0; at < blockBytes && position + at < content.length; at++) {
      const mask = content[position + at]! ^ (source[at] ?? 0);
      if (mask === 0) continue;
      this.#files.corrupt(path, position + at, mask);
      changed += 1;
    }
    return changed === 0 ? undefined : `${path}, ${blockBytes} bytes at byte ${position}`;
  }

  #blockElsewhere(blockBytes: number): Uint8Array {
    const content = this.#files.readFile(this.#random.pick(this.#paths()));
    const position = blockBytes * this.#random.below(Math.max(1, Math.ceil(content.length / blockBytes)));
    return content.subarray(position, position + blockBytes);
  }

  /** Segments twice: they are what matters most. */
  #paths(): string[] {
    const directory = '__cluster_metadata-0';
    const names = this.#files.list(directory).map((name) => `${directory}/${name}`);
    return [...names, ...names.filter((name) => name.endsWith('.log'))];
  }

  /** Syncs of one file finish in order. */
  #schedule(complete: () => void, call: FileSystemCall): void {
    if (this.isFormatting) return complete();
    const doneMs = Math.max(this.#world.nowMs + this.#random.exponential(this.health.syncMs), this.#lastDoneMs.get(call.path) ?? 0);
    this.#lastDoneMs.set(call.path, doneMs);
    this.#world.at(doneMs, complete);
  }

  #failure(call: FileSystemCall): Error | undefined {
    if (this.isFormatting || this.#isLookedAt) return undefined;
    const { health } = this;
    if (call.operation === 'unlink' && call.path.endsWith('/reserve')) this.#reserveLeft = RESERVE_BYTES;
    const syncFails = call.operation === 'sync' && health.failNextSync;
    const readFails = call.operation === 'read' && health.failNextRead;
    const isFull = health.full && call.operation === 'write' && !this.#fitsIntoReserve(call);
    if (!syncFails && !readFails && !isFull) return undefined;
    if (syncFails) health.failNextSync = false;
    if (readFails) health.failNextRead = false;
    this.injectedFailures += 1;
    return diskError(isFull ? 'ENOSPC' : 'EIO', `injected at ${call.path}`);
  }

  /** On a full disk there is room for as much as the node's reserve held, once the node has given that up. */
  #fitsIntoReserve({ path, sizeBytes = 0 }: FileSystemCall): boolean {
    if (path.endsWith('/reserve') || sizeBytes > this.#reserveLeft) return false;
    this.#reserveLeft -= sizeBytes;
    return true;
  }
}

function diskError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
