import { offset, type EncodedBatch } from '@quorate/records';
import type { ElectionState } from '@quorate/raft-core';
import { MemoryFileSystem as Scratch } from '../src/memory-file-system.js';
import { LOG_DIRECTORY, snapshotPath } from '../src/paths.js';
import { SnapshotWriter } from '../src/snapshot-file.js';
import { fileSystemError } from '../src/file-system-error.js';
import type { MemoryFileSystem, FileSystemCall, MemoryFileSystemOptions } from '../src/memory-file-system.js';
import type { OpenedLog } from '../src/open-log.js';
import { CLUSTER, FakeTimers, nextBatch, openNow, VOTER } from './log-fixture.js';
import { headAt, readAllOf, topic } from './snapshot-fixture.js';

/** Thrown where the node dies: by the file system when the power fails, by the listener when a sync failed. It has no code, so that nobody takes it for a disk error. */
export class PowerCut extends Error {}

/** Runs until done or until the power fails; whether it failed. */
export function untilPowerCut(work: () => void): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (error instanceof PowerCut) return true;
    throw error;
  }
}

/** Small enough that a handful of batches roll. */
export const SEGMENT_BYTES = 12_288 + 700;

/**
 * One node's log on a disk whose syncs complete when the test says so, with a record of what it promised: the batches it
 * appended, and how many of them it reported as flushed.
 */
export class CrashWorld {
  timers = new FakeTimers();
  readonly calls: FileSystemCall[] = [];
  readonly completions: (() => void)[] = [];
  opened: OpenedLog | undefined;
  /** As the log should be, from offset 0; before a snapshot that was installed, only where that ends. */
  history: LogEdge[] = [];
  /** As it was before a truncation or an install that is not done yet, and what was promised then. */
  previous: { readonly history: LogEdge[]; promised: number } | undefined;
  promised = 0;
  elections: { promised: ElectionState | undefined; begun: ElectionState | undefined } = { promised: undefined, begun: undefined };
  generation = 0;
  /** The sync that fails next, and every one after it, counted from now. */
  private failingSync = Infinity;
  private cutAtCall = Infinity;
  private readonly options: MemoryFileSystemOptions;
  fs: MemoryFileSystem;

  /** @param formatted - copied, so that one formatting serves many worlds. */
  constructor(formatted: MemoryFileSystem, random: () => number, completeAtOnce: boolean) {
    this.options = {
      random,
      onCall: (call) => {
        this.calls.push(call);
        if (this.calls.length > this.cutAtCall) throw new PowerCut();
        return call.operation === 'sync' && --this.failingSync < 0 ? fileSystemError('EIO', 'a failed sync') : undefined;
      },
      schedule: (complete) => {
        if (completeAtOnce || this.opened === undefined) complete();
        else this.completions.push(complete);
      },
    };
    this.fs = formatted.crash(random, this.options);
  }

  /** The power fails before the n-th call from now. */
  cutPowerAfter(calls: number): void {
    this.cutAtCall = this.calls.length + calls;
  }

  /** The n-th sync from now fails, and with it the process. */
  failSyncAfter(syncs: number): void {
    this.failingSync = syncs;
  }

  open(): void {
    this.opened = undefined;
    this.timers = new FakeTimers();
    this.completions.length = 0;
    const result = openNow(this.fs, { timers: this.timers, segmentBytes: SEGMENT_BYTES, cacheBytes: 300 });
    if (result.kind === 'refused') throw new Error(`refused after a crash: ${result.message}`);
    this.opened = result;
    this.generation = result.recovered.log.generation;
    result.store.setListener({
      flushed: (endOffset, generation) => {
        // Of the old log, while the snapshot that is to replace it is being made durable.
        if (generation < this.generation && this.previous !== undefined) this.previous.promised = Math.max(this.previous.promised, endOffset);
        else this.promised = Math.max(this.promised, endOffset);
      },
      failed: () => {
        throw new PowerCut();
      },
    });
  }

  append(shape: Parameters<typeof nextBatch>[1] = {}): void {
    const { store } = this.opened!;
    const batch = nextBatch(store, { epoch: 1 + this.generation, ...shape });
    this.history.push(batch);
    store.append(batch);
  }

  truncate(batchCount: number): void {
    const { store } = this.opened!;
    const to = this.history[batchCount - 1]?.endOffset ?? 0;
    this.promised = Math.min(this.promised, to);
    this.previous = { history: this.history, promised: this.promised };
    this.history = this.history.slice(0, batchCount);
    this.generation++;
    store.truncate(offset(to), this.generation, () => {
      this.previous = undefined;
    });
    this.completeAll();
  }

  /** Makes a snapshot at the end of a batch, and cleans up before it if asked to. */
  snapshot(batchCount: number, cleaning: boolean): void {
    const { snapshots } = this.opened!;
    const edge = this.history[batchCount - 1]!;
    if (snapshots.list().some(({ id }) => id.endOffset === edge.endOffset) || edge.endOffset < this.opened!.store.startOffset) return;
    const sink = snapshots.create(headAt({ ...edge, appendTimeMs: 1 }));
    sink.append([topic('a'), topic('b'.repeat(600))]);
    sink.freeze(() => {
      if (cleaning) snapshots.deleteBefore(edge.endOffset);
    });
    this.completeAll();
  }

