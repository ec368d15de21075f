import { describe, expect, test } from 'vitest';
import { OneNode, batchesOf, beginRequest, endRequest, epochOf, granted, id, refused, voteRequest } from '../test/one-node.js';

const standing = (setup: ConstructorParameters<typeof OneNode>[0] = {}) => {
  const node = OneNode.started(setup);
  node.toDeadline();
  node.forget();
  return node;
};
const all = (node: OneNode, response: Parameters<typeof granted>[0] | 'no') => {
  for (const open of node.open('vote')) node.respond(open, response === 'no' ? refused('hears-leader') : granted(response));
};

describe('a pre-vote round', () => {
  test('asks all other voters in the present epoch, and changes nothing on disk', () => {
    const node = standing();
    expect(node.open('vote').map(({ to, request }) => [to, request.voter.id, request.candidateEpoch, request.preVote])).toEqual([[2, 2, 0, true], [3, 3, 0, true]]);
    expect(node.kinds()).not.toContain('persistElectionState');
  });

  test('won: stands in the next epoch, with epoch and own vote in one durable write before it asks', () => {
    const node = standing();
    node.forget();
    const first = node.open('vote')[0];
    if (first !== undefined) node.respond(first, granted());
    expect(node.status).toMatchObject({ role: 'candidate', epoch: 1, votedKey: { id: 1 } });
    expect(node.kinds()).toEqual(['leaderChanged', 'persistElectionState', 'send', 'send']);
    expect(node.open('vote').slice(-2).map(({ request }) => [request.candidateEpoch, request.preVote])).toEqual([[1, false], [1, false]]);
  });

  test('lost by refusals: ends at once, and begins again after a random wait', () => {
    const node = standing();
    all(node, 'no');
    expect(node.status).toMatchObject({ role: 'unattached', epoch: 0, lostRounds: 1 });
    expect(node.elections).toMatchObject([{ outcome: 'lost-pre-vote', attempt: 1, epoch: 1 }]);
    node.advance(24);
    expect(node.status.role).toBe('unattached');
    node.advance(1);
    expect(node.status.role).toBe('prospective');
    expect(node.open('vote').at(-1)?.request.attempt).toBe(2);
  });

  test('lost by refused dials as well as by refusals', () => {
    const node = standing();
    const [second, third] = node.open('vote');
    if (second !== undefined) node.fail(second, 'unavailable');
    expect(node.status.role).toBe('prospective');
    if (third !== undefined) node.respond(third, refused('hears-leader'));
    expect(node.elections[0]?.preVotes).toMatchObject([{ voterId: 1, granted: true }, { voterId: 2, granted: false, refusal: 'unreachable' }, { voterId: 3, refusal: 'hears-leader' }]);
  });

  test('UNSUPPORTED counts as no answer, never as a reason to stand', () => {
    const node = standing();
    const [second, third] = node.open('vote');
    if (second !== undefined) node.fail(second, 'unsupported');
    if (third !== undefined) node.respond(third, { error: 'UNSUPPORTED_VERSION' });
    expect(node.status).toMatchObject({ role: 'unattached', epoch: 0 });
  });

  test('without answers ends after 100 ms, then after twice as long', () => {
    const node = standing({ random: 0 });
    node.advance(99);
    expect(node.status.role).toBe('prospective');
    node.advance(1);
    expect(node.elections).toMatchObject([{ outcome: 'timed-out', attempt: 1, preVotes: [{ granted: true }, { refusal: 'timed-out' }, { refusal: 'timed-out' }] }]);
    expect(node.status.role).toBe('prospective');
    node.advance(199);
    expect(node.elections).toHaveLength(1);
    node.advance(1);
    expect(node.elections).toMatchObject([{}, { outcome: 'timed-out', attempt: 2 }]);
  });

  test('lost with a leader known: back to it', () => {
    const node = OneNode.following(3, 2);
    node.step({ kind: 'connectionLost', peer: id(3) });
    node.toDeadline();
    all(node, 'no');
    expect(node.status).toMatchObject({ role: 'follower', leaderId: 3, epoch: 2, hearsLeader: false });
  });

  test('ends when an answer names the leader', () => {
    const node = standing();
    node.answer('vote', refused('hears-leader', { leaderId: id(2), leaderEpoch: epochOf(3) }));
    expect(node.status).toMatchObject({ role: 'follower', leaderId: 2, epoch: 3 });
    expect(node.elections).toMatchObject([{ outcome: 'found-leader', preVotes: [{ voterId: 1 }, { voterId: 3, refusal: 'hears-leader' }] }]);
  });

  test('ends when an answer names a newer epoch without a leader', () => {
    const node = standing();
    node.answer('vote', refused('log-behind', { leaderEpoch: epochOf(3) }));
    expect(node.status).toMatchObject({ role: 'unattached', epoch: 3, leaderId: undefined });
    expect(node.elections).toMatchObject([{ outcome: 'higher-epoch' }]);
  });

  test('a late answer to a round that is over is dropped', () => {
    const node = standing({ random: 0.9 });
    const [second, third] = node.open('vote');
    node.advance(100);
    expect(node.status.role).toBe('unattached');
    if (second !== undefined) node.respond(second, granted());
    if (third !== undefined) node.respond(third, granted());
    expect(node.status).toMatchObject({ role: 'unattached', epoch: 0 });
  });

  test('an answer after it became a follower is dropped', () => {
    const node = standing();
    node.ask(beginRequest({ from: 2, epoch: 0 + 1 }));
    all(node, {});
    expect(node.status).toMatchObject({ role: 'follower', leaderId: 2 });
  });
});

