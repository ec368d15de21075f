import { describe, expect, test } from 'vitest';
import { OneNode, fetchRequest, id } from '../test/one-node.js';

type Fetch = Partial<Parameters<typeof fetchRequest>[0]>;

/** The leader of three, whose first batch is committed; the voters' fetches are parked. */
function leader(): { node: OneNode; fetch: (from: number, readRound: number, more?: Fetch) => unknown; read: (token: number) => void; ready: () => number[] } {
  const node = OneNode.leading();
  const fetch = (from: number, readRound: number, more: Fetch = {}) =>
    node.ask(fetchRequest({ from, epoch: node.status.epoch, offset: node.status.logEndOffset, lastEpoch: node.status.lastEpoch, highWatermark: node.status.logEndOffset, readRound, ...more }));
  fetch(2, 0);
  fetch(3, 0);
  node.forget();
  return { node, fetch, read: (token) => node.step({ kind: 'read', token }), ready: () => node.only('readReady').map(({ token }) => token) };
}

describe('a read', () => {
  test('makes the leader answer the parked voters at once, with the number of the round', () => {
    const { node, read } = leader();
    read(7);
    expect(node.only('replyFetch').map(({ response }) => response.readRound)).toEqual([1, 1]);
    expect(node.only('readReady')).toEqual([]);
  });

  test('is ready at the high watermark when a majority, the leader among it, has fetched in that round', () => {
    const { node, read, fetch } = leader();
    read(7);
    fetch(2, 1);
    expect(node.only('readReady')).toEqual([{ kind: 'readReady', token: 7, index: 3 }]);
  });

  test('is not confirmed by a Fetch that names an earlier round: it may be older than the read', () => {
    const { read, fetch, ready } = leader();
    read(7);
    fetch(2, 0);
    fetch(3, 0);
    expect(ready()).toEqual([]);
    fetch(3, 1);
    expect(ready()).toEqual([7]);
  });

  test('waits for the next round when one runs, with all others that came meanwhile', () => {
    const { node, read, fetch, ready } = leader();
    read(1);
    read(2);
    read(3);
    expect(node.status.readRound).toBe(1);
    fetch(2, 1);
    expect(ready()).toEqual([1]);
    expect(node.status.readRound).toBe(2);
    fetch(3, 1);
    expect(ready()).toEqual([1]);
    fetch(3, 2);
    expect(ready()).toEqual([1, 2, 3]);
  });

  test('does not let a voter park that has not heard of the round', () => {
    const { node, read, fetch } = leader();
    read(1);
    node.forget();
    fetch(2, 0);
    expect(node.only('replyFetch')).toHaveLength(1);
    fetch(2, 1);
    expect(node.only('replyFetch')).toHaveLength(1);
  });

  test('is confirmed neither by an observer, nor by a voter under another disk, a committed-only reader, or one that repairs its log', () => {
    const { read, fetch, ready } = leader();
    read(1);
    fetch(4, 1);
    fetch(2, 1, { disk: 2 });
    fetch(2, 1, { committedOnly: true });
    fetch(2, 1, { recovering: true });
    expect(ready()).toEqual([]);
    fetch(3, 1);
    expect(ready()).toEqual([1]);
  });

  test('of five needs two others', () => {
    const node = OneNode.leading({ voters: [1, 2, 3, 4, 5] });
    const fetch = (from: number, readRound: number) => node.ask(fetchRequest({ from, epoch: 1, offset: 3, lastEpoch: 1, readRound }));
    for (const from of [2, 3, 4, 5]) fetch(from, 0);
    node.step({ kind: 'read', token: 1 });
    fetch(2, 1);
    fetch(2, 1);
    expect(node.only('readReady')).toEqual([]);
    fetch(5, 1);
    expect(node.only('readReady')).toHaveLength(1);
  });

  test('waits, though confirmed, until the leader has committed something of its own epoch', () => {
    const node = OneNode.leading();
    node.step({ kind: 'read', token: 1 });
    const fetch = (offset: number) => node.ask(fetchRequest({ from: 2, epoch: 1, offset, lastEpoch: offset === 0 ? 0 : 1, readRound: 1 }));
    fetch(0);
    expect(node.only('readReady')).toEqual([]);
    fetch(3);
    expect(node.only('readReady')).toEqual([{ kind: 'readReady', token: 1, index: 3 }]);
  });

  test('is answered with what was committed when its round began, not later', () => {
    const { node, read, fetch } = leader();
    read(1);
    node.propose();
    fetch(2, 0);
    fetch(2, 1);
    expect(node.status.highWatermark).toBe(4);
    expect(node.only('readReady')).toEqual([{ kind: 'readReady', token: 1, index: 3 }]);
  });

  test('is ready at once where the leader is the only voter', () => {
    const node = OneNode.leading({ voters: [1] });
    node.step({ kind: 'read', token: 1 });
    expect(node.only('readReady')).toEqual([{ kind: 'readReady', token: 1, index: 3 }]);
  });

  test('is refused by a follower, and by a leader that loses its epoch, waiting ones included', () => {
    const follower = OneNode.following(2, 5);
    follower.step({ kind: 'read', token: 1 });
    expect(follower.only('readRefused')).toEqual([{ kind: 'readRefused', token: 1, reason: 'not-leader' }]);

    const { node, read } = leader();
    read(1);
    read(2);
    node.ask(fetchRequest({ from: 2, epoch: 1, offset: 3, lastEpoch: 1 }));
    node.advance(10_000);
    expect(node.only('readRefused').map(({ token, reason }) => [token, reason])).toEqual([[1, 'leadership-lost'], [2, 'leadership-lost']]);
  });
});

describe('a follower', () => {
  test('fetches again at once when it is told of a new round, and names it', () => {
    const node = OneNode.following(2, 5);
    node.answer('fetch', { leaderId: id(2), readRound: 4 });
    expect(node.open('fetch').map(({ request }) => request.readRound)).toEqual([4]);
  });

  test('does not fetch again at once when it knows the round already', () => {
    const node = OneNode.following(2, 5);
    node.answer('fetch', { leaderId: id(2), readRound: 4 });
    node.answer('fetch', { leaderId: id(2), readRound: 4 });
    expect(node.open('fetch')).toEqual([]);
  });
});
