import { describe, expect, test } from 'vitest';
import { OneNode, beginRequest, epochOf, fetchRequest, id, voteRequest } from '../test/one-node.js';
import { RaftInvariantError } from './errors.js';

const fetches = (node: OneNode, from: number, offset: number) => node.ask(fetchRequest({ from, epoch: 1, offset, lastEpoch: offset === 0 ? 0 : 1, highWatermark: 'unknown' }));
/** Leads epoch 1 with everything committed and known to n2. */
const settled = (setup: ConstructorParameters<typeof OneNode>[0] = {}) => {
  const node = OneNode.leading(setup);
  fetches(node, 2, 3);
  node.forget();
  return node;
};
const resign = (node: OneNode, epoch = 1) => node.step({ kind: 'resign', epoch: epochOf(epoch), reason: 'asked to' });

describe('resigning', () => {
  test('with everything committed and a successor that has it all: at once', () => {
    const node = settled();
    resign(node);
    expect(node.status).toMatchObject({ role: 'resigned', epoch: 1, leaderId: undefined });
    expect(node.open('endQuorumEpoch').map(({ to, request }) => [to, request.preferredCandidates.map((key) => key.id)])).toEqual([[2, [2, 3]], [3, [2, 3]]]);
    expect(node.only('leadershipLost')).toEqual([{ kind: 'leadershipLost', epoch: 1, reason: 'asked to' }]);
  });

  test('waits until what was taken is committed and the first successor has it; takes nothing more meanwhile', () => {
    const node = settled();
    node.propose();
    resign(node);
    expect(node.status).toMatchObject({ role: 'leader', handingOver: true });
    node.propose();
    expect(node.only('proposalRefused').map(({ reason }) => reason)).toEqual(['not-leader']);
    expect(node.open('endQuorumEpoch')).toEqual([]);
    fetches(node, 3, 3);
    expect(node.status.role).toBe('leader');
    fetches(node, 2, 4);
    expect(node.status).toMatchObject({ role: 'resigned', highWatermark: 4 });
    const order = node.kinds();
    expect(order.indexOf('advanceHighWatermark')).toBeLessThan(order.indexOf('leadershipLost'));
  });

  test('waits no longer than an election timeout', () => {
    const node = settled();
    node.propose();
    resign(node);
    node.advance(999);
    expect(node.status.role).toBe('leader');
    node.advance(1);
    expect(node.status.role).toBe('resigned');
  });

  test('names the successors by what they have, the furthest first', () => {
    const node = settled();
    node.propose();
    fetches(node, 3, 4);
    resign(node);
    expect(node.open('endQuorumEpoch')[0]?.request.preferredCandidates.map((key) => key.id)).toEqual([3, 2]);
  });

  test('from an epoch that is over is ignored, from one that has not begun a bug', () => {
    const node = OneNode.following(2, 5);
    resign(node, 4);
    resign(node, 5);
    expect(node.status).toMatchObject({ role: 'follower', epoch: 5 });
    expect(() => resign(node, 6)).toThrow(RaftInvariantError);
  });
});

describe('a full disk', () => {
  test('makes a leader hand over, and keeps it from standing until there is room', () => {
    const node = settled();
    node.step({ kind: 'diskFull', isFull: true });
    expect(node.status).toMatchObject({ role: 'resigned', epoch: 1 });
    node.advance(20_000);
    expect(node.status.role).toBe('unattached');
    expect(node.open('vote')).toEqual([]);

    node.step({ kind: 'diskFull', isFull: false });
    node.advance(5000);

    expect(node.open('vote').length).toBeGreaterThan(0);
  });

  test('does not keep a voter from voting', () => {
    const node = OneNode.started();
    node.step({ kind: 'diskFull', isFull: true });

    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 4, endOffset: 5 }))).toMatchObject({ granted: true });
  });
});

