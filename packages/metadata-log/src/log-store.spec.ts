import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { offset, type EncodedBatch } from '@quorate/records';
import { afterAll, describe, expect, it } from 'vitest';
import { format, nextBatch, open, readAll, Reports, VOTER, votersBatch } from '../test/log-fixture.js';
import { fileSystemError } from './file-system-error.js';
import type { FileSystem } from './file-system.js';
import type { DiskLogStore } from './log-store.js';
import { MemoryFileSystem } from './memory-file-system.js';
import { NodeFileSystem } from './node-file-system.js';

const roots: string[] = [];
afterAll(() => roots.forEach((root) => rmSync(root, { recursive: true })));

function onDisk(): FileSystem {
  roots.push(mkdtempSync(join(tmpdir(), 'quorate-log-')));
  return new NodeFileSystem(roots.at(-1)!);
}

const close = (store: DiskLogStore) => new Promise<void>((resolve) => store.close(resolve));
const truncate = (store: DiskLogStore, to: number, generation: number) => new Promise<void>((resolve) => store.truncate(offset(to), generation, resolve));

function appendAll(store: DiskLogStore, count: number, shape: Parameters<typeof nextBatch>[1] = {}): EncodedBatch[] {
  return Array.from({ length: count }, () => {
    const batch = nextBatch(store, shape);
    store.append(batch);
    return batch;
  });
}

const checksums = (batches: readonly EncodedBatch[]) => batches.map((batch) => batch.checksum);

