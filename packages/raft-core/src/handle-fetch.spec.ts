import { MAX_READ_BATCH_BYTES } from '@quorate/records';
import { describe, expect, test } from 'vitest';
import { directoryOf } from '../test/fake-host.js';
import { OneNode, batchesOf, beginRequest, fetchRequest, snapshotOfAll } from '../test/one-node.js';

/** Leads epoch 1; its first batch (0-3) is on its disk, and after `commit` on that of n2 as well. */
const leader = () => OneNode.leading();
const committed = () => {
  const node = leader();
  node.ask(fetchRequest({ from: 2, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 0 }));
  node.forget();
  return node;
};
const ask = (node: OneNode, from: Parameters<typeof fetchRequest>[0]) => node.ask<'fetch'>(fetchRequest(from));

describe('what is refused', () => {
  test.each([
    ['a negative wait', { maxWaitMs: -1 }],
    ['a negative number of bytes', { maxBytes: -1 }],
    ['a negative offset', { offset: -1 }],
    ['a negative epoch', { lastEpoch: -1 }],
    ['a last epoch newer than the current one', { lastEpoch: 2 }],
    ['the leader itself', { from: 1 }],
  ])('%s: INVALID_REQUEST', (_name, wrong) => {
    expect(ask(leader(), { from: 2, epoch: 1, offset: 0, ...wrong })).toMatchObject({ error: 'INVALID_REQUEST' });
  });

  test('an older epoch is fenced, a newer one unknown, and neither changes the leader', () => {
    const node = leader();
    expect(ask(node, { from: 2, epoch: 0, offset: 0 })).toMatchObject({ error: 'FENCED_LEADER_EPOCH', leaderId: 1, leaderEpoch: 1 });
    expect(ask(node, { from: 2, epoch: 2, offset: 0 })).toMatchObject({ error: 'UNKNOWN_LEADER_EPOCH' });
    expect(node.status).toMatchObject({ role: 'leader', epoch: 1 });
  });

  test('a follower says who leads', () => {
    expect(ask(OneNode.following(3, 1), { from: 2, epoch: 1, offset: 0 })).toMatchObject({ error: 'NOT_LEADER_OR_FOLLOWER', leaderId: 3, leaderEpoch: 1 });
  });

  test('another cluster is not even told the epoch', () => {
    expect(leader().ask<'fetch'>({ ...fetchRequest({ from: 2, epoch: 1, offset: 0 }), clusterId: 'other' })).toMatchObject({ error: 'INCONSISTENT_CLUSTER_ID', leaderEpoch: 0, leaderId: undefined });
  });
});

