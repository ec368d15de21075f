import { describe, expect, it } from 'vitest';
import { FakeTimers, format, nextBatch, open, Reports, VOTER } from '../test/log-fixture.js';
import { fileSystemError } from './file-system-error.js';
import { MemoryFileSystem, type FileSystemCall } from './memory-file-system.js';
import { openNow } from '../test/log-fixture.js';
import { BATCHES_POSITION, BLOCK_BYTES } from './segment-header.js';

/** What a write touches: the tests speak of the log, not of byte positions. */
function describeCall({ operation, path, position }: FileSystemCall): string {
  const name = path.replace('__cluster_metadata-0', 'dir').replace(/^dir\/0*(\d+)\.log$/, 'log$1').replace('dir/', '');
  if (operation !== 'write' || !name.startsWith('log') || position === undefined) return `${operation} ${name}`;
  if (position >= BATCHES_POSITION) return `write ${name} batch`;
  return position === 0 ? `write ${name} header` : `write ${name} marker${position / BLOCK_BYTES - 1}`;
}

async function openOne({ segmentBytes = 1 << 20, held = false } = {}) {
  const calls: string[] = [];
  const completions: (() => void)[] = [];
  let failing: ((call: FileSystemCall) => boolean) | undefined;
  let holding = false;
  const fs = new MemoryFileSystem({
    random: () => 0.5,
    onCall: (call) => {
      calls.push(describeCall(call));
      return failing?.(call) ? fileSystemError('EIO', 'injected') : undefined;
    },
    schedule: (complete) => (holding ? completions.push(complete) : complete()),
  });
  await format(fs);
  const timers = new FakeTimers();
  const { store, elections } = await open(fs, { timers, segmentBytes });
  const reports = new Reports();
  store.setListener(reports);
  calls.length = 0;
  holding = held;
  return {
    fs,
    store,
    elections,
    reports,
    timers,
    /** The calls since last asked; those for people's files left out. */
    calls: () => calls.splice(0).filter((call) => !call.includes('leader-epoch') && !call.startsWith('read')),
    completeOne: () => completions.shift()?.(),
    pending: () => completions.length,
    failOn: (which: (call: FileSystemCall) => boolean) => (failing = which),
    append: (shape: Parameters<typeof nextBatch>[1] = {}) => store.append(nextBatch(store, shape)),
  };
}

describe('the order of writes', () => {
  it('a write alone takes one write and one sync; its marker rides with the next write', async () => {
    const log = await openOne();

    log.append();
    expect(log.calls()).toEqual(['write log0 batch', 'sync log0']);
    log.append();
    expect(log.calls()).toEqual(['write log0 batch', 'write log0 marker0', 'sync log0']);
    log.append();
    expect(log.calls()).toEqual(['write log0 batch', 'write log0 marker1', 'sync log0']);
  });

  it('a marker that nobody takes along goes by itself within 5 ms, once', async () => {
    const log = await openOne();
    log.append();
    log.calls();

    log.timers.advance(3);
    expect(log.calls()).toEqual([]);
    log.timers.advance(2);
    expect(log.calls()).toEqual(['write log0 marker0', 'sync log0']);
    expect(log.timers.armed).toBe(false);
    log.timers.advance(100);
    expect(log.calls()).toEqual([]);
  });

  it('writes that keep coming put the marker of its own off, since they carry it', async () => {
    const log = await openOne();
    for (let i = 0; i < 20; i++) {
      log.append();
      log.timers.advance(3);
    }

    expect(log.calls().filter((call) => call.startsWith('sync'))).toHaveLength(20);
  });

  it('a roll makes file and directory durable before it reports, then seals the segment before', async () => {
    const log = await openOne({ segmentBytes: BATCHES_POSITION + 150 });
    log.append();
    log.append();
    log.calls();

    log.append();

    expect(log.calls()).toEqual([
      'open log2',
      'write log2 header',
      'write log2 batch',
      'sync log2',
      'syncDirectory dir',
      'write log0 marker1',
      'sync log0',
    ]);
    expect(log.reports.flushes.map((flush) => flush.endOffset)).toEqual([1, 2, 3]);
  });

  it('a truncation lowers the marker and syncs it before anything is removed or cut', async () => {
    const log = await openOne({ segmentBytes: BATCHES_POSITION + 150 });
    for (let i = 0; i < 5; i++) log.append();
    log.timers.advance(5);
    log.calls();
    let done = false;

    log.store.truncate(1 as never, 1, () => (done = true));

    expect(log.calls()).toEqual([
      'write log0 marker0',
      'sync log0',
      'unlink log4',
      'unlink log2',
      'truncate log0',
      'sync log0',
      'syncDirectory dir',
    ]);
    expect(done).toBe(true);
  });

  it('the two files of quorum-state are written one after the other, each synced, before done', async () => {
    const log = await openOne({ held: true });
    let done = false;

    log.elections.persist({ epoch: 3 as never, leaderId: undefined, votedKey: { id: VOTER.id, directoryId: VOTER.directoryId } }, () => (done = true));

    expect(log.calls()).toEqual(['write quorum-state', 'sync quorum-state']);
    log.completeOne();
    expect(log.calls()).toEqual(['write quorum-state.copy', 'sync quorum-state.copy']);
    expect(done).toBe(false);
    log.completeOne();
    expect(done).toBe(true);
  });
});