describe('a resigned leader', () => {
  const resigned = () => {
    const node = settled();
    resign(node);
    return node;
  };

  test('tells each voter until it has answered', () => {
    const node = resigned();
    const [toSecond, toThird] = node.open('endQuorumEpoch');
    if (toSecond !== undefined) node.respond(toSecond, {});
    if (toThird !== undefined) node.fail(toThird);
    node.advance(20);
    expect(node.open('endQuorumEpoch').map(({ to }) => to)).toEqual([3]);
    node.answer('endQuorumEpoch', {});
    node.advance(900);
    expect(node.open('endQuorumEpoch')).toEqual([]);
  });

  test('leads nobody: it names no leader, and neither grants in its epoch nor leads it again', () => {
    const node = resigned();
    expect(node.ask<'fetch'>(fetchRequest({ from: 2, epoch: 1, offset: 3, lastEpoch: 1 }))).toMatchObject({ error: 'NOT_LEADER_OR_FOLLOWER', leaderId: undefined });
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 1 }))).toMatchObject({ granted: false, refusal: 'is-leader' });
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 1, preVote: true, lastEpoch: 1, endOffset: 3 }))).toMatchObject({ granted: true });
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 2, lastEpoch: 1, endOffset: 3 }))).toMatchObject({ granted: true });
  });

  test('leaves its epoch for the next when nobody has followed', () => {
    const node = resigned();
    node.advance(1499);
    expect(node.status).toMatchObject({ role: 'resigned', epoch: 1 });
    node.advance(1);
    expect(node.status).toMatchObject({ role: 'prospective', epoch: 2 });
    expect(node.open('vote')[0]?.request.trigger).toBe('operator');
  });
});

describe('graceful shutdown', () => {
  const done = (node: OneNode) => node.kinds().includes('shutdownComplete');

  test.each([
    ['an observer', () => OneNode.following(2, 1, { id: 9 })],
    ['a follower', () => OneNode.following(2, 1)],
    ['an unattached voter', () => OneNode.started()],
  ])('%s goes at once', (_name, make) => {
    const node = make();
    node.step({ kind: 'shutdown' });
    expect(done(node)).toBe(true);
    expect(node.host.core.nextDeadlineMs()).toBeUndefined();
  });

  test('a leader hands over, grants its vote, and goes when it sees the next epoch', () => {
    const node = settled();
    node.step({ kind: 'shutdown' });
    expect(node.status).toMatchObject({ role: 'resigned', shutdown: 'begun' });
    expect(done(node)).toBe(false);
    node.ask(voteRequest({ from: 2, epoch: 2, lastEpoch: 1, endOffset: 3 }));
    const order = node.kinds();
    expect(order.lastIndexOf('reply')).toBeLessThan(order.indexOf('shutdownComplete'));
    expect(node.only('reply').at(-1)?.response).toMatchObject({ granted: true });
  });

  test('a leader goes at the end of its grace when nobody follows, and does not stand again', () => {
    const node = settled();
    node.step({ kind: 'shutdown' });
    node.advance(1500);
    expect(done(node)).toBe(true);
    expect(node.status.epoch).toBe(1);
  });

  test('the only voter commits what it took and goes', () => {
    const node = OneNode.leading({ voters: [1] });
    node.flushesAtOnce = false;
    node.propose();
    node.step({ kind: 'shutdown' });
    expect(done(node)).toBe(false);
    node.flush();
    expect(node.status.highWatermark).toBe(4);
    expect(done(node)).toBe(true);
  });

  test('a candidate finishes its election; elected, it hands over', () => {
    const node = OneNode.started();
    node.toDeadline();
    node.step({ kind: 'shutdown' });
    expect(done(node)).toBe(false);
    node.win();
    expect(node.status.handingOver).toBe(true);
    fetches(node, 2, 3);
    expect(node.status.role).toBe('resigned');
  });

  test('a candidate that loses goes', () => {
    const node = OneNode.started();
    node.toDeadline();
    node.step({ kind: 'shutdown' });
    node.advance(100);
    expect(done(node)).toBe(true);
  });

  test('meanwhile requests that only a leader answers get BROKER_NOT_AVAILABLE, votes are still given', () => {
    const node = settled();
    node.step({ kind: 'shutdown' });
    expect(node.ask<'fetch'>(fetchRequest({ from: 2, epoch: 1, offset: 3, lastEpoch: 1 }))).toMatchObject({ error: 'BROKER_NOT_AVAILABLE' });
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 1, preVote: true, lastEpoch: 1, endOffset: 3 }))).toMatchObject({ granted: true });
  });

  test('takes five seconds at most', () => {
    const node = OneNode.leading();
    node.step({ kind: 'shutdown' });
    node.advance(5000);
    expect(done(node)).toBe(true);
  });
});

test('a follower that was told of the end may learn of the next leader before it stands', () => {
  const node = OneNode.following(2, 1);
  node.step({ kind: 'connectionLost', peer: id(2) });
  node.ask(beginRequest({ from: 3, epoch: 2 }));
  node.advance(100);
  expect(node.status).toMatchObject({ role: 'follower', leaderId: 3, epoch: 2 });
});
