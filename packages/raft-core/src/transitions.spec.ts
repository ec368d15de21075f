import { describe, expect, test } from 'vitest';
import { OneNode, at, batchesOf, beginRequest, endRequest, epochOf, granted, id, refused, voteRequest } from '../test/one-node.js';
import type { RoleKind } from './role.js';
import { LEGAL_MOVES } from './transitions.js';

const KINDS: readonly RoleKind[] = ['unattached', 'prospective', 'candidate', 'leader', 'follower', 'resigned'];

/** A node in each role, in epoch 4 (a Prospective in epoch 4 as well, a Candidate, Leader or Resigned node in 5). */
const inRole: Readonly<Record<RoleKind, () => OneNode>> = {
  unattached: () => started(),
  prospective: () => stood(started()),
  candidate: () => {
    const node = stood(started());
    for (const open of node.open('vote')) node.respond(open, granted());
    return node;
  },
  leader: () => {
    const node = started();
    node.win();
    return node;
  },
  follower: () => {
    const node = started();
    node.ask(beginRequest({ from: 2, epoch: 4 }));
    return node;
  },
  resigned: () => {
    const node = started();
    node.win();
    node.advance(3000);
    return node;
  },
};

function started(): OneNode {
  return OneNode.started({ disk: { election: { epoch: epochOf(4), leaderId: undefined, votedKey: undefined } } });
}

function stood(node: OneNode): OneNode {
  node.toDeadline();
  return node;
}

test('each node is in the role that the matrix starts from', () => {
  for (const kind of KINDS) expect(inRole[kind]().status.role).toBe(kind);
});

test('the last epoch is not followed by one that no batch and no message can name', () => {
  const node = OneNode.started({ voters: [1, 2, 3], disk: { election: { epoch: epochOf(2 ** 31 - 1), leaderId: undefined, votedKey: undefined } } });
  expect(() => node.win()).toThrow('epochs are used up');
  expect(node.host.disk.election?.epoch).toBe(2 ** 31 - 1);
});

describe('what makes each role another', () => {
  const NEWER = 9;

  test.each(KINDS)('%s: a newer epoch without a leader makes it Unattached, on disk, the vote forgotten', (kind) => {
    const node = inRole[kind]();
    node.ask(voteRequest({ from: 3, epoch: NEWER, preVote: true }));
    expect(node.status).toMatchObject({ role: 'unattached', epoch: NEWER, votedKey: undefined, leaderId: undefined });
    expect(node.host.disk.election).toEqual({ epoch: NEWER, leaderId: undefined, votedKey: undefined });
  });

  test.each(KINDS)('%s: a newer epoch with a leader makes it Follower, on disk', (kind) => {
    const node = inRole[kind]();
    node.ask(beginRequest({ from: 3, epoch: NEWER }));
    expect(node.status).toMatchObject({ role: 'follower', epoch: NEWER, leaderId: 3, votedKey: undefined });
    expect(node.host.disk.election).toMatchObject({ epoch: NEWER, leaderId: 3 });
  });

  test.each(KINDS)('%s: an older epoch is refused and changes nothing', (kind) => {
    const node = inRole[kind]();
    const before = node.host.core.describe();
    expect(node.ask<'vote'>(voteRequest({ from: 3, epoch: 3 }))).toMatchObject({ error: 'FENCED_LEADER_EPOCH' });
    expect(node.ask<'beginQuorumEpoch'>(beginRequest({ from: 3, epoch: 3 }))).toMatchObject({ error: 'FENCED_LEADER_EPOCH' });
    expect(node.ask<'endQuorumEpoch'>(endRequest({ from: 3, epoch: 3, successors: [1] }))).toMatchObject({ error: 'FENCED_LEADER_EPOCH' });
    expect(node.host.core.describe()).toBe(before);
  });

  test.each(['unattached', 'prospective', 'candidate'] as const)('%s: the leader of its epoch makes it Follower, the vote kept', (kind) => {
    const node = inRole[kind]();
    const { epoch, votedKey } = node.status;
    node.ask(beginRequest({ from: 3, epoch }));
    expect(node.status).toMatchObject({ role: 'follower', epoch, leaderId: 3 });
    expect(node.status.votedKey).toEqual(votedKey);
  });
});

describe('the table of moves', () => {
  test('only a Prospective becomes Candidate, only a Candidate Leader, only a Leader Resigned', () => {
    const sources = (to: RoleKind) => KINDS.filter((from) => LEGAL_MOVES[from].includes(to));
    expect(sources('candidate')).toEqual(['prospective']);
    expect(sources('leader')).toEqual(['candidate']);
    expect(sources('resigned')).toEqual(['leader']);
  });

  test('every role can be left for Unattached and Follower: a newer epoch ends anything', () => {
    for (const kind of KINDS) expect(LEGAL_MOVES[kind]).toEqual(expect.arrayContaining(['unattached', 'follower']));
  });

  test('every move is told, with both roles and the reason', () => {
    const node = started();
    node.win();
    node.advance(3000);
    const moves = node.events.flatMap((event) => (event.kind === 'roleChanged' ? [`${event.from}>${event.to}`] : []));
    expect(moves).toEqual(['unattached>unattached', 'unattached>prospective', 'prospective>candidate', 'candidate>leader', 'leader>resigned']);
    expect(node.events.every((event) => event.kind !== 'roleChanged' || event.reason.length > 0)).toBe(true);
  });
});

describe('who leads is told when it changes, and only then', () => {
  const told = (node: OneNode) => node.only('leaderChanged').map(({ epoch, leaderId }) => [epoch, leaderId]);

  test('from the start through leader and resignation', () => {
    const node = started();
    node.win();
    node.advance(3000);
    expect(told(node)).toEqual([[4, undefined], [5, undefined], [5, 1], [5, undefined]]);
  });

  test('not when a follower goes through a pre-vote and back', () => {
    const node = OneNode.following(3, 4);
    node.step({ kind: 'connectionLost', peer: id(3) });
    node.toDeadline();
    for (const open of node.open('vote')) node.respond(open, refused('hears-leader'));
    expect(node.status.role).toBe('follower');
    expect(told(node)).toEqual([]);
  });
});

test('the high watermark of a follower survives every change of role', () => {
  const node = OneNode.following(3, 4);
  node.answer('fetch', { batches: batchesOf([[4, 6]]), highWatermark: at(5) });
  node.step({ kind: 'connectionLost', peer: id(3) });
  node.toDeadline();
  expect(node.status).toMatchObject({ role: 'prospective', highWatermark: 5 });
  node.ask(voteRequest({ from: 2, epoch: 7, lastEpoch: 4, endOffset: 6 }));
  expect(node.status).toMatchObject({ role: 'unattached', highWatermark: 5 });
  node.ask(beginRequest({ from: 2, epoch: 7 }));
  expect(node.status).toMatchObject({ role: 'follower', highWatermark: 5 });
});
