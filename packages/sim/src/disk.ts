import { MemoryFileSystem, type FileSystemCall } from '@quorate/metadata-log/memory';
import type { FileSystem } from '@quorate/metadata-log';
import type { Random } from './random.js';
import type { World } from './world.js';

/** How a disk fares at present; changed while the world runs. */
export interface DiskHealth {
  /** Mean time of one fdatasync. */
  syncMs: number;
  /** The next sync fails with EIO, once. */
  failNextSync: boolean;
  /** Writes fail with ENOSPC. */
  full: boolean;
}

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
  /** Bits have flipped at rest: the node may find that it must not start. */
  isRotten = false;
  readonly #world: World;
  readonly #random: Random;
  readonly #lastDoneMs = new Map<string, number>();
  #files: MemoryFileSystem;

  constructor(world: World, random: Random, syncMs: number) {
    this.#world = world;
    this.#random = random;
    this.health = { syncMs, failNextSync: false, full: false };
    this.#files = new MemoryFileSystem({
      random: () => random.unit(),
      schedule: (complete, call) => this.#schedule(complete, call),
      onCall: (call) => this.#failure(call),
    });
  }

  get files(): FileSystem {
    return this.#files;
  }

  /** The power fails: what was not synced may be gone, in part or whole. */
  crash(): void {
    this.#files = this.#files.crash(() => this.#random.unit());
  }

  /** The process is killed: what was written is still readable, and no more durable than before. */
  killProcess(): void {
    this.#files = this.#files.killProcess();
  }

  /** Flips bits of one byte, somewhere in the files of a process that has ended. */
  rot(): string {
    const directory = '__cluster_metadata-0';
    const names = this.#files.list(directory).map((name) => `${directory}/${name}`);
    const path = this.#random.pick([...names, ...names.filter((name) => name.endsWith('.log')), 'meta.properties']);
    const size = this.#files.readFile(path).length;
    const position = this.#random.below(Math.max(1, size));
    if (size > 0) this.#files.corrupt(path, position, 1 << this.#random.below(8));
    this.isRotten = true;
    return `${path} at byte ${position}`;
  }

  /** Syncs of one file finish in order. */
  #schedule(complete: () => void, call: FileSystemCall): void {
    if (this.isFormatting) return complete();
    const doneMs = Math.max(this.#world.nowMs + this.#random.exponential(this.health.syncMs), this.#lastDoneMs.get(call.path) ?? 0);
    this.#lastDoneMs.set(call.path, doneMs);
    this.#world.at(doneMs, complete);
  }

  #failure(call: FileSystemCall): Error | undefined {
    if (this.isFormatting) return undefined;
    const syncFails = call.operation === 'sync' && this.health.failNextSync;
    const isFull = call.operation === 'write' && this.health.full;
    if (!syncFails && !isFull) return undefined;
    if (syncFails) this.health.failNextSync = false;
    this.injectedFailures += 1;
    return diskError(syncFails ? 'EIO' : 'ENOSPC', `injected at ${call.path}`);
  }
}

function diskError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
