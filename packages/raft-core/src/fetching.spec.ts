import { describe, expect, test } from 'vitest';
import { voterOf } from '../test/fake-host.js';
import { OneNode, at, batchesOf, epochOf, id } from '../test/one-node.js';
import { RaftInvariantError } from './errors.js';
import { VoterSet } from './voter-set.js';
import { votersRecord } from './voters-record.js';

/** Follows n2 in epoch 5 with a log of [0,5) of epoch 1 and [5,9) of epoch 3. */
const BEFORE = batchesOf([[1, 5], [3, 4]]);
const follower = () => OneNode.following(2, 5, { disk: { batches: [...BEFORE], election: { epoch: epochOf(4), leaderId: undefined, votedKey: undefined } } });

describe('what a follower asks', () => {
  test('its log end, the epoch of its last record, and what it knows of the high watermark', () => {
    const node = follower();
    expect(node.open('fetch').at(-1)).toMatchObject({
      to: 2, request: { currentLeaderEpoch: 5, fetchOffset: 9, lastFetchedEpoch: 3, highWatermark: 0, maxWaitMs: 500, committedOnly: false, recovering: false },
    });
  });

  test('only when all that it appended is on disk: the offset acknowledges', () => {
    const node = follower();
    node.flushesAtOnce = false;
    node.answer('fetch', { batches: batchesOf([[5, 2]], BEFORE) });
    expect(node.open('fetch')).toEqual([]);
    node.flush();
    expect(node.open('fetch').map(({ request }) => request.fetchOffset)).toEqual([11]);
  });

  test('one Fetch at a time', () => {
    const node = follower();
    node.advance(100);
    expect(node.open('fetch')).toHaveLength(1);
  });

  test('it echoes the read round that the leader announced', () => {
    const node = follower();
    node.answer('fetch', { readRound: 7 });
    node.advance(20);
    expect(node.open('fetch').at(-1)?.request.readRound).toBe(7);
  });
});

describe('what a follower appends', () => {
  test('batches that continue its log, and the high watermark follows as far as the log goes', () => {
    const node = follower();
    node.answer('fetch', { batches: batchesOf([[3, 1], [5, 2]], BEFORE), highWatermark: at(100) });
    expect(node.status).toMatchObject({ logEndOffset: 12, lastEpoch: 5, highWatermark: 12 });
  });

  test('an empty answer is legal, and may move the high watermark', () => {
    const node = follower();
    node.answer('fetch', { highWatermark: at(6) });
    expect(node.status.highWatermark).toBe(6);
    node.answer('fetch', { highWatermark: at(4) });
    expect(node.status.highWatermark).toBe(6);
  });

  test.each([
    ['of a newer epoch than the leader\'s', batchesOf([[5, 1], [6, 1]], BEFORE), 10],
    ['of an epoch that falls', [...batchesOf([[5, 1]], BEFORE), ...batchesOf([[3, 1]], batchesOf([[5, 1]], BEFORE))], 10],
    ['behind a gap', [...batchesOf([[5, 1]], BEFORE), ...batchesOf([[5, 1], [5, 1]], batchesOf([[5, 1]], BEFORE)).slice(1)], 10],
    ['that do not continue the chain', [...batchesOf([[5, 1]], BEFORE), ...batchesOf([[5, 1]], batchesOf([[5, 1]], BEFORE)).map((batch) => ({ ...batch, previousChecksum: 1 }))], 10],
    ['from the very first on', batchesOf([[7, 1]], BEFORE), 9],
  ])('batches %s are dropped, the good ones before them kept', (_name, batches, logEndOffset) => {
    const node = follower();
    node.answer('fetch', { batches });
    expect(node.status.logEndOffset).toBe(logEndOffset);
    expect(node.events.some((event) => event.kind === 'described' && event.name === 'raft.fetch.dropped')).toBe(true);
  });

  test('when nothing of what came continues its log, what the leader has committed is not what it holds', () => {
    const node = follower();
    node.answer('fetch', { batches: batchesOf([[5, 1]]), highWatermark: at(9) });
    expect(node.status.highWatermark).toBeUndefined();
  });

  test('answers that bring nothing and come at once do not lead to a hot loop', () => {
    const node = follower();
    let fetches = 0;
    for (let elapsed = 0; elapsed < 1000; elapsed += 5) {
      for (const open of node.open('fetch')) {
        node.respond(open, { batches: batchesOf([[7, 1]], BEFORE) });
        fetches += 1;
      }
      node.advance(5);
    }
    expect(fetches).toBeLessThan(60);
  });
});