describe('a vote round', () => {
  const candidate = (setup: ConstructorParameters<typeof OneNode>[0] = {}) => {
    const node = standing(setup);
    for (const open of node.open('vote')) node.respond(open, granted());
    node.forget();
    return node;
  };

  test('won with a majority: leads, and the account of the election says everything', () => {
    const node = candidate();
    node.answer('vote', granted());
    expect(node.status).toMatchObject({ role: 'leader', epoch: 1, leaderId: 1 });
    expect(node.elections).toMatchObject([{
      nodeId: 1, epoch: 1, trigger: 'start-up', attempt: 1, waitMs: 25, outcome: 'won', lastEpoch: 0, endOffset: 0, previousLeaderId: undefined,
      preVotes: [{ voterId: 1, granted: true }, { voterId: 2, granted: true }], votes: [{ voterId: 1, granted: true }, { voterId: 3, granted: true }],
    }]);
  });

  test('lost: stays Candidate, waits, and begins again with a pre-vote in the same epoch', () => {
    const node = candidate();
    for (const open of node.open('vote')) node.respond(open, refused('already-voted'));
    expect(node.status).toMatchObject({ role: 'candidate', epoch: 1 });
    expect(node.elections).toMatchObject([{ outcome: 'lost-vote' }]);
    node.advance(25);
    expect(node.status).toMatchObject({ role: 'prospective', epoch: 1, votedKey: { id: 1 } });
    expect(node.open('vote').at(-1)?.request).toMatchObject({ preVote: true, candidateEpoch: 1, attempt: 2 });
  });

  test('without answers ends after its limit', () => {
    const node = candidate();
    node.advance(100);
    expect(node.elections).toMatchObject([{ outcome: 'timed-out', votes: [{ granted: true }, { refusal: 'timed-out' }, { refusal: 'timed-out' }] }]);
  });

  test('each election ends once, and its successor has a longer wait', () => {
    const node = candidate({ random: 0.999 });
    node.advance(5000);
    const { elections } = node;
    expect(elections.length).toBeGreaterThan(3);
    expect(elections.map((election) => election.attempt)).toEqual(elections.map((_, index) => index + 1));
    expect(elections.every((election, index) => index === 0 || election.waitMs >= (elections[index - 1]?.waitMs ?? 0) || election.waitMs > 900)).toBe(true);
  });

  test('ends when another leads the epoch, or a newer one comes', () => {
    const found = candidate();
    found.answer('vote', refused('knows-leader', { leaderId: id(2), leaderEpoch: epochOf(1) }));
    expect(found.status).toMatchObject({ role: 'follower', leaderId: 2, epoch: 1, votedKey: { id: 1 } });
    expect(found.elections).toMatchObject([{ outcome: 'found-leader' }]);

    const outdated = candidate();
    outdated.ask(voteRequest({ from: 2, epoch: 2 }));
    expect(outdated.status).toMatchObject({ role: 'unattached', epoch: 2, votedKey: { id: 2 } });
    expect(outdated.elections).toMatchObject([{ outcome: 'higher-epoch' }]);
  });

  test('a grant by a node that is no voter does not count', () => {
    const node = candidate({ voters: [1, 2, 3, 4, 5] });
    const first = node.open('vote')[0];
    if (first !== undefined) node.respond(first, granted());
    expect(node.status.role).toBe('candidate');
  });
});

describe('why it began stands in the account', () => {
  test('with the leader before, and when it was last heard', () => {
    const node = OneNode.following(3, 2, { disk: { batches: batchesOf([[1, 4]]) } });
    const heardMs = node.nowMs();
    node.advance(50);
    node.step({ kind: 'connectionLost', peer: id(3) });
    node.win();
    expect(node.elections).toMatchObject([{
      trigger: 'connection-lost', previousLeaderId: 3, lastLeaderContactMs: heardMs, startedMs: heardMs + 60, waitMs: 10, epoch: 3, lastEpoch: 1, endOffset: 4, outcome: 'won',
    }]);
  });

  test('succession', () => {
    const node = OneNode.following(3, 2);
    node.ask(endRequest({ from: 3, epoch: 2, successors: [1] }));
    node.win();
    expect(node.elections).toMatchObject([{ trigger: 'succession', waitMs: 0 }]);
  });
});
