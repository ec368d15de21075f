import { describe, expect, it } from 'vitest';
import { FakeTimers, format, nextBatch, open, openNow, Reports, VOTER } from '../test/log-fixture.js';
import { appended, headAt, installNow, newNode, snapshotAt, topic, transfer } from '../test/snapshot-fixture.js';
import { MemoryFileSystem, type FileSystemCall } from './memory-file-system.js';
import { fileSystemError } from './file-system-error.js';
import { LOG_DIRECTORY, RESERVE_FILE } from './paths.js';
import { SPACE_CHECK_MS } from './reserved-file-system.js';
import { BATCHES_POSITION } from './segment-header.js';

const RESERVE = 64 * 1024;
const BIG = { payloadBytes: 10_000 };

async function fullable({ startFull = false, failing = undefined as ((call: FileSystemCall) => boolean) | undefined } = {}) {
  let capacity = Infinity;
  const fs: MemoryFileSystem = new MemoryFileSystem({
    random: () => 0.5,
    capacityBytes: () => capacity,
    onCall: (call) => (failing?.(call) === true ? fileSystemError('ENOSPC', 'injected') : undefined),
  });
  await format(fs);
  if (startFull) capacity = fs.usedBytes() + 1000;
  const timers = new FakeTimers();
  const reports = new Reports();
  const opened = await open(fs, { timers, segmentBytes: BATCHES_POSITION + 30_000, reserveBytes: RESERVE });
  opened.store.setListener(reports);
  return {
    fs,
    ...opened,
    timers,
    reports,
    /** Nothing more fits. */
    fill: (leftBytes = 100) => (capacity = fs.usedBytes() + leftBytes),
    makeRoom: (bytes = 1 << 20) => (capacity = fs.usedBytes() + bytes),
  };
}

describe('a full disk', () => {
  it('costs the reserve and not the process: what was begun is written, votes are kept, and the host is told', async () => {
    const { fs, store, elections, timers, reports, fill } = await fullable();
    expect(fs.readFile(RESERVE_FILE)).toHaveLength(RESERVE);
    store.append(nextBatch(store, BIG));
    fill();

    store.append(nextBatch(store, BIG));
    store.append(nextBatch(store, BIG));
    let voted = false;
    elections.persist({ epoch: 9 as never, leaderId: undefined, votedKey: { id: VOTER.id, directoryId: VOTER.directoryId } }, () => (voted = true));
    timers.advance(5);

    expect(reports.failures).toEqual([]);
    expect(reports.flushedEnd).toBe(3);
    expect(voted).toBe(true);
    expect(reports.fullness).toEqual([true]);
    expect(fs.exists(RESERVE_FILE)).toBe(false);
    expect((await open(fs.killProcess())).recovered).toMatchObject({ electionState: { epoch: 9 }, log: { endOffset: 3 } });
  });

  it('is over, without a restart, when there is room again for the reserve and more', async () => {
    const { fs, store, timers, reports, fill, makeRoom } = await fullable();
    fill();
    store.append(nextBatch(store, BIG));
    timers.advance(5);
    timers.advance(10 * SPACE_CHECK_MS);
    expect(reports.fullness).toEqual([true]);
    makeRoom(RESERVE * 2);
    timers.advance(SPACE_CHECK_MS);
    expect(reports.fullness).toEqual([true]);

    makeRoom();
    timers.advance(SPACE_CHECK_MS);
    timers.advance(0);

    expect(reports.fullness).toEqual([true, false]);
    expect(fs.readFile(RESERVE_FILE)).toHaveLength(RESERVE);
    fill();
    store.append(nextBatch(store, BIG));
    timers.advance(5);
    expect(reports.fullness).toEqual([true, false, true]);
    expect(reports.failures).toEqual([]);
  });

  it('ends the process when the reserve is used up as well', async () => {
    const { store, reports, fill } = await fullable();
    fill();

    for (let i = 0; i < 8 && reports.failures.length === 0; i++) store.append(nextBatch(store, BIG));

    expect(reports.failures).toMatchObject([{ code: 'ENOSPC' }]);
    expect(reports.flushedEnd).toBeGreaterThanOrEqual(4);
  });

  it('rolls into the reserve', async () => {
    const { fs, store, timers, reports, fill } = await fullable();
    store.append(nextBatch(store, { payloadBytes: 25_000 }));
    fill();

    store.append(nextBatch(store, BIG));
    timers.advance(5);

    expect(reports).toMatchObject({ failures: [], fullness: [true] });
    expect(fs.list(LOG_DIRECTORY).filter((name) => name.endsWith('.log'))).toHaveLength(2);
  });

  it('at the start is told at once, and votes are possible all the same', async () => {
    const { fs, elections, reports, timers, makeRoom } = await fullable({ startFull: true });
    expect(fs.exists(RESERVE_FILE)).toBe(false);
    expect(reports.fullness).toEqual([true]);
    let voted = false;
    elections.persist({ epoch: 9 as never, leaderId: undefined, votedKey: undefined }, () => (voted = true));
    expect(voted).toBe(true);

    makeRoom();
    timers.advance(0);
    timers.advance(SPACE_CHECK_MS);
    timers.advance(0);

    expect(reports.fullness.at(-1)).toBe(false);
    expect(fs.exists(RESERVE_FILE)).toBe(true);
  });

  it('gives up a snapshot in the making, which may not have the reserve', async () => {
    const { fs, store, snapshots, timers, reports, fill } = await fullable();
    const [batch] = appended(store, 1);
    const sink = snapshots.create(headAt(batch!));
    sink.append([topic('a')]);
    fill(0);
    sink.append([topic('b'.repeat(9000))]);
    sink.append([topic('c')]);
    const outcomes: string[] = [];
    sink.freeze((outcome) => outcomes.push(outcome));
    fill(0);
    snapshots.create(headAt(batch!)).freeze((outcome) => outcomes.push(outcome));
    timers.advance(5);

    expect(outcomes).toEqual(['no-space', 'no-space']);
    expect(snapshots.list()).toEqual([]);
    expect(fs.list(LOG_DIRECTORY).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(reports).toMatchObject({ failures: [], fullness: [] });
    expect(fs.exists(RESERVE_FILE)).toBe(true);
  });

  it('gives up a snapshot that is being fetched', async () => {
    const leader = await newNode();
    const id = snapshotAt(leader.opened.snapshots, appended(leader.opened.store, 3)[2]!, { names: ['x'.repeat(3000)] });
    const { fs, snapshots, reports, fill, makeRoom } = await fullable();
    fill(1000);
    transfer(leader.opened.snapshots, snapshots, id);

    expect(installNow(snapshots, id, 1)).toEqual({ kind: 'damaged', problem: 'there was no room for it on the disk' });
    expect(fs.list(LOG_DIRECTORY).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(reports.failures).toEqual([]);
    makeRoom();
    transfer(leader.opened.snapshots, snapshots, id);
    expect(installNow(snapshots, id, 1).kind).toBe('installed');
  });

  it('without a reserve ends the process, as a broken disk does', async () => {
    let capacity = Infinity;
    const fs = new MemoryFileSystem({ random: () => 0.5, capacityBytes: () => capacity });
    await format(fs);
    const opened = openNow(fs);
    if (opened.kind === 'refused') throw new Error(opened.message);
    const reports = new Reports();
    opened.store.setListener(reports);
    capacity = fs.usedBytes();

    opened.store.append(nextBatch(opened.store));

    expect(reports.failures).toMatchObject([{ code: 'ENOSPC' }]);
  });
});
