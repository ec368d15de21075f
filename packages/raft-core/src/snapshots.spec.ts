import { describe, expect, test } from 'vitest';
import { batchesOf, beginRequest, diskBehindSnapshot, fetchRequest, OneNode, snapshotId } from '../test/one-node.js';
import { VoterSet } from './voter-set.js';
import { votersRecord } from './voters-record.js';
import { voterOf } from '../test/fake-host.js';

const voters = (...ids: number[]) => votersRecord(new VoterSet(ids.map((one) => voterOf(one))));

/** Follows node 2 in epoch 3: records 0-5 of epoch 1, a voter set at 5, records 6-9 of epoch 2; all but the last three are committed. */
function follower(): OneNode {
  const node = OneNode.following(2, 3);
  node.answer('fetch', { batches: batchesOf([[1, 5], [1, voters(1, 2)], [2, 1], [2, 3]]), highWatermark: 7 as never });
  node.advance(0);
  node.forget();
  return node;
}

const decide = (node: OneNode, endOffset: number, epoch: number) => node.host.core.decideSnapshot(snapshotId(endOffset, epoch));

describe('a snapshot may be made', () => {
  test('of what is committed, with the epoch of its last record', () => {
    expect(decide(follower(), 7, 2)).toMatchObject({ kraftVersion: 1 });
  });

  test('with the voters as they were at its end, not as they are now', () => {
    const node = follower();
    const ids = (endOffset: number, epoch: number) => {
      const content = decide(node, endOffset, epoch);
      return typeof content === 'string' ? content : content.voters.map(({ id }) => id);
    };

    expect([ids(5, 1), ids(6, 1)]).toEqual([[1, 2, 3], [1, 2]]);
  });

  test.each([
    ['of what is not committed', 10, 2, 'not-committed'],
    ['with another epoch than that of its last record', 7, 1, 'wrong-epoch'],
    ['with an epoch that the log does not know', 7, 9, 'wrong-epoch'],
    ['of nothing', 0, 0, 'nothing-new'],
  ])('but not %s', (_name, endOffset, epoch, refusal) => {
    expect(decide(follower(), endOffset, epoch)).toBe(refusal);
  });

  test('but not where there is one that holds as much', () => {
    const node = follower();
    node.host.makeSnapshot();

    expect([decide(node, 7, 2), decide(node, 6, 1)]).toEqual(['nothing-new', 'nothing-new']);
  });

  test('but not before the log start', () => {
    const node = OneNode.started({ disk: diskBehindSnapshot(batchesOf([[1, 5]])) });

    expect(decide(node, 3, 1)).toBe('nothing-new');
  });
});

describe('the log start moves to the end of a snapshot', () => {
  test('and whoever asks for what came before is sent to the snapshot', () => {
    const node = OneNode.leading({ disk: { batches: batchesOf([[1, 5], [2, 3]]), election: { epoch: 2 as never, leaderId: undefined, votedKey: undefined } } });
    node.ask(fetchRequest({ from: 2, epoch: 3, offset: node.status.logEndOffset, lastEpoch: 3 }));
    const snapshot = node.host.makeSnapshot()!;
    node.host.advanceLogStart(snapshot);
    const at = snapshot.id.endOffset;

    expect(node.status.logStartOffset).toBe(at);
    expect(node.ask(fetchRequest({ from: 3, epoch: 3, offset: 5, lastEpoch: 1 }))?.snapshotId).toEqual(snapshot.id);
    expect(node.ask(fetchRequest({ from: 3, epoch: 3, offset: at, lastEpoch: snapshot.id.epoch }))?.snapshotId).toBeUndefined();
    expect(node.ask(fetchRequest({ from: 3, epoch: 3, offset: at, lastEpoch: 2 }))?.snapshotId).toEqual(snapshot.id);
  });

  test('and a Fetch that has waited since before is sent there as well', () => {
    const node = OneNode.leading({ disk: { batches: batchesOf([[1, 5]]), election: { epoch: 1 as never, leaderId: undefined, votedKey: undefined } } });
    const commitOne = () => {
      node.propose();
      node.ask(fetchRequest({ from: 2, epoch: 2, offset: node.status.logEndOffset, lastEpoch: 2 }));
    };
    const park = () => {
      node.ask(fetchRequest({ from: 101, epoch: 2, offset: node.status.highWatermark!, lastEpoch: 2, highWatermark: 'unknown', committedOnly: true }));
      return node.lastToken;
    };
    commitOne();
    const first = park();
    commitOne();
    expect(node.replies.get(first)).toMatchObject({ error: 'NONE' });
    // Readers are answered every two milliseconds; in them the high watermark moves once more, and the log start with it.
    const second = park();
    commitOne();
    expect(node.replies.get(second)).toBeUndefined();
    const snapshot = node.host.makeSnapshot()!;
    node.host.advanceLogStart(snapshot);
    node.advance(2);

    expect(node.replies.get(second)).toMatchObject({ error: 'NONE', snapshotId: snapshot.id });
  });

  test('epochs and voter sets that were over by then are forgotten, those in force stay', () => {
    const node = follower();
    node.host.advanceLogStart(node.host.makeSnapshot()!);

    expect(node.status).toMatchObject({ logStartOffset: 7, lastEpoch: 2, votersOffset: 5 });
    expect(node.status.voters.map(({ id }) => id)).toEqual([1, 2]);
  });

  test('never beyond what a snapshot holds, nor beyond what is committed', () => {
    const without = follower();
    expect(() => without.step({ kind: 'logStartAdvanced', startOffset: 6 as never })).toThrow(/no snapshot/);
    const beyond = follower();
    beyond.host.makeSnapshot();
    expect(() => beyond.step({ kind: 'logStartAdvanced', startOffset: 10 as never })).toThrow(/beyond the high watermark/);
  });
});

describe('start-up from a snapshot and a log behind it', () => {
  const disk = () => ({
    ...diskBehindSnapshot(batchesOf([[1, 5]]), batchesOf([[1, 1], [1, 1], [3, 2]], batchesOf([[1, 5]])), [1, 2]),
    election: { epoch: 3 as never, leaderId: undefined, votedKey: undefined },
  });

  test('the snapshot is committed, the log behind it is not known to be', () => {
    const node = OneNode.started({ disk: disk() });

    expect(node.status).toMatchObject({ logStartOffset: 5, logEndOffset: 9, highWatermark: 5, lastEpoch: 3, votersOffset: 4 });
    expect(node.status.voters.map(({ id }) => id)).toEqual([1, 2]);
  });

  test('a log of snapshot alone is as complete as the snapshot', () => {
    const node = OneNode.started({ disk: { ...disk(), batches: [] } });

    expect(node.status).toMatchObject({ logStartOffset: 5, logEndOffset: 5, lastEpoch: 1 });
  });

  test('it fetches from its log end, and the leader cuts it back to where the logs part', () => {
    const node = OneNode.started({ disk: disk() });
    node.ask(beginRequest({ from: 2, epoch: 4 }));
    expect(node.open('fetch').at(-1)?.request).toMatchObject({ fetchOffset: 9, lastFetchedEpoch: 3 });
    node.answer('fetch', { diverging: { epoch: 1 as never, endOffset: 6 as never } });

    expect(node.only('truncate').map(({ endOffset }) => endOffset)).toEqual([6]);
    expect(node.status.voters.map(({ id }) => id)).toEqual([1, 2]);
  });
});
