import { recordsOf, requestsOf } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { FakeTimers, nextBatch, open, openNow, readAll, Reports, VOTER } from '../test/log-fixture.js';
import { appended, headAt, installNow, newNode, readAllOf, snapshotAt, topic, transfer } from '../test/snapshot-fixture.js';
import { DELETE_DELAY_MS } from './deferred-deletion.js';
import { LOG_DIRECTORY, snapshotPath } from './paths.js';
import { BATCHES_POSITION } from './segment-header.js';

const SMALL = BATCHES_POSITION + 300;
const files = (fs: { list(directory: string): readonly string[] }) => fs.list(LOG_DIRECTORY).filter((name) => /log|checkpoint/.test(name) && !name.startsWith('leader') && !name.includes('0000000000.checkpoint'));

describe('a snapshot of this node’s own', () => {
  it('is listed when it is frozen and can be read in ranges and in slices', async () => {
    const { fs, opened } = await newNode();
    const [, last] = appended(opened.store, 2);
    const names = Array.from({ length: 3000 }, (_, i) => `topic-${i}`);
    const sink = opened.snapshots.create(headAt(last!));
    for (let i = 0; i < names.length; i += 100) sink.append(names.slice(i, i + 100).map(topic));
    sink.appendRequests(5, [{ requestId: new Uint8Array(16).fill(9), firstRecord: 7, items: [{ errorCode: 3 }] }]);
    expect(opened.snapshots.list()).toEqual([]);
    sink.freeze(() => {});

    const bytes = fs.readFile(snapshotPath(headAt(last!).id));
    expect(opened.snapshots.list()).toEqual([{ id: { endOffset: 2, epoch: 1 }, sizeBytes: bytes.length, lastContainedTimestampMs: last!.appendTimeMs, chainChecksum: last!.checksum }]);
    const { id } = opened.snapshots.list()[0]!;
    expect(opened.snapshots.read(id, 17, 40)).toEqual({ kind: 'chunk', bytes: bytes.subarray(17, 57), size: bytes.length, chainChecksum: last!.checksum });
    expect(opened.snapshots.read(id, bytes.length - 3, 40)).toMatchObject({ bytes: bytes.subarray(-3) });
    expect(opened.snapshots.read(id, bytes.length, 40)).toEqual({ kind: 'out-of-range', size: bytes.length });
    expect(opened.snapshots.read({ ...id, epoch: 2 as never }, 0, 40)).toEqual({ kind: 'not-found' });

    const reader = opened.snapshots.open(id)!;
    expect(reader.head).toEqual(headAt(last!));
    const slices = readAllOf(reader, 10_000);
    expect(slices.length).toBeGreaterThan(5);
    expect(Math.max(...slices.map((slice) => slice.reduce((sum, batch) => sum + batch.bytes.length, 0)))).toBeLessThanOrEqual(10_000);
    const batches = slices.flat();
    expect(batches.slice(0, -1).flatMap(recordsOf)).toHaveLength(names.length);
    expect(batches.at(-1)!.appendTimeMs).toBe(5);
    expect(requestsOf(batches.at(-1)!)).toMatchObject([{ requestId: new Uint8Array(16).fill(9), items: [{ errorCode: 3 }] }]);
    expect(readAllOf(opened.snapshots.open(id)!, 1).flat()).toHaveLength(batches.length);
  });

  it('leaves nothing behind when it is discarded', async () => {
    const { fs, opened } = await newNode();
    const before = fs.list(LOG_DIRECTORY);
    const [last] = appended(opened.store, 1);

    const sink = opened.snapshots.create(headAt(last!));
    sink.append([topic('a')]);
    sink.discard();

    expect(fs.list(LOG_DIRECTORY).filter((name) => name.includes('checkpoint'))).toEqual(before.filter((name) => name.includes('checkpoint')));
    expect(opened.snapshots.list()).toEqual([]);
  });

  it('is found again by the next start', async () => {
    const { fs, opened } = await newNode();
    const batches = appended(opened.store, 4);
    snapshotAt(opened.snapshots, batches[1]!);
    snapshotAt(opened.snapshots, batches[3]!);

    const again = await open(fs.killProcess());

    expect(again.snapshots.list()).toEqual(opened.snapshots.list());
    expect(again.recovered.log).toMatchObject({ startOffset: 0, endOffset: 4, latestSnapshot: { endOffset: 4, epoch: 1 } });
    expect(again.recovered.report.notes).toEqual([]);
  });

  it('splits requests that do not fit one carrier', async () => {
    const { opened } = await newNode();
    const [last] = appended(opened.store, 1);
    const sink = opened.snapshots.create(headAt(last!));
    const items = Array.from({ length: 100 }, () => ({ errorCode: 0, topicId: new Uint8Array(16).fill(3) }));
    sink.appendRequests(5, Array.from({ length: 1000 }, (_, i) => ({ requestId: new Uint8Array(16).fill(i), firstRecord: 0, items })));
    sink.freeze(() => {});

    const carriers = readAllOf(opened.snapshots.open({ endOffset: last!.endOffset, epoch: last!.epoch })!, 1 << 20).flat();

    expect(carriers.length).toBeGreaterThan(2);
    expect(carriers.flatMap(requestsOf)).toHaveLength(1000);
    for (const carrier of carriers) expect(carrier.bytes.length).toBeLessThanOrEqual(768 * 1024);
  });
});

