import { describe, expect, test } from 'vitest';
import { utf8Encode } from '@quorate/records';
import { batchesOf, beginRequest, endRequest, fetchRequest, OneNode, snapshotId, snapshotOfAll, voteRequest } from '../test/one-node.js';
import type { FetchSnapshotResponse } from './messages.js';

const ALL = batchesOf([[1, 5], [2, 5]]);
const SNAPSHOT = snapshotOfAll(ALL);
const FILE = utf8Encode(JSON.stringify(SNAPSHOT));
const ID = SNAPSHOT.id;

const piece = (from: number, to: number = FILE.length): Partial<FetchSnapshotResponse> => ({
  snapshotId: ID, position: from, size: FILE.length, bytes: FILE.subarray(from, to), chainChecksum: SNAPSHOT.chainChecksum,
});

/** Follows node 2 in epoch 3 with an empty log, and has been told that it needs the snapshot. */
function needing(setup: ConstructorParameters<typeof OneNode>[0] = {}): OneNode {
  const node = OneNode.following(2, 3, setup);
  node.answer('fetch', { snapshotId: ID });
  node.advance(0);
  return node;
}

const asked = (node: OneNode) => node.open('fetchSnapshot').at(-1)?.request;

describe('a follower that needs a snapshot', () => {
  test('fetches it from the first byte on, in its leader\'s epoch, and no log meanwhile', () => {
    const node = needing({ fetchSnapshotMaxBytes: 77 });

    expect(asked(node)).toMatchObject({ currentLeaderEpoch: 3, snapshotId: ID, position: 0, maxBytes: 77 });
    expect(node.open('fetch')).toHaveLength(0);
  });

  test('asks for the next piece from where it stands, also when it gets less than it asked for', () => {
    const node = needing();
    node.answer('fetchSnapshot', piece(0, 7));
    node.advance(0);
    expect(asked(node)?.position).toBe(7);
    node.answer('fetchSnapshot', piece(7, 8));
    node.advance(0);

    expect(asked(node)?.position).toBe(8);
    expect(node.only('storeSnapshotChunk').map(({ position, bytes }) => [position, bytes.length])).toEqual([[0, 7], [7, 1]]);
  });

  test('installs it with the last piece: its log begins there, all of it is committed, and it fetches on', () => {
    const node = needing();
    const { logGeneration } = node.status;
    node.answer('fetchSnapshot', piece(0));
    node.advance(0);

    expect(node.only('installSnapshot')).toEqual([{ kind: 'installSnapshot', snapshotId: ID, generation: logGeneration + 1 }]);
    expect(node.status).toMatchObject({ logStartOffset: 10, logEndOffset: 10, flushedOffset: 10, lastEpoch: 2, highWatermark: 10, logGeneration: logGeneration + 1 });
    expect(node.only('advanceHighWatermark').map(({ highWatermark }) => highWatermark)).toEqual([10]);
    expect(node.open('fetch').at(-1)?.request).toMatchObject({ fetchOffset: 10, lastFetchedEpoch: 2, chainChecksum: SNAPSHOT.chainChecksum });
  });

  test('lets go of a log that the snapshot replaces', () => {
    const node = needing({ disk: { batches: batchesOf([[1, 3]]) } });
    node.answer('fetchSnapshot', piece(0));

    expect(node.host.batches).toEqual([]);
    expect(node.status.logStartOffset).toBe(10);
  });

  test('takes the voters from the snapshot', () => {
    const file = utf8Encode(JSON.stringify({ ...SNAPSHOT, voters: [...SNAPSHOT.voters.slice(0, 2)] }));
    const node = needing();
    node.answer('fetchSnapshot', { ...piece(0), size: file.length, bytes: file });

    expect(node.status.voters.map(({ id }) => id)).toEqual([1, 2]);
    expect(node.status.votersOffset).toBe(9);
    expect(node.only('votersChanged').at(-1)?.peers.map(({ id }) => id)).toEqual([2]);
  });

  test('a report of a flush before the install counts for nothing', () => {
    const node = needing({ disk: { batches: batchesOf([[1, 3]]) } });
    const { logGeneration } = node.status;
    node.answer('fetchSnapshot', piece(0));
    node.step({ kind: 'flushed', endOffset: 3 as never, generation: logGeneration });

    expect(node.status.flushedOffset).toBe(10);
  });

  test('is as well led as one that fetches the log: no piece for the fetch timeout, and it stands', () => {
    const node = needing();
    for (let at = 0; at < 10; at += 1) {
      node.advance(500);
      node.answer('fetchSnapshot', piece(at, at + 1));
      node.advance(0);
    }
    expect(node.status.role).toBe('follower');
    expect(node.ask(voteRequest({ from: 3, epoch: 3, preVote: true, lastEpoch: 3, endOffset: 99, to: 1 }))?.refusal).toBe('hears-leader');
    node.advance(3000);

    expect(node.status.role).toBe('prospective');
  });
});

