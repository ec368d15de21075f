import { describe, expect, test } from 'vitest';
import { directoryOf } from '../test/fake-host.js';
import { OneNode, at, batchesOf, beginRequest, epochOf, granted, id, voteRequest } from '../test/one-node.js';

const withLog = () => OneNode.started({ disk: { batches: batchesOf([[1, 5]]), election: { epoch: epochOf(1), leaderId: undefined, votedKey: undefined } } });

describe('a vote that is given', () => {
  test('is on disk before the answer leaves', () => {
    const node = OneNode.started();
    node.forget();

    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 1 }))).toMatchObject({ granted: true, error: 'NONE', leaderEpoch: 1 });

    expect(node.kinds()).toEqual(['leaderChanged', 'persistElectionState', 'reply']);
    expect(node.only('persistElectionState')[0]?.state).toEqual({ epoch: 1, leaderId: undefined, votedKey: { id: 2, directoryId: directoryOf(2) } });
  });

  test('is given again to the same, and not to another in the same epoch', () => {
    const node = OneNode.started();
    node.ask(voteRequest({ from: 2, epoch: 1 }));

    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 1 }))).toMatchObject({ granted: true });
    expect(node.ask<'vote'>(voteRequest({ from: 3, epoch: 1 }))).toMatchObject({ granted: false, refusal: 'already-voted' });
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 1, disk: 5 }))).toMatchObject({ granted: false, refusal: 'already-voted' });
    expect(node.ask<'vote'>(voteRequest({ from: 3, epoch: 2 }))).toMatchObject({ granted: true });
  });

  test('survives a restart', () => {
    const node = OneNode.started();
    node.ask(voteRequest({ from: 2, epoch: 1 }));
    const again = OneNode.started({ disk: node.host.disk });

    expect(again.ask<'vote'>(voteRequest({ from: 3, epoch: 1 }))).toMatchObject({ granted: false, refusal: 'already-voted' });
  });

  test('is not forgotten when the leader of the epoch is learned', () => {
    const node = OneNode.started();
    node.ask(voteRequest({ from: 2, epoch: 1 }));
    node.ask(beginRequest({ from: 2, epoch: 1 }));

    expect(node.host.disk.election).toMatchObject({ epoch: 1, leaderId: 2, votedKey: { id: 2 } });
  });

  test('keeps the voter from standing until the candidate would have given up', () => {
    const node = OneNode.started({ random: 0 });
    node.ask(voteRequest({ from: 2, epoch: 1, attempt: 2 }));

    node.advance(199);
    expect(node.status.role).toBe('unattached');
    node.advance(1);
    expect(node.status.role).toBe('prospective');
  });

  test('is given by an observer as well: the candidate may know a newer voter set', () => {
    const node = OneNode.started({ id: 9 });
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 1, to: 9 }))).toMatchObject({ granted: true });
  });

  test('is given to a candidate outside the voter set as well', () => {
    expect(OneNode.started().ask<'vote'>(voteRequest({ from: 8, epoch: 1 }))).toMatchObject({ granted: true });
  });
});