describe('a log that diverges', () => {
  test('is cut where the leader\'s epoch ends, and fetched from there', () => {
    const node = follower();
    node.answer('fetch', { diverging: { epoch: epochOf(1), endOffset: at(5) } });
    expect(node.only('truncate')).toEqual([{ kind: 'truncate', endOffset: 5, generation: 1 }]);
    expect(node.status).toMatchObject({ logEndOffset: 5, lastEpoch: 1, logGeneration: 1 });
    expect(node.open('fetch').at(-1)?.request).toMatchObject({ fetchOffset: 5, lastFetchedEpoch: 1 });
  });

  test('the cut comes before the next Fetch in the order of effects', () => {
    const node = follower();
    node.answer('fetch', { diverging: { epoch: epochOf(1), endOffset: at(5) } });
    const kinds = node.kinds();
    expect(kinds.indexOf('truncate')).toBeLessThan(kinds.lastIndexOf('send'));
  });

  test('below the high watermark is a broken invariant', () => {
    const node = follower();
    node.answer('fetch', { highWatermark: at(9) });
    expect(() => node.answer('fetch', { diverging: { epoch: epochOf(1), endOffset: at(5) } })).toThrow(RaftInvariantError);
  });

  test('that the leader\'s answer does not help is fetched again only after a while', () => {
    const node = follower();
    node.answer('fetch', { diverging: { epoch: epochOf(3), endOffset: at(9) } });
    expect(node.open('fetch')).toEqual([]);
    expect(node.kinds()).not.toContain('truncate');
  });

  test('takes back the voter sets behind the cut', () => {
    const node = follower();
    const bigger = votersRecord(new VoterSet([1, 2, 3, 4].map((voter) => voterOf(voter))));
    node.answer('fetch', { batches: batchesOf([[5, bigger]], BEFORE) });
    expect(node.status).toMatchObject({ votersOffset: 9, logEndOffset: 10 });
    expect(node.status.voters.map((voter) => voter.id)).toEqual([1, 2, 3, 4]);
    expect(node.only('votersChanged').at(-1)?.peers.map((peer) => peer.id)).toEqual([2, 3, 4]);

    node.answer('fetch', { diverging: { epoch: epochOf(3), endOffset: at(9) } });
    expect(node.status).toMatchObject({ votersOffset: undefined, logEndOffset: 9 });
    expect(node.only('votersChanged').at(-1)?.peers.map((peer) => peer.id)).toEqual([2, 3]);
  });
});

describe('when the leader does not answer', () => {
  test('the others are asked in turn with it, at short intervals at first', () => {
    const node = follower();
    const asked: number[] = [];
    for (let elapsed = 0; elapsed < 160; elapsed += 20) {
      for (const open of node.open('fetch')) {
        asked.push(open.to);
        node.fail(open);
      }
      node.advance(20);
    }
    expect(asked.filter((to) => to === 2).length).toBeGreaterThanOrEqual(3);
    expect(asked).toContain(3);
  });

  test('a request without an answer is given up after the request time-out', () => {
    const node = OneNode.following(2, 5, { id: 9 });
    const sent = node.open('fetch').length;
    node.advance(1999);
    expect(node.open('fetch')).toHaveLength(sent);
    node.advance(21);
    expect(node.open('fetch').length).toBeGreaterThan(sent);
  });

  test('a late answer to a request that was given up is dropped', () => {
    const node = OneNode.following(2, 5, { id: 9 });
    const late = node.open('fetch')[0];
    node.advance(2100);
    if (late !== undefined) node.respond(late, { batches: batchesOf([[5, 1]]) });
    expect(node.status.logEndOffset).toBe(0);
  });

  test('shutting down, the leader sends its followers to look around', () => {
    const node = follower();
    node.answer('fetch', { error: 'BROKER_NOT_AVAILABLE', leaderId: undefined });
    node.advance(20);
    expect(node.open('fetch').at(-1)?.request.maxWaitMs).toBe(0);
  });

  test('a newer leader that it is told of is followed at once', () => {
    const node = follower();
    node.answer('fetch', { error: 'FENCED_LEADER_EPOCH', leaderId: id(3), leaderEpoch: epochOf(6) });
    expect(node.status).toMatchObject({ role: 'follower', leaderId: 3, epoch: 6 });
    expect(node.open('fetch').at(-1)?.to).toBe(3);
  });

  test('an answer of an older epoch is dropped', () => {
    const node = follower();
    node.answer('fetch', { leaderEpoch: epochOf(4), leaderId: id(3), batches: batchesOf([[4, 1]], BEFORE) });
    expect(node.status).toMatchObject({ leaderId: 2, epoch: 5, logEndOffset: 9 });
  });

  test('a damaged copy is reported, and not fetched over in a loop', () => {
    const node = follower();
    node.answer('fetch', { error: 'CHAIN_MISMATCH', leaderId: id(2) });
    expect(node.events).toContainEqual(expect.objectContaining({ kind: 'described', name: 'raft.chain.mismatch', level: 'error' }));
    expect(node.open('fetch')).toEqual([]);
  });
});
