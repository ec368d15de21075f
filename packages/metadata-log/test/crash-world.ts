import { offset, type EncodedBatch } from '@quorate/records';
import type { ElectionState } from '@quorate/raft-core';
import { fileSystemError } from '../src/file-system-error.js';
import type { MemoryFileSystem, FileSystemCall, MemoryFileSystemOptions } from '../src/memory-file-system.js';
import type { OpenedLog } from '../src/open-log.js';
import { FakeTimers, nextBatch, openNow, VOTER } from './log-fixture.js';

/** Thrown where the node dies: by the file system when the power fails, by the listener when a sync failed. It has no code, so that nobody takes it for a disk error. */
export class PowerCut extends Error {}

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
  /** As the log should be. */
  history: EncodedBatch[] = [];
  /** As it was before a truncation that is not done yet. */
  previous: EncodedBatch[] | undefined;
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
      flushed: (endOffset) => {
        this.promised = Math.max(this.promised, endOffset);
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
    this.previous = this.history;
    this.history = this.history.slice(0, batchCount);
    this.promised = Math.min(this.promised, to);
    this.generation++;
    store.truncate(offset(to), this.generation, () => {
      this.previous = undefined;
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

  killProcess(): void {
    this.cutAtCall = Infinity;
    this.failingSync = Infinity;
    this.fs = this.fs.killProcess(this.options);
  }

  /** Checks what was recovered against what was promised, and takes it for the truth from now on. */
  check(): void {
    const { store, recovered } = this.opened!;
    if (store.endOffset < this.promised) throw new Error(`promised ${this.promised}, recovered ${store.endOffset}`);
    const fits = [this.history, this.previous].find((history) => history !== undefined && endsAt(history, store.endOffset, store.endChecksum));
    if (fits === undefined) throw new Error(`recovered a log that never was, ending at ${store.endOffset}`);
    this.history = fits.filter((batch) => batch.endOffset <= store.endOffset);
    this.previous = undefined;
    // Recovery made it durable: another crash may not take it back.
    this.promised = store.endOffset;
    const { promised, begun } = this.elections;
    const state = recovered.electionState;
    if (state?.epoch !== promised?.epoch && state?.epoch !== begun?.epoch) throw new Error(`election state ${state?.epoch}, promised ${promised?.epoch}`);
    this.elections = { promised: state, begun: state };
  }
}

/** Checksums chain, so equal at the end means equal throughout. */
function endsAt(history: readonly EncodedBatch[], endOffset: number, checksum: number): boolean {
  if (endOffset === 0) return true;
  return history.some((batch) => batch.endOffset === endOffset && batch.checksum === checksum);
}
