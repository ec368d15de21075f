import { describe, expect, test } from 'vitest';
import { OneNode, beginRequest, epochOf, id, refused } from '../test/one-node.js';

describe('a voter hears its leader until', () => {
  test('the connection is lost: it stands after a random 0 to 20 ms', () => {
    const node = OneNode.following(2, 3, { random: 0.75 });
    node.step({ kind: 'connectionLost', peer: id(2) });
    expect(node.status.hearsLeader).toBe(false);
    expect(node.toDeadline()).toBeCloseTo(15);
    expect(node.open('vote')[0]?.request).toMatchObject({ trigger: 'connection-lost', candidateEpoch: 3, preVote: true });
  });

  test('nothing comes for the silence timeout', () => {
    const node = OneNode.following(2, 3);
    node.advance(599);
    expect(node.status.hearsLeader).toBe(true);
    node.advance(1);
    expect(node.status.hearsLeader).toBe(false);
    node.advance(10);
    expect(node.open('vote')[0]?.request.trigger).toBe('leader-silent');
  });

  test('no Fetch succeeds for the fetch timeout, though the leader talks', () => {
    const node = OneNode.following(2, 3);
    for (let elapsed = 0; elapsed < 2000; elapsed += 200) {
      node.ask(beginRequest({ from: 2, epoch: 3 }));
      node.advance(200);
    }
    node.advance(10);
    expect(node.open('vote')[0]?.request.trigger).toBe('fetch-timeout');
  });

  test('not because of another node\'s connection', () => {
    const node = OneNode.following(2, 3);
    node.step({ kind: 'connectionLost', peer: id(3) });
    expect(node.status.hearsLeader).toBe(true);
  });
});

describe('a leader that was not heard', () => {
  test('is asked whether it is there at all, without being let to park the request', () => {
    const node = OneNode.following(2, 3);
    node.step({ kind: 'connectionLost', peer: id(2) });
    node.advance(5);
    for (const open of node.open('fetch')) node.fail(open);
    node.toDeadline();
    for (const open of node.open('vote')) node.respond(open, refused('hears-leader', { leaderId: id(2) }));
    expect(node.status.role).toBe('follower');
    expect(node.open('fetch').at(-1)).toMatchObject({ to: 2, request: { maxWaitMs: 0 } });
  });

  test('and answers is heard again, and the attempts start from one', () => {
    const node = OneNode.following(2, 3);
    node.step({ kind: 'connectionLost', peer: id(2) });
    node.toDeadline();
    for (const open of node.open('vote')) node.respond(open, refused('hears-leader', { leaderId: id(2) }));
    expect(node.status.lostRounds).toBe(1);
    node.answer('fetch', { leaderId: id(2) });
    expect(node.status).toMatchObject({ hearsLeader: true, lostRounds: 0 });
  });
});

test('a timer that runs late is no silence: a message that waited is taken first', () => {
  const node = OneNode.following(2, 3);
  const parked = node.open('fetch').at(-1);

  // The host slept for two seconds; it hands over the message before it ticks.
  node.sleep(1900);
  if (parked !== undefined) node.respond(parked, { leaderId: id(2) });
  node.step({ kind: 'tick' });

  expect(node.status).toMatchObject({ role: 'follower', hearsLeader: true });
});

describe('deadlines always move on', () => {
  test.each([
    ['observer whose leader is gone', () => OneNode.following(2, 3, { id: 9 })],
    ['voter whose leader is gone', () => OneNode.following(2, 3)],
    ['voter that nobody answers', () => OneNode.started()],
    ['observer that nobody answers', () => OneNode.started({ id: 9 })],
    ['leader that nobody answers', () => OneNode.leading()],
    ['leader alone', () => OneNode.leading({ voters: [1] })],
    ['resigned leader', () => OneNode.started({ disk: { election: { epoch: epochOf(3), leaderId: id(1), votedKey: undefined } } })],
  ])('%s: few steps in ten idle seconds (KAFKA-17751, KAFKA-19605)', (_name, make) => {
    const node = make();
    let ticks = 0;
    for (let elapsed = 0; elapsed < 10_000; ticks += 1) {
      elapsed += Math.max(0, (node.host.core.nextDeadlineMs() ?? Infinity) - node.nowMs());
      if (elapsed >= 10_000) break;
      node.toDeadline();
      const deadline = node.host.core.nextDeadlineMs();
      if (deadline !== undefined) expect(deadline).toBeGreaterThan(node.nowMs());
      expect(ticks).toBeLessThan(1000);
    }
  });
});
