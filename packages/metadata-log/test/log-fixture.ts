import { encodeBatch, encodeControlRecord, uuidFromBytes, type EncodedBatch, type Offset, nodeId } from '@quorate/records';
import { kraftVersionRecord, VoterSet, votersRecord, type Voter } from '@quorate/raft-core';
import type { LogListener, LogStore } from '@quorate/raft-node';
import type { FileSystem } from '../src/file-system.js';
import { formatDirectory, type Formatted, type FormatRequest } from '../src/format.js';
import { openLog, type OpenedLog, type OpenLogOptions } from '../src/open-log.js';
import type { Refusal } from '../src/refusal.js';

export const CLUSTER = 'test-cluster';
export const DIRECTORY = uuidFromBytes(Uint8Array.from({ length: 16 }, (_, i) => i + 1));

export const VOTER: Voter = {
  id: nodeId(1),
  directoryId: DIRECTORY,
  endpoints: [{ name: 'CONTROLLER', host: 'localhost', port: 19091 }],
  kraftVersion: { min: 0, max: 1 },
};

export const FORMAT: FormatRequest = { clusterId: CLUSTER, nodeId: nodeId(1), directoryId: DIRECTORY, isController: true, initialVoters: [VOTER] };

/** A clock that stands still until it is moved. */
export class FakeTimers {
  now = 1000;
  private atMs: number | undefined;
  private fire: () => void = () => {};

  nowMs(): number {
    return this.now;
  }

  arm(atMs: number | undefined, fire: () => void): void {
    this.atMs = atMs;
    this.fire = fire;
  }

  get armed(): boolean {
    return this.atMs !== undefined;
  }

  advance(byMs: number): void {
    this.now += byMs;
    if (this.atMs === undefined || this.atMs > this.now) return;
    this.atMs = undefined;
    this.fire();
  }
}

/** Remembers what the store reported. */
export class Reports implements LogListener {
  readonly flushes: { readonly endOffset: number; readonly generation: number }[] = [];
  readonly failures: Error[] = [];
  readonly fullness: boolean[] = [];
  private waiting: { readonly endOffset: number; readonly resolve: () => void }[] = [];

  flushed(endOffset: Offset, generation: number): void {
    this.flushes.push({ endOffset, generation });
    this.waiting.filter((wait) => wait.endOffset <= endOffset).forEach((wait) => wait.resolve());
    this.waiting = this.waiting.filter((wait) => wait.endOffset > endOffset);
  }

  failed(error: Error): void {
    this.failures.push(error);
  }

  full(isFull: boolean): void {
    this.fullness.push(isFull);
  }

  get flushedEnd(): number {
    return this.flushes.at(-1)?.endOffset ?? 0;
  }

  untilFlushed(endOffset: number): Promise<void> {
    if (this.flushedEnd >= endOffset) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ endOffset, resolve }));
  }
}

export function format(fs: FileSystem, request: FormatRequest = FORMAT): Promise<Formatted | Refusal> {
  return new Promise((resolve) => formatDirectory(fs, request, resolve));
}

export function tryOpen(fs: FileSystem, options: Partial<OpenLogOptions> = {}): Promise<OpenedLog | Refusal> {
  const all: OpenLogOptions = { nodeId: nodeId(1), timers: new FakeTimers(), segmentBytes: 1 << 30, cacheBytes: 1 << 20, ...options };
  return new Promise((resolve) => openLog(fs, all, resolve));
}

export async function open(fs: FileSystem, options: Partial<OpenLogOptions> = {}): Promise<OpenedLog> {
  const result = await tryOpen(fs, options);
  if (result.kind === 'refused') throw new Error(`refused: ${result.message}`);
  return result;
}

/** As `open`, for file systems that complete at once. */
export function openNow(fs: FileSystem, options: Partial<OpenLogOptions> = {}): OpenedLog | Refusal {
  const all: OpenLogOptions = { nodeId: nodeId(1), timers: new FakeTimers(), segmentBytes: 1 << 30, cacheBytes: 1 << 20, ...options };
  let result: OpenedLog | Refusal | undefined;
  openLog(fs, all, (opened) => (result = opened));
  if (result === undefined) throw new Error('the file system did not complete at once');
  return result;
}

/** A batch that continues the log. */
export function nextBatch(log: Pick<LogStore, 'endOffset' | 'endChecksum'>, { records = 1, payloadBytes = 20, epoch = 1, fill = 7 } = {}): EncodedBatch {
  return encodeBatch({
    baseOffset: log.endOffset,
    epoch,
    appendTimeMs: 1_700_000_000_000 + log.endOffset,
    isControl: false,
    previousChecksum: log.endChecksum,
    records: Array.from({ length: records }, (_, i) => ({ type: 2, version: 0, payload: new Uint8Array(payloadBytes).fill(fill + i) })),
  });
}

/** A control batch with kraft.version and voters, as a first leader writes. */
export function votersBatch(log: Pick<LogStore, 'endOffset' | 'endChecksum'>, voters: readonly Voter[], epoch = 1): EncodedBatch {
  return encodeBatch({
    baseOffset: log.endOffset,
    epoch,
    appendTimeMs: 1_700_000_000_000,
    isControl: true,
    previousChecksum: log.endChecksum,
    records: [kraftVersionRecord(1), votersRecord(new VoterSet(voters))].map(encodeControlRecord),
  });
}

export function readAll(log: LogStore, maxBytes = 1 << 20): Promise<readonly EncodedBatch[]> {
  return readFrom(log, log.startOffset, maxBytes);
}

async function readFrom(log: LogStore, from: Offset, maxBytes: number): Promise<readonly EncodedBatch[]> {
  if (from >= log.endOffset) return [];
  const { batches } = await new Promise<{ batches: readonly EncodedBatch[] }>((resolve) => log.read(from, log.endOffset, maxBytes, resolve));
  return [...batches, ...(await readFrom(log, batches.at(-1)!.endOffset, maxBytes))];
}

/** mulberry32: a small seeded generator. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