describe('an answer that is no data', () => {
  test.each([
    ['of another snapshot', { snapshotId: snapshotId(9, 2) }],
    ['from another position', { position: 3 }],
    ['beyond the file\'s size', { size: 5 }],
  ])('bytes %s: what is stored goes, and the leader is asked again', (_name, wrong) => {
    const node = needing();
    node.answer('fetchSnapshot', piece(0, 7));
    node.advance(0);
    node.answer('fetchSnapshot', { ...piece(7, 9), ...wrong });

    expect(node.only('discardSnapshot')).toEqual([{ kind: 'discardSnapshot', snapshotId: ID }]);
    expect(node.only('storeSnapshotChunk')).toHaveLength(1);
    node.advance(100);
    expect(node.open('fetch')).toHaveLength(1);
  });

  test('a file that changes under way is begun anew', () => {
    const node = needing();
    node.answer('fetchSnapshot', piece(0, 7));
    node.advance(0);
    node.answer('fetchSnapshot', { ...piece(7, 9), size: FILE.length + 1 });

    expect(node.kinds()).toContain('discardSnapshot');
  });

  test.each(['SNAPSHOT_NOT_FOUND', 'POSITION_OUT_OF_RANGE'] as const)('%s: the download ends, and a Fetch says what is needed now', (error) => {
    const node = needing();
    node.answer('fetchSnapshot', { ...piece(0, 7), error });
    node.advance(100);

    expect(node.only('storeSnapshotChunk')).toHaveLength(0);
    expect(node.only('discardSnapshot')).toHaveLength(1);
    expect(node.open('fetch')).toHaveLength(1);
  });

  test.each(['UNKNOWN_SERVER_ERROR', 'BROKER_NOT_AVAILABLE', 'INVALID_REQUEST', 'UNKNOWN_LEADER_EPOCH'] as const)('%s: nothing is stored, nothing is thrown away, it is tried again', (error) => {
    const node = needing();
    node.answer('fetchSnapshot', piece(0, 7));
    node.advance(0);
    node.answer('fetchSnapshot', { ...piece(7), error });
    node.advance(1000);
    for (const fetch of node.open('fetch')) node.respond(fetch, { error: 'NOT_LEADER_OR_FOLLOWER', leaderId: 2 as never });
    node.advance(1000);

    expect(node.only('storeSnapshotChunk')).toHaveLength(1);
    expect(node.only('discardSnapshot')).toHaveLength(0);
    expect(asked(node)?.position).toBe(7);
  });

  test('no bytes at once: the next request waits a little', () => {
    const node = needing();
    node.answer('fetchSnapshot', { ...piece(0, 0) });

    expect(node.open('fetchSnapshot')).toHaveLength(0);
    node.advance(20);
    expect(node.open('fetchSnapshot')).toHaveLength(1);
  });

  test('a request that nobody answers is sent again from the same position', () => {
    const node = needing();
    node.answer('fetchSnapshot', piece(0, 7));
    node.advance(0);
    node.fail(node.open('fetchSnapshot')[0]!);
    node.advance(40);
    for (const fetch of node.open('fetch')) node.fail(fetch);
    node.advance(40);

    expect(asked(node)?.position).toBe(7);
  });
});