describe('group commit', () => {
  it('covers everything appended while a sync runs with one more sync', async () => {
    const log = await openOne({ held: true });
    for (let i = 0; i < 50; i++) log.append();
    expect(log.pending()).toBe(1);

    log.completeOne();
    expect(log.reports.flushes).toEqual([{ endOffset: 1, generation: 0 }]);
    expect(log.pending()).toBe(1);
    log.completeOne();

    expect(log.reports.flushes.at(-1)).toEqual({ endOffset: 50, generation: 0 });
    expect(log.pending()).toBe(0);
    expect(log.calls().filter((call) => call.startsWith('sync'))).toHaveLength(2);
  });

  it('never reports what was appended after the sync began', async () => {
    const log = await openOne({ held: true });
    log.append();
    log.append();
    log.completeOne();

    expect(log.reports.flushedEnd).toBe(1);
  });

  it('a truncation waits for the sync under way, and nothing of the old generation is reported after it', async () => {
    const log = await openOne({ held: true });
    log.append();
    log.append();
    let done = false;
    log.store.truncate(1 as never, 7, () => (done = true));
    expect(log.pending()).toBe(1);

    while (log.pending() > 0) log.completeOne();

    expect(done).toBe(true);
    expect(log.reports.flushes).toEqual([{ endOffset: 1, generation: 7 }]);
  });

  it('syncs every segment, oldest first, when many were begun during one sync', async () => {
    const log = await openOne({ held: true, segmentBytes: BATCHES_POSITION + 100 });
    for (let i = 0; i < 8; i++) log.append();
    while (log.pending() > 0) log.completeOne();

    expect(log.reports.flushes.map((flush) => flush.endOffset)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('a failure', () => {
  it('of a sync is reported once, and nothing else is ever reported or written', async () => {
    const log = await openOne();
    log.append();
    log.calls();
    log.failOn((call) => call.operation === 'sync');

    log.append();
    log.failOn(() => false);
    log.append();
    let truncated = false;
    log.store.truncate(1 as never, 1, () => (truncated = true));
    let read = false;
    log.store.read(0 as never, 1 as never, 100, () => (read = true));
    log.timers.advance(1000);

    expect(log.reports.failures).toHaveLength(1);
    expect(log.reports.flushes).toEqual([{ endOffset: 1, generation: 0 }]);
    expect({ truncated, read }).toEqual({ truncated: false, read: false });
    expect(log.calls()).toEqual(['write log0 batch', 'write log0 marker0', 'sync log0']);
  });

  it('of quorum-state is told to the listener of the log, and done never comes', async () => {
    const log = await openOne();
    log.failOn((call) => call.path.endsWith('quorum-state.copy') && call.operation === 'sync');
    let done = false;

    log.elections.persist({ epoch: 3 as never, leaderId: undefined, votedKey: undefined }, () => (done = true));

    expect(done).toBe(false);
    expect(log.reports.failures).toHaveLength(1);
    log.append();
    expect(log.reports.flushes).toEqual([]);
  });

  it.each(['EIO', 'ENOSPC'])('%s at any call of append, roll, truncate and close ends in one report, or in success', async (code) => {
    for (let at = 0; at < 60; at++) {
      const log = await openOne({ segmentBytes: BATCHES_POSITION + 150 });
      let left = at;
      let failed = false;
      log.failOn(() => {
        if (left-- !== 0) return false;
        failed = true;
        return true;
      });
      for (let i = 0; i < 5; i++) log.append();
      const flushedBefore = failed ? log.reports.flushedEnd : undefined;
      log.timers.advance(5);
      log.store.truncate(1 as never, 1, () => {});
      if (log.reports.failures.length === 0) log.append();
      let closed = false;
      log.store.close(() => (closed = true));

      expect(log.reports.failures, `${code} at call ${at}`).toHaveLength(failed ? 1 : 0);
      if (flushedBefore !== undefined) expect(log.reports.flushedEnd).toBe(flushedBefore);
      expect(closed).toBe(true);
    }
  });

  it('at any call of a start is a refusal with a cause, and the next start finds everything', async () => {
    for (let at = 0; at < 40; at++) {
      const log = await openOne({ segmentBytes: BATCHES_POSITION + 150 });
      for (let i = 0; i < 5; i++) log.append();
      let left = at;
      let failed = false;
      log.failOn(() => {
        if (left-- !== 0) return false;
        failed = true;
        return true;
      });

      const result = openNow(log.fs);
      if (failed) expect(result).toMatchObject({ kind: 'refused', reason: 'disk-failed' });
      log.failOn(() => false);
      const again = openNow(log.fs);
      expect(again.kind === 'opened' && again.store.endOffset).toBe(5);
    }
  });
});
