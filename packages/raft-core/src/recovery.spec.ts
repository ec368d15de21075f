import type { Epoch, Offset } from '@quorate/records';
import { describe, expect, test } from 'vitest';
import { at, batchesOf, beginRequest, epochOf, fetchRequest, OneNode, snapshotOfAll, voteRequest } from '../test/one-node.js';
import { emptyDisk, loseAll } from '../test/fake-host.js';
import { utf8Encode } from '@quorate/records';
import { isRepaired } from './recovery.js';

const BEFORE = batchesOf([[1, 2], [1, 2], [2, 3]]);

/** In epoch 2; records 4 to 6 are lost, which node 1 may have acknowledged. */
const damaged = (more: { endOffset?: number | 'unknown' } = {}) => ({
  ...emptyDisk(),
  batches: BEFORE.slice(0, 2),
  election: { epoch: epochOf(2), leaderId: undefined, votedKey: undefined },
  recovery: { epoch: epochOf(2), endOffset: more.endOffset === 'unknown' ? undefined : at(more.endOffset ?? 7) },
});

describe('a log that was cut because it was damaged is whole again', () => {
  const log = (more: Partial<Parameters<typeof isRepaired>[0]>) =>
    isRepaired({ recovery: { epoch: 5 as Epoch, endOffset: 100 as Offset }, lastEpoch: 5, endOffset: 50, isFlushed: true, ...more });

  test.each([
    ['when it has come to where acknowledgements ended', { endOffset: 100 }, true],
    ['not one record before', { endOffset: 99 }, false],
    ['when it holds a record of a later epoch than that of the damage, however short it is', { lastEpoch: 6, endOffset: 7 }, true],
    ['not while what it holds is on its way to the disk', { endOffset: 100, lastEpoch: 6, isFlushed: false }, false],
    ['by epoch alone when nobody knows what was acknowledged', { recovery: { epoch: 5 as Epoch, endOffset: undefined }, endOffset: 1e9 }, false],
    ['and one that was never damaged has nothing to repair', { recovery: undefined, endOffset: 100 }, false],
  ])('%s', (_name, more, expected) => {
    expect(log(more)).toBe(expected);
  });
});

describe('until then', () => {
  test('it neither grants votes nor stands', () => {
    const node = OneNode.started({ disk: damaged() });
    node.advance(10_000);

    expect(node.status).toMatchObject({ role: 'unattached', recovering: true });
    expect(node.ask(voteRequest({ from: 2, epoch: 3, lastEpoch: 2, endOffset: 7 }))).toMatchObject({ granted: false, refusal: 'recovering' });
    expect(node.ask(voteRequest({ from: 2, epoch: 3, lastEpoch: 2, endOffset: 7, preVote: true }))).toMatchObject({ granted: false, refusal: 'recovering' });
  });

  test('it says so in each Fetch', () => {
    const node = OneNode.started({ disk: damaged() });
    node.ask(beginRequest({ from: 2, epoch: 2 }));

    expect(node.open('fetch').at(-1)?.request).toMatchObject({ fetchOffset: 4, lastFetchedEpoch: 1, recovering: true });
  });

  test('a damaged one that restarts as leader of its epoch does not resign it: it has none', () => {
    const node = OneNode.started({ disk: { ...damaged(), election: { epoch: epochOf(2), leaderId: 1 as never, votedKey: undefined } } });

    expect(node.status.role).toBe('unattached');
  });

  test('the high watermark that its leader tells is not enough', () => {
    const node = OneNode.started({ disk: damaged({ endOffset: 9 }) });
    node.ask(beginRequest({ from: 2, epoch: 2 }));
    node.answer('fetch', { batches: BEFORE.slice(2), highWatermark: at(7) });

    expect(node.status).toMatchObject({ recovering: true, highWatermark: 7 });
  });
});

describe('it counts again', () => {
  test('when its leader of that same epoch has given back all that was acknowledged, and it is on disk', () => {
    const node = OneNode.started({ disk: damaged(), flushesAtOnce: false });
    node.ask(beginRequest({ from: 2, epoch: 2 }));
    node.answer('fetch', { batches: BEFORE.slice(2), highWatermark: at(4) });
    expect(node.status.recovering).toBe(true);
    node.flush();

    expect(node.status.recovering).toBe(false);
    expect(node.only('recovered')).toHaveLength(1);
    expect(node.host.disk.recovery).toBeUndefined();
    expect(node.open('fetch').at(-1)?.request).toMatchObject({ fetchOffset: 7, recovering: false });
  });

  test('when it holds the first record of a later leader, though that leader\'s log is shorter', () => {
    const node = OneNode.started({ disk: damaged({ endOffset: 'unknown' }) });
    node.ask(beginRequest({ from: 2, epoch: 3 }));
    node.answer('fetch', { batches: batchesOf([[3, 1]], BEFORE.slice(0, 2)) });

    expect(node.status).toMatchObject({ recovering: false, logEndOffset: 5 });
  });

  test('when a snapshot has given it back', () => {
    const snapshot = snapshotOfAll(batchesOf([[1, 4], [3, 2]]));
    const file = utf8Encode(JSON.stringify(snapshot));
    const disk = damaged();
    loseAll(disk);
    const node = OneNode.started({ disk });
    expect(node.status).toMatchObject({ logStartOffset: 0, logEndOffset: 0, recovering: true });
    node.ask(beginRequest({ from: 2, epoch: 3 }));
    node.answer('fetch', { snapshotId: snapshot.id });
    node.advance(0);
    node.answer('fetchSnapshot', { size: file.length, bytes: file, chainChecksum: snapshot.chainChecksum });

    expect(node.status).toMatchObject({ logStartOffset: 6, recovering: false });
  });

  test('and then it votes and stands as ever', () => {
    const node = OneNode.started({ disk: damaged() });
    node.ask(beginRequest({ from: 2, epoch: 2 }));
    node.answer('fetch', { batches: BEFORE.slice(2) });
    node.advance(5000);

    expect(node.open('vote').length).toBeGreaterThan(0);
  });

  test('a restart in the middle goes on where the note says; one behind its end has nothing left to do', () => {
    const half = OneNode.started({ disk: { ...damaged({ endOffset: 9 }), batches: BEFORE } });
    expect(half.status.recovering).toBe(true);
    const done = OneNode.started({ disk: { ...damaged(), batches: BEFORE } });

    expect(done.status.recovering).toBe(false);
    expect(done.only('recovered')).toHaveLength(1);
  });
});

describe('the leader and a voter that repairs its log', () => {
  test('what it acknowledged before the damage counts no more', () => {
    const node = OneNode.leading({ flushesAtOnce: false });
    const end = node.status.logEndOffset;
    // Our own disk is slow: only the voters' acknowledgements could commit.
    node.ask(fetchRequest({ from: 2, epoch: 1, offset: end, lastEpoch: 1 }));
    node.ask(fetchRequest({ from: 2, epoch: 1, offset: 0, recovering: true }));
    node.ask(fetchRequest({ from: 3, epoch: 1, offset: end, lastEpoch: 1 }));

    expect(node.status.leaderHighWatermark).toBeUndefined();
  });
});