  /** Installs a snapshot of another history, which ends there. */
  install(endOffset: number): void {
    const { snapshots } = this.opened!;
    this.generation++;
    const edge: LogEdge = { endOffset: offset(endOffset), epoch: (1 + this.generation) as never, checksum: 0xc0de0000 + this.generation };
    const scratch = new Scratch({ random: () => 0 });
    scratch.makeDirectory(LOG_DIRECTORY);
    const writer = new SnapshotWriter(scratch, CLUSTER, headAt({ ...edge, appendTimeMs: 1 }));
    writer.append([topic('c'.repeat(700))]);
    writer.freeze(() => {});
    const id = { endOffset: edge.endOffset, epoch: edge.epoch };
    const bytes = scratch.readFile(snapshotPath(id));
    this.previous = { history: this.history, promised: this.promised };
    this.history = [edge];
    this.promised = 0;
    for (let at = 0; at < bytes.length; at += 300) snapshots.receive(id, at, bytes.subarray(at, at + 300));
    snapshots.install(id, this.generation, (result) => {
      if (result.kind !== 'installed') throw new Error(result.problem);
      this.previous = undefined;
      this.promised = edge.endOffset;
    });
    this.completeAll();
  }

  vote(): void {
    const state: ElectionState = { epoch: ((this.elections.promised?.epoch ?? 0) + 1) as never, leaderId: undefined, votedKey: { id: VOTER.id, directoryId: VOTER.directoryId } };
    this.elections.begun = state;
    this.opened!.elections.persist(state, () => {
      this.elections.promised = state;
    });
    this.completeAll();
  }

  completeOne(): void {
    this.completions.shift()?.();
  }

  completeAll(): void {
    while (this.completions.length > 0) this.completeOne();
  }

  /** The power is off; the disk becomes one of the states that this may leave. */
  crash(random: () => number): void {
    this.cutAtCall = Infinity;
    this.failingSync = Infinity;
    this.calls.length = 0;
    this.fs = this.fs.crash(random, this.options);
  }

  /** The machine goes down in good order and up again. */
  restart(): void {
    this.timers.advance(5);
    this.fs = this.fs.copy(this.options);
    this.open();
    this.check();
  }

  /** Checks every state that a power cut now may leave; the world itself is over. @returns how many there are. */
  checkEveryCrash(): number {
    const { history, previous, promised, elections, generation } = this;
    this.cutAtCall = Infinity;
    let states = 0;
    for (const fs of this.fs.crashes(this.options)) {
      Object.assign(this, { fs, history, previous, promised, elections, generation });
      this.open();
      this.check();
      states++;
    }
    return states;
  }

  killProcess(): void {
    this.cutAtCall = Infinity;
    this.failingSync = Infinity;
    this.fs = this.fs.killProcess(this.options);
  }

  /** Checks what was recovered against what was promised, and takes it for the truth from now on. */
  check(): void {
    const { store, recovered } = this.opened!;
    const fits = [{ history: this.history, promised: this.promised }, this.previous].find(
      (candidate) => candidate !== undefined && store.endOffset >= candidate.promised && endsAt(candidate.history, store.endOffset, store.endChecksum),
    );
    if (fits === undefined) throw new Error(`recovered a log that never was, or less than was promised (${this.promised}), ending at ${store.endOffset}`);
    this.history = fits.history.filter((batch) => batch.endOffset <= store.endOffset);
    this.previous = undefined;
    this.checkSnapshots();
    // Recovery made it durable: another crash may not take it back.
    this.promised = store.endOffset;
    const { promised, begun } = this.elections;
    const state = recovered.electionState;
    if (state?.epoch !== promised?.epoch && state?.epoch !== begun?.epoch) throw new Error(`election state ${state?.epoch}, promised ${promised?.epoch}`);
    this.elections = { promised: state, begun: state };
  }

  /** Log and snapshots join, every listed snapshot can be read, and every batch from the log's start on. */
  private checkSnapshots(): void {
    const { store, snapshots, recovered } = this.opened!;
    const list = snapshots.list();
    if (store.startOffset > 0 && list[0]?.id.endOffset !== store.startOffset) throw new Error(`the log begins at ${store.startOffset}, the first snapshot ends at ${list[0]?.id.endOffset}`);
    if (list.at(-1)?.id.endOffset !== recovered.log.latestSnapshot?.endOffset) throw new Error('the latest snapshot is another');
    for (const { id, chainChecksum } of list) {
      if (!endsAt(this.history, id.endOffset, chainChecksum)) throw new Error(`the snapshot at ${id.endOffset} is of another history`);
      const reader = snapshots.open(id)!;
      if (readAllOf(reader, 500).length === 0) throw new Error(`the snapshot at ${id.endOffset} is empty`);
      reader.close();
    }
    let at = store.startOffset;
    while (at < store.endOffset) {
      store.read(at, store.endOffset, 1 << 16, ({ batches }) => {
        if (batches[0]?.baseOffset !== at || batches[0].previousChecksum !== (store.checksumAt(at) ?? batches[0].previousChecksum)) throw new Error(`nothing to read at ${at}`);
        at = batches.at(-1)!.endOffset;
      });
    }
  }
}

/** The end of a batch, in a history. */
export type LogEdge = Pick<EncodedBatch, 'endOffset' | 'epoch' | 'checksum'>;

/** Checksums chain, so equal at the end means equal throughout. */
function endsAt(history: readonly LogEdge[], endOffset: number, checksum: number): boolean {
  if (endOffset === 0) return true;
  return history.some((batch) => batch.endOffset === endOffset && batch.checksum === checksum);
}