describe('a fetched snapshot', () => {
  /** A leader with a snapshot at 12 of a log of 14, and an empty follower. */
  async function leaderAndFollower() {
    const leader = await newNode();
    const batches = appended(leader.opened.store, 7, { records: 2, epoch: 3 });
    const id = snapshotAt(leader.opened.snapshots, batches[5]!);
    const follower = await newNode({ segmentBytes: SMALL });
    const reports = new Reports();
    follower.opened.store.setListener(reports);
    return { leader, follower, reports, id, batches };
  }

  it('replaces the log: it begins anew, empty, at the snapshot’s end, and goes on from there', async () => {
    const { leader, follower, reports, id, batches } = await leaderAndFollower();
    appended(follower.opened.store, 6, { payloadBytes: 100 });
    const { store, snapshots } = follower.opened;
    transfer(leader.opened.snapshots, snapshots, id);

    const result = installNow(snapshots, id, 1);

    expect(result).toMatchObject({ kind: 'installed', head: { id, voters: [VOTER], kraftVersion: 1 } });
    expect(store).toMatchObject({ startOffset: 12, endOffset: 12, generation: 1, endChecksum: batches[5]!.checksum });
    expect(files(follower.fs).filter((name) => !name.endsWith('.deleted'))).toEqual(['00000000000000000012-0000000003.checkpoint', '00000000000000000012.log']);
    expect(store.checksumAt(12 as never)).toBe(batches[5]!.checksum);
    let below: unknown;
    store.read(3 as never, 12 as never, 100, (read) => (below = read.batches));
    expect(below).toEqual([]);
    store.append(batches[6]!);
    expect(reports.flushes.at(-1)).toEqual({ endOffset: 14, generation: 1 });

    const again = await open(follower.fs.killProcess());
    expect(again.recovered.log).toEqual({ startOffset: 12, startEpoch: 3, endOffset: 14, generation: 1, epochs: [{ epoch: 3, startOffset: 12 }], latestSnapshot: id, recovering: undefined });
    expect(again.recovered.voterSets).toEqual([{ offset: undefined, voters: [VOTER] }, { offset: 11, voters: [VOTER] }]);
    expect(again.store.checksumAt(12 as never)).toBe(batches[5]!.checksum);
    expect((await readAll(again.store)).map((batch) => batch.checksum)).toEqual([batches[6]!.checksum]);
  });

  it('takes over when what is behind it is another history, even in a segment of the same name', async () => {
    const { leader, follower, id, batches } = await leaderAndFollower();
    const { store, snapshots } = follower.opened;
    appended(store, 9, { records: 2, payloadBytes: 90 });
    expect(files(follower.fs)).toContain('00000000000000000012.log');
    transfer(leader.opened.snapshots, snapshots, id, 7);

    expect(installNow(snapshots, id, 1).kind).toBe('installed');
    store.append(batches[6]!);

    expect((await open(follower.fs.killProcess())).recovered.log).toMatchObject({ startOffset: 12, endOffset: 14, generation: 1 });
  });

  it('is refused and removed when a byte was changed on the way, and the log stays as it was', async () => {
    const { leader, follower, id } = await leaderAndFollower();
    const { store, snapshots } = follower.opened;
    appended(store, 2);
    const whole = leader.opened.snapshots.read(id, 0, 1 << 20);
    const bytes = whole.kind === 'chunk' ? whole.bytes : new Uint8Array(0);
    const before = files(follower.fs);

    for (let at = 0; at < bytes.length; at++) {
      const rotten = Uint8Array.from(bytes);
      rotten[at]! ^= 0x20;
      for (let position = 0; position < rotten.length; position += 64) snapshots.receive(id, position, rotten.subarray(position, position + 64));
      expect(installNow(snapshots, id, 1).kind).toBe('damaged');
      snapshots.receive(id, 0, bytes.subarray(0, at));
      expect(installNow(snapshots, id, 1).kind).toBe('damaged');
    }
    snapshots.receive(id, 0, Uint8Array.of(...bytes, ...bytes));
    expect(installNow(snapshots, id, 1).kind).toBe('damaged');
    expect(installNow(snapshots, id, 1)).toMatchObject({ kind: 'damaged', problem: 'nothing of it was received' });

    expect(files(follower.fs)).toEqual(before);
    expect(store).toMatchObject({ startOffset: 0, endOffset: 2, generation: 0 });
  });

  it('begins anew at position 0, and goes away when it is given up', async () => {
    const { leader, follower, id } = await leaderAndFollower();
    const { snapshots } = follower.opened;
    const before = files(follower.fs);
    snapshots.receive(id, 0, new Uint8Array(100));
    transfer(leader.opened.snapshots, snapshots, id);
    snapshots.discardReceived({ ...id, endOffset: 4 as never });
    expect(files(follower.fs)).not.toEqual(before);

    snapshots.discardReceived(id);

    expect(files(follower.fs)).toEqual(before);
  });

  it('that was frozen when the process died is taken up by the next start', async () => {
    const { leader, follower, id, batches } = await leaderAndFollower();
    const { store, snapshots } = follower.opened;
    appended(store, 2);
    transfer(leader.opened.snapshots, snapshots, id);
    const name = snapshotPath(id);
    follower.fs.rename(`${name}.fetched.part`, name);

    const again = await open(follower.fs.killProcess());

    expect(again.recovered.log).toMatchObject({ startOffset: 12, endOffset: 12, generation: 1, latestSnapshot: id, epochs: [] });
    expect(again.store.endChecksum).toBe(batches[5]!.checksum);
    expect(again.recovered.report.notes).toHaveLength(1);
  });
});