describe('what is stored of a snapshot', () => {
  const halfway = (): OneNode => {
    const node = needing();
    node.answer('fetchSnapshot', piece(0, 7));
    node.advance(0);
    return node;
  };

  test('goes when another leader is followed: its file may be another', () => {
    const node = halfway();
    node.ask(beginRequest({ from: 3, epoch: 4 }));

    expect(node.only('discardSnapshot')).toEqual([{ kind: 'discardSnapshot', snapshotId: ID }]);
    expect(node.open('fetch').at(-1)?.to).toBe(3);
  });

  test('stays while the same leader comes back after a round of pre-votes that led to nothing', () => {
    const node = halfway();
    node.ask(endRequest({ from: 2, epoch: 3, successors: [1] }));
    expect(node.status.role).toBe('prospective');
    for (const vote of node.open('vote')) node.respond(vote, { granted: false, refusal: 'log-behind' });
    node.advance(0);

    expect(node.status.role).toBe('follower');
    expect(node.only('discardSnapshot')).toHaveLength(0);
    expect(asked(node)?.position).toBe(7);
  });

  test('stays when the leader says once more that it is needed, and goes when it names another', () => {
    const node = halfway();
    // A request that fails makes it ask around: with a Fetch.
    const failUntilItFetches = () => {
      while (node.open('fetch').length === 0) {
        node.fail(node.open('fetchSnapshot')[0]!);
        node.advance(40);
      }
    };
    failUntilItFetches();
    node.answer('fetch', { snapshotId: ID });
    node.advance(0);
    expect(asked(node)?.position).toBe(7);
    failUntilItFetches();
    node.answer('fetch', { snapshotId: snapshotId(20, 3) });
    node.advance(0);

    expect(asked(node)).toMatchObject({ snapshotId: { endOffset: 20, epoch: 3 }, position: 0 });
    expect(node.only('discardSnapshot')).toHaveLength(1);
  });

  test('an answer to what was asked of an earlier leader is not stored', () => {
    const node = halfway();
    const late = node.open('fetchSnapshot')[0]!;
    node.ask(beginRequest({ from: 3, epoch: 4 }));
    node.forget();
    node.respond(late, { ...piece(7), leaderEpoch: 3 as never });

    expect(node.kinds()).not.toContain('storeSnapshotChunk');
  });
});

describe('a file that turns out damaged', () => {
  test('is fetched again from its first byte', () => {
    const node = needing();
    node.host.rejectInstalls = 1;
    node.answer('fetchSnapshot', piece(0));
    expect(node.status).toMatchObject({ logStartOffset: 0, logEndOffset: 0, highWatermark: undefined });
    node.advance(100);
    node.answer('fetch', { snapshotId: ID });
    node.advance(0);
    expect(asked(node)?.position).toBe(0);
    node.answer('fetchSnapshot', piece(0));

    expect(node.status.logStartOffset).toBe(10);
  });
});

test('a snapshot that holds less than what is committed here is not fetched', () => {
  const node = OneNode.following(2, 3);
  node.answer('fetch', { batches: batchesOf([[1, 20]]), highWatermark: 20 as never });
  node.advance(0);
  node.answer('fetch', { snapshotId: ID });
  node.advance(0);

  expect(node.open('fetchSnapshot')).toHaveLength(0);
});

test('the next batches follow the snapshot, in its epoch and in newer ones', () => {
  const node = needing();
  node.answer('fetchSnapshot', piece(0));
  node.advance(0);
  node.answer('fetch', { batches: batchesOf([[2, 4], [3, 2]], ALL), highWatermark: 14 as never });

  expect(node.status).toMatchObject({ logStartOffset: 10, logEndOffset: 16, lastEpoch: 3, highWatermark: 14 });
});

test('a node that has lost its disk and leads nobody is given the snapshot at offset 0 (KAFKA-15078)', () => {
  const leader = OneNode.leading({ disk: { batches: ALL, snapshots: [SNAPSHOT], election: { epoch: 2 as never, leaderId: undefined, votedKey: undefined } } });

  expect(leader.ask(fetchRequest({ from: 2, epoch: 3, offset: 0 }))).toMatchObject({ error: 'NONE', snapshotId: ID, batches: [] });
});