describe('a vote that is refused', () => {
  test('an older epoch is fenced, and nothing changes', () => {
    const node = OneNode.following(3, 5);
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 4 }))).toMatchObject({ error: 'FENCED_LEADER_EPOCH', granted: false, refusal: 'older-epoch', leaderEpoch: 5, leaderId: 3 });
    expect(node.status).toMatchObject({ role: 'follower', epoch: 5 });
  });

  test('says how complete the own log is', () => {
    expect(withLog().ask<'vote'>(voteRequest({ from: 2, epoch: 2, lastEpoch: 1, endOffset: 4 }))).toMatchObject({ granted: false, refusal: 'log-behind', lastEpoch: 1, endOffset: 5 });
  });

  test('the newer epoch is taken up all the same, also when the request is for another replica', () => {
    const node = OneNode.following(3, 5);
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 6, toDisk: 4 }))).toMatchObject({ error: 'INVALID_VOTER_KEY', granted: false, refusal: 'unknown-voter-key', leaderEpoch: 6 });
    expect(node.status).toMatchObject({ role: 'unattached', epoch: 6, votedKey: undefined });
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 6, to: 7 }))).toMatchObject({ error: 'INVALID_VOTER_KEY' });
  });

  test('a voter with the better log stands soon itself', () => {
    const node = OneNode.following(3, 5, { disk: { batches: batchesOf([[1, 5]]) } });
    node.ask(voteRequest({ from: 2, epoch: 6 }));
    node.advance(10);
    expect(node.status).toMatchObject({ role: 'prospective', epoch: 6 });
  });

  test.each([
    ['a real vote for the epoch of its own last record', { epoch: 1, lastEpoch: 1, endOffset: 3 }],
    ['a pre-vote from an epoch before its own last record', { epoch: 1, lastEpoch: 2, endOffset: 3, preVote: true }],
    ['a vote asked by the node itself', { from: 1, epoch: 1 }],
    ['a negative end offset', { epoch: 1, endOffset: -1 }],
  ])('%s is invalid', (_name, request) => {
    expect(OneNode.started().ask<'vote'>(voteRequest({ from: 2, ...request }))).toMatchObject({ error: 'INVALID_REQUEST', granted: false });
  });

  test('another cluster and another history of ours are refused before anything is heard', () => {
    const node = OneNode.started();
    const strange = voteRequest({ from: 2, epoch: 9 });
    expect(node.ask<'vote'>({ ...strange, clusterId: 'other' })).toMatchObject({ error: 'INCONSISTENT_CLUSTER_ID', granted: false });
    expect(node.ask<'vote'>({ ...strange, recoveryId: directoryOf(5) })).toMatchObject({ error: 'INCONSISTENT_RECOVERY_ID', granted: false });
    expect(node.status.epoch).toBe(0);
  });
});

describe('a pre-vote (KIP-996)', () => {
  test('changes nothing and is not written down', () => {
    const node = OneNode.started();
    node.forget();
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 0, preVote: true }))).toMatchObject({ granted: true });
    expect(node.kinds()).toEqual(['reply']);
    expect(node.status).toMatchObject({ role: 'unattached', epoch: 0, votedKey: undefined });
  });

  test('with a newer epoch only makes that known', () => {
    const node = OneNode.started();
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 3, preVote: true }))).toMatchObject({ granted: true, leaderEpoch: 3 });
    expect(node.status).toMatchObject({ epoch: 3, votedKey: undefined });
  });

  test('is given by two at once, and by one that has voted for another', () => {
    const node = OneNode.started();
    node.ask(voteRequest({ from: 2, epoch: 1 }));
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 1, preVote: true }))).toMatchObject({ granted: true });
    expect(node.ask<'vote'>(voteRequest({ from: 3, epoch: 1, preVote: true }))).toMatchObject({ granted: true });
  });

  test('is refused by the leader, who names itself', () => {
    const node = OneNode.leading();
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 1, preVote: true, lastEpoch: 1, endOffset: 9 }))).toMatchObject({ granted: false, refusal: 'is-leader', leaderId: 1 });
  });

  test('is given by a follower that has not fetched from its leader yet', () => {
    const node = OneNode.started();
    node.ask(beginRequest({ from: 3, epoch: 1 }));
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 1, preVote: true }))).toMatchObject({ granted: true });
  });

  test('is refused by a follower that hears its leader, which then looks at its own connection', () => {
    const node = OneNode.following(3, 1);
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 1, preVote: true }))).toMatchObject({ granted: false, refusal: 'hears-leader', leaderId: 3 });
    expect(node.only('checkConnection').map(({ peer }) => peer)).toEqual([3]);
    node.ask(voteRequest({ from: 2, epoch: 1, preVote: true }));
    expect(node.only('checkConnection')).toHaveLength(1);
  });

  test('is given from the moment the leader is not heard, before the node stands itself', () => {
    const node = OneNode.following(3, 1);
    node.step({ kind: 'connectionLost', peer: id(3) });
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 1, preVote: true }))).toMatchObject({ granted: true });
    expect(node.status.role).toBe('follower');
  });

  test('real votes go by Raft\'s rule all the same: a follower of the epoch refuses', () => {
    const node = OneNode.following(3, 1);
    node.step({ kind: 'connectionLost', peer: id(3) });
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 1 }))).toMatchObject({ granted: false, refusal: 'knows-leader' });
  });

  test('keeps the voter that gave it from standing for 50 ms', () => {
    const node = OneNode.following(3, 1, { random: 0 });
    node.step({ kind: 'connectionLost', peer: id(3) });
    node.ask(voteRequest({ from: 2, epoch: 1, preVote: true }));
    node.advance(49);
    expect(node.status.role).toBe('follower');
    node.advance(1);
    expect(node.status.role).toBe('prospective');
  });
});