describe('cleaning', () => {
  async function longLog() {
    const timers = new FakeTimers();
    const { fs, opened } = await newNode({ segmentBytes: SMALL, timers });
    const batches = appended(opened.store, 12, { records: 2, payloadBytes: 40 });
    for (const at of [2, 5, 8]) snapshotAt(opened.snapshots, batches[at]!);
    timers.advance(5);
    return { fs, ...opened, timers, batches };
  }

  it('moves the start to a snapshot and lets go of older snapshots and of whole segments before it', async () => {
    const { fs, store, snapshots, batches } = await longLog();
    expect(files(fs).filter((name) => name.endsWith('.log'))).toEqual(['00000000000000000000.log', '00000000000000000004.log', '00000000000000000008.log', '00000000000000000012.log', '00000000000000000016.log', '00000000000000000020.log']);

    snapshots.deleteBefore(12);

    expect(store.startOffset).toBe(12);
    expect(snapshots.list().map(({ id }) => id.endOffset)).toEqual([12, 18]);
    expect(store.checksumAt(12 as never)).toBe(batches[5]!.checksum);
    expect(store.checksumAt(10 as never)).toBeUndefined();
    expect(files(fs).filter((name) => name.endsWith('.log'))).toEqual(['00000000000000000012.log', '00000000000000000016.log', '00000000000000000020.log']);
    expect(files(fs).filter((name) => name.endsWith('.deleted'))).toHaveLength(4);

    snapshots.deleteBefore(18);
    expect(store.startOffset).toBe(18);
    expect(files(fs).filter((name) => name.endsWith('.log'))).toEqual(['00000000000000000016.log', '00000000000000000020.log']);
    expect((await readAll(store)).map((batch) => batch.baseOffset)).toEqual([18, 20, 22]);
    const again = await open(fs.killProcess());
    expect(again.recovered.log).toMatchObject({ startOffset: 18, endOffset: 24, epochs: [{ epoch: 1, startOffset: 18 }], latestSnapshot: { endOffset: 18 } });
    expect(files(fs.killProcess()).filter((name) => name.endsWith('.deleted'))).toEqual([]);
  });

  it('removes the files a minute later, one by one, while the marker keeps its own time', async () => {
    const { fs, store, snapshots, timers } = await longLog();
    snapshots.deleteBefore(12);
    store.append(nextBatch(store));
    timers.advance(5);
    expect(files(fs).filter((name) => name.endsWith('.deleted'))).toHaveLength(4);

    timers.advance(DELETE_DELAY_MS);
    expect(files(fs).filter((name) => name.endsWith('.deleted'))).toHaveLength(3);
    for (let i = 0; i < 3; i++) timers.advance(0);

    expect(files(fs).filter((name) => name.endsWith('.deleted'))).toHaveLength(0);
    expect(timers.armed).toBe(false);
  });

  it('lets a reader finish with a snapshot that goes meanwhile', async () => {
    const { snapshots, timers } = await longLog();
    const { id } = snapshots.list()[0]!;
    const reader = snapshots.open(id)!;
    expect(snapshots.read(id, 0, 10).kind).toBe('chunk');

    snapshots.deleteBefore(18);
    timers.advance(DELETE_DELAY_MS);

    expect(snapshots.read(id, 10, 10)).toEqual({ kind: 'not-found' });
    expect(snapshots.open(id)).toBeUndefined();
    expect(readAllOf(reader, 1 << 16).flat()).toHaveLength(1);
  });

  it('cuts back to the start, and no further', async () => {
    const { store, snapshots } = await longLog();
    snapshots.deleteBefore(18);
    expect(() => store.truncate(16 as never, 1, () => {})).toThrow('cannot cut');

    store.truncate(18 as never, 1, () => {});

    expect(store).toMatchObject({ startOffset: 18, endOffset: 18 });
    store.append(nextBatch(store, { epoch: 2 }));
    expect(store.endOffset).toBe(19);
  });

  it('forgets a snapshot that somebody has removed', async () => {
    const { fs, snapshots } = await longLog();
    fs.unlink(snapshotPath(snapshots.list()[1]!.id));

    expect(snapshots.read(snapshots.list()[1]!.id, 0, 10)).toEqual({ kind: 'not-found' });
    expect(snapshots.list()).toHaveLength(2);
  });
});