describe('a voter', () => {
  test('gets what is not committed, at once', () => {
    const node = leader();
    expect(ask(node, { from: 2, epoch: 1, offset: 0 })?.batches.map((batch) => batch.endOffset)).toEqual([3]);
  });

  test('waits when there is nothing new, and is answered by the next append, before any flush', () => {
    const node = committed();
    node.flushesAtOnce = false;
    expect(ask(node, { from: 2, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 3 })).toBeUndefined();
    const token = node.lastToken;
    node.propose();
    expect(node.replies.get(token)).toMatchObject({ error: 'NONE', batches: [{ baseOffset: 3 }], highWatermark: 3 });
    expect(node.status.flushedOffset).toBe(3);
  });

  test('is answered when the high watermark moves, unless it said that it does not wait on it', () => {
    const node = leader();
    ask(node, { from: 3, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 'unknown', disk: 9 });
    node.flushesAtOnce = false;
    ask(node, { from: 2, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 0 });
    expect(node.replies.get(node.lastToken)).toMatchObject({ batches: [], highWatermark: 3 });

    node.propose();
    ask(node, { from: 2, epoch: 1, offset: 4, lastEpoch: 1, highWatermark: 3 });
    const waiting = node.lastToken;
    ask(node, { from: 3, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 'unknown' });
    ask(node, { from: 3, epoch: 1, offset: 4, lastEpoch: 1, highWatermark: 'unknown' });
    const indifferent = node.lastToken;
    expect(node.replies.get(waiting)).toMatchObject({ highWatermark: 4 });
    expect(node.replies.get(indifferent)).toBeUndefined();
  });

  test('that knows less of the high watermark than the leader is answered at once (KIP-1166)', () => {
    const node = committed();
    expect(ask(node, { from: 2, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 1 })).toMatchObject({ batches: [], highWatermark: 3 });
    expect(ask(node, { from: 2, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 3 })).toBeUndefined();
    expect(ask(node, { from: 2, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 'unknown' })).toBeUndefined();
  });

  test('waits 150 ms at most, however long it offers to', () => {
    const node = committed();
    ask(node, { from: 2, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 3, maxWaitMs: 500 });
    node.advance(149);
    expect(node.replies.get(node.lastToken)).toBeUndefined();
    node.advance(1);
    expect(node.replies.get(node.lastToken)).toMatchObject({ error: 'NONE', batches: [] });
  });

  test('with a second Fetch is no longer waiting for its first', () => {
    const node = committed();
    ask(node, { from: 2, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 3 });
    const first = node.lastToken;
    ask(node, { from: 2, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 3 });
    expect(node.replies.get(first)).toMatchObject({ batches: [] });
    expect(node.replies.get(node.lastToken)).toBeUndefined();
  });

  test('that has gone is forgotten', () => {
    const node = committed();
    ask(node, { from: 2, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 3 });
    const token = node.lastToken;
    node.step({ kind: 'requestCancelled', token });
    node.propose();
    expect(node.replies.get(token)).toBeUndefined();
  });

  test('is told at once where its log diverges, and its offset is not believed', () => {
    const node = leader();
    expect(ask(node, { from: 2, epoch: 1, offset: 9, lastEpoch: 1 })).toMatchObject({ error: 'NONE', diverging: { epoch: 1, endOffset: 3 }, batches: [] });
    expect(node.status.replicas.find(({ id: replica }) => replica === 2)?.logEndOffset).toBeUndefined();
    expect(node.status.highWatermark).toBeUndefined();
  });

  test('with other bytes at the same offset and epoch is told so, and acknowledges nothing', () => {
    const node = leader();
    const checksum = node.host.batches.at(-1)?.checksum ?? 0;
    ask(node, { from: 2, epoch: 1, offset: 3, lastEpoch: 1, checksum: checksum ^ 1 });
    const told = node.lastToken;
    expect(node.replies.get(told)).toBeUndefined();
    node.host.verify(node.only('verifyLog')[0]!);
    expect(node.replies.get(told)).toMatchObject({ error: 'CHAIN_MISMATCH' });
    expect(node.status.highWatermark).toBeUndefined();
    ask(node, { from: 2, epoch: 1, offset: 3, lastEpoch: 1, checksum });
    expect(node.status.highWatermark).toBe(3);
  });

  test('whose fetch offset goes back is believed, and the high watermark stays', () => {
    const node = committed();
    ask(node, { from: 2, epoch: 1, offset: 0 });
    expect(node.status.replicas.find(({ id: replica }) => replica === 2)?.logEndOffset).toBe(0);
    expect(node.status.highWatermark).toBe(3);
  });
});

