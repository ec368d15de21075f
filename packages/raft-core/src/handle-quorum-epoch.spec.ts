import { describe, expect, test } from 'vitest';
import { endpointsOf } from '../test/fake-host.js';
import { OneNode, batchesOf, beginRequest, endRequest, epochOf, id } from '../test/one-node.js';
import { RaftInvariantError } from './errors.js';

describe('BeginQuorumEpoch', () => {
  test('makes the voter follow, on disk before the answer, and fetch', () => {
    const node = OneNode.started();
    node.forget();
    expect(node.ask<'beginQuorumEpoch'>(beginRequest({ from: 2, epoch: 3 }))).toMatchObject({ error: 'NONE', leaderId: 2, leaderEpoch: 3 });
    expect(node.kinds()).toEqual(['leaderChanged', 'persistElectionState', 'reply', 'send']);
    expect(node.status).toMatchObject({ role: 'follower', leaderId: 2, epoch: 3, leaderEndpoints: endpointsOf(2) });
  });

  test('again from the same leader changes nothing, but is heard', () => {
    const node = OneNode.following(2, 3);
    node.advance(500);
    node.ask(beginRequest({ from: 2, epoch: 3 }));
    node.advance(500);
    expect(node.status).toMatchObject({ role: 'follower', hearsLeader: true });
    expect(node.kinds()).not.toContain('persistElectionState');
  });

  test('with more endpoints of the same leader: they are taken up', () => {
    const node = OneNode.following(2, 3);
    node.ask(beginRequest({ from: 2, epoch: 3, endpoints: [...endpointsOf(2), { name: 'OTHER', host: 'b', port: 7 }] }));
    expect(node.status.leaderEndpoints).toHaveLength(2);
    node.ask(beginRequest({ from: 2, epoch: 3 }));
    expect(node.status.leaderEndpoints).toHaveLength(2);
  });

  test('of an older epoch is fenced and told who leads', () => {
    const node = OneNode.following(2, 3);
    expect(node.ask<'beginQuorumEpoch'>(beginRequest({ from: 3, epoch: 2 }))).toMatchObject({ error: 'FENCED_LEADER_EPOCH', leaderId: 2, leaderEpoch: 3 });
  });

  test('for another replica: the epoch counts, the rest is refused', () => {
    const node = OneNode.started();
    expect(node.ask<'beginQuorumEpoch'>(beginRequest({ from: 2, epoch: 3, toDisk: 4 }))).toMatchObject({ error: 'INVALID_VOTER_KEY' });
    expect(node.status.epoch).toBe(3);
  });

  test('from a leader outside the voter set is followed: it may be removing itself', () => {
    const node = OneNode.started();
    node.ask(beginRequest({ from: 8, epoch: 3 }));
    expect(node.status).toMatchObject({ role: 'follower', leaderId: 8 });
  });

  test('from a leader that nobody can locate: its id is remembered', () => {
    const node = OneNode.started();
    node.ask(beginRequest({ from: 8, epoch: 3, endpoints: [] }));
    expect(node.status).toMatchObject({ role: 'unattached', leaderId: 8, epoch: 3 });
  });

  test('ends a pre-vote round and a candidacy of the same epoch', () => {
    const prospective = OneNode.started();
    prospective.toDeadline();
    prospective.ask(beginRequest({ from: 2, epoch: 0 + 1 }));
    expect(prospective.status).toMatchObject({ role: 'follower', epoch: 1 });
    expect(prospective.elections).toMatchObject([{ outcome: 'found-leader', epoch: 1 }]);

    const candidate = OneNode.started({ disk: { election: { epoch: epochOf(4), leaderId: undefined, votedKey: { id: id(1), directoryId: OneNode.started().status.directoryId } } } });
    candidate.ask(beginRequest({ from: 2, epoch: 4 }));
    expect(candidate.status).toMatchObject({ role: 'follower', epoch: 4, votedKey: { id: 1 } });
  });

  test('two leaders in one epoch: the process stops', () => {
    const node = OneNode.following(2, 3);
    expect(() => node.ask(beginRequest({ from: 3, epoch: 3 }))).toThrow(RaftInvariantError);
    expect(() => OneNode.leading().ask(beginRequest({ from: 3, epoch: 1 }))).toThrow(RaftInvariantError);
  });

  test('from itself is refused: it never follows itself', () => {
    expect(OneNode.started().ask<'beginQuorumEpoch'>(beginRequest({ from: 1, epoch: 3 }))).toMatchObject({ error: 'INVALID_REQUEST' });
  });
});

describe('EndQuorumEpoch', () => {
  test('the first successor stands at once', () => {
    const node = OneNode.following(2, 3);
    expect(node.ask<'endQuorumEpoch'>(endRequest({ from: 2, epoch: 3, successors: [1, 3] }))).toMatchObject({ error: 'NONE' });
    expect(node.status).toMatchObject({ role: 'prospective', epoch: 3 });
    expect(node.open('vote')[0]?.request).toMatchObject({ trigger: 'succession', preVote: true });
  });

  test.each([
    ['the second of two', [3, 1], 500],
    ['one that is not listed', [3], 1000],
    ['the second of three', [3, 1, 4], 250],
  ])('%s waits', (_name, successors, waitMs) => {
    const node = OneNode.following(2, 3);
    node.ask(endRequest({ from: 2, epoch: 3, successors }));
    node.advance(waitMs - 1);
    expect(node.status.role).toBe('follower');
    node.advance(1);
    expect(node.status.role).toBe('prospective');
  });

  test('a leader that names nobody leaves it to a random 0 to 20 ms', () => {
    const node = OneNode.following(2, 3);
    node.ask(endRequest({ from: 2, epoch: 3 }));
    node.advance(10);
    expect(node.status.role).toBe('prospective');
  });

  test('is ignored when it is of an older epoch', () => {
    const follower = OneNode.following(2, 3);
    expect(follower.ask<'endQuorumEpoch'>(endRequest({ from: 3, epoch: 2, successors: [1] }))).toMatchObject({ error: 'FENCED_LEADER_EPOCH' });
    expect(follower.status.role).toBe('follower');
  });

  test('makes every later word of that leader void, and its broken connection no news', () => {
    const node = OneNode.following(2, 3);
    node.ask(endRequest({ from: 2, epoch: 3, successors: [3, 1] }));
    node.ask(beginRequest({ from: 2, epoch: 3 }));
    node.step({ kind: 'connectionLost', peer: id(2) });
    expect(node.status.hearsLeader).toBe(false);
    node.advance(499);
    expect(node.status.role).toBe('follower');
    node.advance(1);
    expect(node.status.role).toBe('prospective');
  });

  test('of a newer epoch that the voter had not heard of: it follows, and stands in its turn', () => {
    const node = OneNode.started({ disk: { batches: batchesOf([[1, 1]]) } });
    node.ask(endRequest({ from: 2, epoch: 3, successors: [1, 3] }));
    expect(node.status).toMatchObject({ role: 'prospective', epoch: 3 });
  });

  test('an observer takes note and does not stand', () => {
    const node = OneNode.following(2, 3, { id: 9 });
    node.ask(endRequest({ from: 2, epoch: 3 }));
    node.advance(10_000);
    expect(node.status.role).toBe('follower');
  });
});