describe.each([
  ['in memory', () => new MemoryFileSystem({ random: () => 0.5 })],
  ['on disk', onDisk],
])('the log %s', (_, makeFs: () => FileSystem) => {
  it('is empty after formatting, with the first voters from the 0-0 checkpoint', async () => {
    const fs = makeFs();
    await format(fs);

    const { store, recovered } = await open(fs);

    expect(store.endOffset).toBe(0);
    expect(recovered.log).toEqual({ startOffset: 0, startEpoch: 0, endOffset: 0, generation: 0, epochs: [], latestSnapshot: undefined, recovering: undefined });
    expect(recovered.voterSets).toEqual([{ offset: undefined, voters: [VOTER] }]);
    expect(recovered.kraftVersion).toBe(1);
    expect(recovered.electionState).toBeUndefined();
    await close(store);
  });

  it('reports what is flushed and finds it again after a restart, over many segments', async () => {
    const fs = makeFs();
    await format(fs);
    const { store } = await open(fs, { segmentBytes: 14_000 });
    const reports = new Reports();
    store.setListener(reports);

    const batches = appendAll(store, 100, { records: 3 });
    await reports.untilFlushed(300);
    await close(store);
    const again = await open(fs, { segmentBytes: 14_000, cacheBytes: 0 });

    expect(again.store.endOffset).toBe(300);
    expect(again.store.endChecksum).toBe(batches.at(-1)!.checksum);
    expect(again.recovered.report).toEqual({ dropped: undefined, rewrittenBatches: 0, notes: [] });
    expect(checksums(await readAll(again.store))).toEqual(checksums(batches));
    expect(fs.list('__cluster_metadata-0').filter((name) => name.endsWith('.log')).length).toBeGreaterThan(3);
    await close(again.store);
  });

  it('truncates on a batch edge, across segments, and goes on in a new generation', async () => {
    const fs = makeFs();
    await format(fs);
    const { store } = await open(fs, { segmentBytes: 14_000 });
    const reports = new Reports();
    store.setListener(reports);
    const batches = appendAll(store, 50, { records: 2 });

    await truncate(store, 20, 1);
    const more = appendAll(store, 5, { epoch: 2, fill: 99 });
    await reports.untilFlushed(25);
    await close(store);
    const again = await open(fs);

    const expected = [...batches.slice(0, 10), ...more];
    expect(checksums(await readAll(again.store))).toEqual(checksums(expected));
    expect(again.recovered.log).toMatchObject({ endOffset: 25, generation: 1, epochs: [{ epoch: 1, startOffset: 0 }, { epoch: 2, startOffset: 20 }] });
    expect(reports.flushes.at(-1)).toEqual({ endOffset: 25, generation: 1 });
    await close(again.store);
  });

  it('truncates to nothing and starts over', async () => {
    const fs = makeFs();
    await format(fs);
    const { store } = await open(fs, { segmentBytes: 14_000 });
    appendAll(store, 50);

    await truncate(store, 0, 4);
    const batches = appendAll(store, 2, { epoch: 3 });
    await close(store);
    const again = await open(fs);

    expect(checksums(await readAll(again.store))).toEqual(checksums(batches));
    expect(again.recovered.log).toMatchObject({ generation: 4, epochs: [{ epoch: 3, startOffset: 0 }] });
    await close(again.store);
  });

  it('keeps the election state in both files', async () => {
    const fs = makeFs();
    await format(fs);
    const { store, elections } = await open(fs);
    const state = { epoch: 7, leaderId: undefined, votedKey: { id: 2, directoryId: VOTER.directoryId } } as never;

    await new Promise<void>((resolve) => elections.persist(state, resolve));
    await close(store);
    const again = await open(fs);

    expect(again.recovered.electionState).toEqual(state);
    expect(fs.readFile('__cluster_metadata-0/quorum-state')).toEqual(fs.readFile('__cluster_metadata-0/quorum-state.copy'));
    await close(again.store);
  });

  it('finds voter sets and kraft.version in control batches, with their offsets', async () => {
    const fs = makeFs();
    await format(fs);
    const { store } = await open(fs);
    appendAll(store, 1);
    store.append(votersBatch(store, [VOTER]));
    await close(store);

    const again = await open(fs);

    expect(again.recovered.voterSets).toEqual([
      { offset: undefined, voters: [VOTER] },
      { offset: 2, voters: [VOTER] },
    ]);
    await close(again.store);
  });

  it('holds the largest legal batches, those that we write and those that readers accept', async () => {
    const fs = makeFs();
    await format(fs);
    const { store } = await open(fs, { cacheBytes: 0 });
    const batches = [768 * 1024 - 200, 8 * 1024 * 1024 - 100, 10].flatMap((payloadBytes) => appendAll(store, 1, { payloadBytes }));
    await close(store);

    const again = await open(fs);

    expect(checksums(await readAll(again.store, 1000))).toEqual(checksums(batches));
    await close(again.store);
  });

  it('reads from within a batch to a batch edge, and at least one batch whatever its size', async () => {
    const fs = makeFs();
    await format(fs);
    const { store } = await open(fs, { cacheBytes: 0 });
    const batches = appendAll(store, 5, { records: 4, payloadBytes: 500 });

    const read = (from: number, upTo: number, maxBytes: number) =>
      new Promise<readonly EncodedBatch[]>((resolve) => store.read(offset(from), offset(upTo), maxBytes, (found) => resolve(found.batches)));

    expect(checksums(await read(5, 12, 1 << 20))).toEqual(checksums(batches.slice(1, 3)));
    expect(checksums(await read(4, 20, 1))).toEqual(checksums(batches.slice(1, 2)));
    expect(await read(20, 20, 100)).toEqual([]);
    await close(store);
  });
});

describe('a log that is being closed', () => {
  it('ends the close when the disk is full by the time its last flush is done', async () => {
    const held: (() => void)[] = [];
    let holds = false;
    let full = false;
    const fs = new MemoryFileSystem({
      random: () => 0.5,
      schedule: (complete) => (holds ? held.push(complete) : complete()),
      onCall: ({ operation }) => (full && operation === 'write' ? fileSystemError('ENOSPC', 'injected') : undefined),
    });
    await format(fs);
    const { store } = await open(fs);
    const reports = new Reports();
    store.setListener(reports);
    holds = true;
    store.append(nextBatch(store)); // the first of its epoch: leader-epoch-checkpoint is due with its flush

    let closed = false;
    store.close(() => (closed = true));
    full = true;
    while (held.length > 0) held.shift()!();

    expect(reports.failures).toHaveLength(1);
    expect(closed).toBe(true);
  });
});