describe('a start', () => {
  it('takes the voters of the snapshot that the log stands on', async () => {
    const other = { ...VOTER, endpoints: [{ name: 'CONTROLLER', host: 'elsewhere', port: 1 }] };
    const { fs, opened } = await newNode({ segmentBytes: SMALL });
    const batches = appended(opened.store, 6, { payloadBytes: 200 });
    const sink = opened.snapshots.create({ ...headAt(batches[3]!), voters: [other] });
    sink.freeze(() => {});
    opened.snapshots.deleteBefore(4);

    const { recovered } = await open(fs.killProcess());

    expect(recovered.voterSets.at(-1)).toEqual({ offset: 3, voters: [other] });
    expect(recovered.kraftVersion).toBe(1);
  });

  it('falls back to an older snapshot that joins the log when the newest is damaged, which is kept aside', async () => {
    const { fs, opened } = await newNode({ segmentBytes: SMALL });
    const batches = appended(opened.store, 6, { payloadBytes: 200 });
    for (const at of [1, 3, 4]) snapshotAt(opened.snapshots, batches[at]!);
    opened.snapshots.deleteBefore(2);
    const newest = snapshotPath(opened.snapshots.list()[2]!.id);
    fs.corrupt(newest, 100);

    const again = await open(fs.killProcess());

    expect(again.recovered.log).toMatchObject({ startOffset: 2, endOffset: 6, latestSnapshot: { endOffset: 4 } });
    expect(again.recovered.report.notes.join()).toContain('was put aside');
    expect(again.snapshots.list().map(({ id }) => id.endOffset)).toEqual([2, 4]);
    expect(fs.killProcess().exists(`${newest}.damaged`)).toBe(true);
  });

  it('is refused when the log begins behind 0 and its snapshot was taken away', async () => {
    const { fs, opened } = await newNode({ segmentBytes: SMALL });
    const batches = appended(opened.store, 6, { payloadBytes: 200 });
    const id = snapshotAt(opened.snapshots, batches[3]!);
    opened.snapshots.deleteBefore(4);
    const left = fs.killProcess();
    left.unlink(snapshotPath(id));

    expect(openNow(left)).toMatchObject({ kind: 'refused', reason: 'damaged' });
  });

  it('does without damage that lies before the newest snapshot', async () => {
    const { fs, opened } = await newNode({ segmentBytes: SMALL });
    const batches = appended(opened.store, 8, { payloadBytes: 200 });
    snapshotAt(opened.snapshots, batches[5]!);
    const left = fs.killProcess();
    left.corrupt(`${LOG_DIRECTORY}/00000000000000000001.log`, BATCHES_POSITION + 60);

    const again = await open(left);

    expect(again.recovered.log).toMatchObject({ startOffset: 6, endOffset: 8, latestSnapshot: { endOffset: 6 } });
  });
});