describe('a reader (observer, broker, tool)', () => {
  test('gets only what is committed', () => {
    const node = committed();
    node.flushesAtOnce = false;
    node.propose();
    expect(ask(node, { from: 101, epoch: 1, offset: 0, committedOnly: true })?.batches.map((batch) => batch.endOffset)).toEqual([3]);
    expect(ask(node, { from: 9, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 3 })).toBeUndefined();
  });

  test('waits for the high watermark, not for the append', () => {
    const node = committed();
    ask(node, { from: 101, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 3, committedOnly: true });
    const token = node.lastToken;
    node.propose();
    expect(node.replies.get(token)).toBeUndefined();
    ask(node, { from: 2, epoch: 1, offset: 4, lastEpoch: 1, highWatermark: 3 });
    expect(node.replies.get(token)).toMatchObject({ batches: [{ baseOffset: 3 }], highWatermark: 4 });
  });

  test('before the leader has a high watermark of its own gets nothing', () => {
    expect(ask(leader(), { from: 101, epoch: 1, offset: 0, committedOnly: true })).toBeUndefined();
  });

  test('is answered at most every 2 ms, with everything since', () => {
    const node = committed();
    const commit = (offset: number) => {
      node.propose();
      ask(node, { from: 2, epoch: 1, offset, lastEpoch: 1, highWatermark: offset });
    };
    ask(node, { from: 101, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 3, committedOnly: true });
    commit(4);
    ask(node, { from: 101, epoch: 1, offset: 4, lastEpoch: 1, highWatermark: 4, committedOnly: true });
    const second = node.lastToken;
    commit(5);
    commit(6);
    expect(node.replies.get(second)).toBeUndefined();
    node.advance(2);
    expect(node.replies.get(second)).toMatchObject({ highWatermark: 6, batches: [{ baseOffset: 4 }, { baseOffset: 5 }] });
  });

  test('of equal offset are answered in one step with equal ranges, so that the host encodes once', () => {
    const node = committed();
    for (const reader of [101, 102, 103]) ask(node, { from: reader, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 3, committedOnly: true });
    node.forget();
    node.propose();
    ask(node, { from: 2, epoch: 1, offset: 4, lastEpoch: 1, highWatermark: 3 });
    const ranges = node.only('replyFetch').filter(({ token }) => token !== node.lastToken).map(({ from, upTo }) => [from, upTo]);
    expect(ranges).toEqual([[3, 4], [3, 4], [3, 4]]);
  });

  test('never counts, not even under a voter\'s id with another disk', () => {
    const node = leader();
    ask(node, { from: 9, epoch: 1, offset: 3, lastEpoch: 1 });
    ask(node, { from: 2, epoch: 1, offset: 3, lastEpoch: 1, disk: 7 });
    ask(node, { from: 2, epoch: 1, offset: 3, lastEpoch: 1, committedOnly: true, disk: 8 });
    expect(node.status.highWatermark).toBeUndefined();
    expect(node.status.replicas.filter(({ isVoter }) => !isVoter).map(({ id: replica, directoryId }) => [replica, directoryId])).toEqual([
      [9, directoryOf(9)],
      [2, directoryOf(2, 7)],
      [2, directoryOf(2, 8)],
    ]);
  });

  test('never counts under a voter\'s own key either: it keeps nothing on disk', () => {
    const node = leader();
    ask(node, { from: 2, epoch: 1, offset: 3, lastEpoch: 1, committedOnly: true });
    ask(node, { from: 3, epoch: 1, offset: 0 });
    expect(node.status.highWatermark).toBeUndefined();
    expect(node.status.replicas.filter(({ isVoter }) => isVoter).map(({ logEndOffset }) => logEndOffset)).toEqual([3, undefined, 0]);
  });

  test('that asks for all the bytes in the world gets no more than the largest batch at a time', () => {
    const node = committed();
    ask(node, { from: 101, epoch: 1, offset: 0, committedOnly: true, maxBytes: 2 ** 31 - 1 });
    expect(node.only('replyFetch').at(-1)?.maxBytes).toBe(MAX_READ_BATCH_BYTES);
  });

  test('without an id is served and not tracked', () => {
    const node = committed();
    expect(ask(node, { epoch: 1, offset: 0, committedOnly: true })?.batches).toHaveLength(1);
    expect(node.status.replicas.filter(({ isVoter }) => !isVoter)).toEqual([]);
  });

  test('that has not fetched for 300 s is no longer described', () => {
    const node = OneNode.leading({ voters: [1] });
    ask(node, { from: 9, epoch: 1, offset: 0 });
    expect(node.status.replicas).toHaveLength(2);
    node.advance(300_000);
    node.step({ kind: 'tick' });
    expect(node.status.replicas).toHaveLength(2);
    node.advance(1);
    node.step({ kind: 'tick' });
    expect(node.status.replicas).toHaveLength(1);
  });
});

describe('a voter that repairs its log', () => {
  test('is served and shown, but counts neither for the high watermark nor for check-quorum', () => {
    const node = leader();
    for (let elapsed = 0; elapsed < 3000; elapsed += 500) {
      ask(node, { from: 2, epoch: 1, offset: 3, lastEpoch: 1, recovering: true });
      node.advance(500);
    }
    expect(node.status).toMatchObject({ role: 'resigned', highWatermark: undefined });
  });
});

describe('snapshots', () => {
  test('an asker that has nothing is sent to the snapshot, one that is within the log is not', () => {
    const node = OneNode.leading({ disk: { batches: batchesOf([[1, 5]]), snapshots: [snapshotOfAll(batchesOf([[1, 5]]))] } });
    expect(ask(node, { from: 2, epoch: 2, offset: 0 })).toMatchObject({ error: 'NONE', snapshotId: { endOffset: 5, epoch: 1 }, batches: [] });
    expect(ask(node, { from: 2, epoch: 2, offset: 5, lastEpoch: 1 })?.batches).toHaveLength(1);
  });
});

test('leadership lost: whoever waits is told to look elsewhere', () => {
  const node = committed();
  ask(node, { from: 2, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 3 });
  const voter = node.lastToken;
  ask(node, { from: 101, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 3, committedOnly: true });
  const reader = node.lastToken;
  node.ask(beginRequest({ from: 3, epoch: 2 }));

  for (const token of [voter, reader]) expect(node.replies.get(token)).toMatchObject({ error: 'NOT_LEADER_OR_FOLLOWER', leaderId: 3, leaderEpoch: 2 });
});