describe('a Prospective that is asked itself', () => {
  const prospective = (own: number) => {
    const node = OneNode.started({ id: own, random: 0.1 });
    node.toDeadline();
    node.forget();
    return node;
  };

  test('gives way to an equal log with the higher id', () => {
    const node = prospective(2);
    expect(node.ask<'vote'>(voteRequest({ from: 3, to: 2, epoch: 0, preVote: true }))).toMatchObject({ granted: true });
    expect(node.status.role).toBe('unattached');
    expect(node.elections).toMatchObject([{ outcome: 'yielded', attempt: 1 }]);
    node.advance(51);
    expect(node.status.role).toBe('unattached');
    node.advance(1);
    expect(node.status.role).toBe('prospective');
    expect(node.open('vote').at(-1)?.request.attempt).toBe(1);
  });

  test('grants to an equal log with the lower id, and goes on', () => {
    const node = prospective(2);
    expect(node.ask<'vote'>(voteRequest({ from: 1, to: 2, epoch: 0, preVote: true }))).toMatchObject({ granted: true });
    expect(node.status.role).toBe('prospective');
  });

  test('gives way to a better log whatever the id', () => {
    const node = prospective(2);
    node.ask(voteRequest({ from: 1, to: 2, epoch: 1, lastEpoch: 1, endOffset: 7, preVote: true }));
    expect(node.status.role).toBe('unattached');
  });

  test('gives its real vote and gives way', () => {
    const node = prospective(2);
    expect(node.ask<'vote'>(voteRequest({ from: 1, to: 2, epoch: 1 }))).toMatchObject({ granted: true });
    expect(node.status).toMatchObject({ role: 'unattached', epoch: 1, votedKey: { id: 1 } });
  });

  test('goes back to the leader it knew', () => {
    const node = OneNode.following(3, 1, { id: 2 });
    node.step({ kind: 'connectionLost', peer: id(3) });
    node.toDeadline();
    node.ask(voteRequest({ from: 4, to: 2, epoch: 1, preVote: true }));
    expect(node.status).toMatchObject({ role: 'follower', leaderId: 3, hearsLeader: false });
  });
});

test('a candidate refuses others, and keeps its own vote', () => {
  const node = OneNode.started();
  node.toDeadline();
  for (const open of node.open('vote')) node.respond(open, granted());
  expect(node.status.role).toBe('candidate');

  expect(node.ask<'vote'>(voteRequest({ from: 3, epoch: 1 }))).toMatchObject({ granted: false, refusal: 'is-candidate' });
  expect(node.ask<'vote'>(voteRequest({ from: 3, epoch: 1, preVote: true }))).toMatchObject({ granted: true });
  expect(node.status).toMatchObject({ role: 'candidate', votedKey: { id: 1 } });
});

test('one that repairs its log refuses both kinds', () => {
  const node = OneNode.started({ recovering: true });
  expect(node.ask<'vote'>(voteRequest({ from: 3, epoch: 1, endOffset: 5 }))).toMatchObject({ granted: false, refusal: 'recovering', leaderEpoch: 1 });
  expect(node.ask<'vote'>(voteRequest({ from: 3, epoch: 1, endOffset: 5, preVote: true }))).toMatchObject({ granted: false, refusal: 'recovering' });
});

test('every vote that is cast is told', () => {
  const node = withLog();
  node.forget();
  node.ask(voteRequest({ from: 2, epoch: 2, lastEpoch: 1, endOffset: 5 }));
  node.ask(voteRequest({ from: 3, epoch: 2, lastEpoch: 1, endOffset: 5 }));

  expect(node.events.filter((event) => event.kind === 'voteCast')).toEqual([
    { kind: 'voteCast', candidateId: 2, epoch: 2, preVote: false, granted: true, refusal: undefined },
    { kind: 'voteCast', candidateId: 3, epoch: 2, preVote: false, granted: false, refusal: 'already-voted' },
  ]);
  expect(node.status.logEndOffset).toBe(at(5));
});
