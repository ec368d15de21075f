import { describe, expect, it } from 'vitest';
import { directoryOf, endpointsOf, voterOf } from '../test/fake-host.js';
import { OneNode, at, batchesOf, epochOf, id, voteRequest, type OneNodeSetup } from '../test/one-node.js';
import { VoterSet } from './voter-set.js';
import { votersRecord } from './voters-record.js';

const PERIOD_MS = 4000;
const moved = [{ name: 'CONTROLLER', host: 'elsewhere', port: 9 }];

const setRecord = (...voters: (number | ReturnType<typeof voterOf>)[]) => votersRecord(new VoterSet(voters.map((voter) => (typeof voter === 'number' ? voterOf(voter) : voter))));

/** Keeps a follower in touch with its leader: each Fetch is answered with nothing. */
function pass(node: OneNode, ms: number): void {
  for (let passed = 0; passed < ms; passed += 100) {
    node.advance(100);
    if (node.open('fetch').length > 0) node.answer('fetch', { highWatermark: node.status.logEndOffset });
  }
}

/** n4 follows n2 in epoch 1 and knows from the log that the voters are 1, 2 and 3, or those given. */
function observer(setup: OneNodeSetup = {}, record = setRecord(1, 2, 3)): OneNode {
  const node = OneNode.following(2, 1, { id: 4, voters: [], ...setup });
  node.advance(20);
  node.answer('fetch', { batches: batchesOf([[1, record]]), highWatermark: at(1) });
  return node;
}

describe('a voter', () => {
  it('whose entry is out of date tells the leader, and once is enough', () => {
    const node = OneNode.following(2, 1, { endpoints: moved });
    pass(node, 200);
    expect(node.open('updateRaftVoter')).toMatchObject([{ to: 2, request: { currentLeaderEpoch: 1, voter: { id: 1, directoryId: directoryOf(1) }, endpoints: moved, kraftVersion: { min: 0, max: 1 } } }]);

    node.answer('updateRaftVoter', { error: 'NONE' });
    pass(node, 2 * PERIOD_MS);

    expect(node.open('updateRaftVoter')).toEqual([]);
  });

  it('asks again after a period when it was refused, and in the next epoch when that has another leader', () => {
    const node = OneNode.following(2, 1, { endpoints: moved });
    pass(node, 200);
    node.answer('updateRaftVoter', { error: 'REQUEST_TIMED_OUT' });
    pass(node, PERIOD_MS - 400);
    expect(node.open('updateRaftVoter')).toEqual([]);
    pass(node, 400);
    expect(node.open('updateRaftVoter')).toHaveLength(1);
  });

  it('whose entry is right asks nothing', () => {
    const node = OneNode.following(2, 1);
    pass(node, 2 * PERIOD_MS);

    expect(node.sent.filter(({ request }) => request.kind.endsWith('RaftVoter'))).toEqual([]);
  });
});

describe('an observer that is to join by itself', () => {
  it('asks to be added, without waiting for the commit, once a period', () => {
    const node = observer({ autoJoin: true });
    pass(node, PERIOD_MS + 200);
    expect(node.open('addRaftVoter')).toMatchObject([{ to: 2, request: { voter: { id: 4, directoryId: directoryOf(4) }, endpoints: endpointsOf(4), ackWhenCommitted: false, validateOnly: false } }]);

    node.answer('addRaftVoter', { error: 'REQUEST_TIMED_OUT' });
    pass(node, PERIOD_MS - 400);
    expect(node.open('addRaftVoter')).toEqual([]);
    pass(node, 400);
    expect(node.open('addRaftVoter')).toHaveLength(1);
  });

  it('has the voter with its node id and another disk removed first', () => {
    const node = observer({ autoJoin: true }, setRecord(1, 2, 3, voterOf(4, 1)));
    pass(node, PERIOD_MS + 200);

    expect(node.open('addRaftVoter')).toEqual([]);
    expect(node.open('removeRaftVoter')).toMatchObject([{ request: { voter: { id: 4, directoryId: directoryOf(4, 1) } } }]);
  });

  it('asks no more when it is a voter', () => {
    const node = observer({ autoJoin: true }, setRecord(1, 2, 3, 4));
    pass(node, 2 * PERIOD_MS);

    expect(node.status.isVoter).toBe(true);
    expect(node.open('addRaftVoter')).toEqual([]);
  });

  it('waits a period after it was removed', () => {
    const node = observer({ autoJoin: true }, setRecord(1, 2, 3, 4));
    pass(node, 10_000);
    node.answer('fetch', { batches: batchesOf([[1, setRecord(1, 2, 3)]], batchesOf([[1, setRecord(1, 2, 3, 4)]])), highWatermark: at(2) });
    pass(node, PERIOD_MS - 200);
    expect(node.open('addRaftVoter')).toEqual([]);
    pass(node, 400);

    expect(node.open('addRaftVoter')).toHaveLength(1);
  });
});

describe('an observer', () => {
  it('asks for nothing unless it is told to', () => {
    const node = observer();
    pass(node, 2 * PERIOD_MS);

    expect(node.open('addRaftVoter')).toEqual([]);
  });

  it('says where it listens in its fetches, a voter does not', () => {
    expect(observer().open('fetch').at(-1)?.request.endpoints).toEqual(endpointsOf(4));
    expect(OneNode.following(2, 1).open('fetch').at(-1)?.request.endpoints).toBeUndefined();
  });

  it('that knows no voters looks for a leader at the bootstrap servers, and never stands', () => {
    const node = OneNode.started({ id: 4, voters: [], bootstrapServers: endpointsOf(2) });
    expect(node.open('fetch').map(({ to }) => to)).toEqual([-2]);

    node.answer('fetch', { leaderId: id(2), leaderEpoch: epochOf(3), leaderEndpoints: endpointsOf(2), error: 'FENCED_LEADER_EPOCH' });
    expect(node.status).toMatchObject({ role: 'follower', epoch: 3, leaderId: 2, isVoter: false });
    node.advance(60_000);

    expect(node.elections).toEqual([]);
    expect(node.status.voters).toEqual([]);
  });

  it('becomes a voter with the record that says so, and an observer again when that is cut off', () => {
    const before = setRecord(1, 2, 3);
    const node = observer({}, before);
    node.answer('fetch', { batches: batchesOf([[1, setRecord(1, 2, 3, 4)]], batchesOf([[1, before]])), highWatermark: at(1) });
    expect(node.status).toMatchObject({ isVoter: true, committedVoters: [{ id: 1 }, { id: 2 }, { id: 3 }] });

    node.answer('fetch', { diverging: { epoch: epochOf(1), endOffset: at(1) } });

    expect(node.status.isVoter).toBe(false);
    expect(node.only('votersChanged').at(-1)?.peers.map((peer) => peer.id)).toEqual([1, 2, 3]);
  });

  it('follows a set that differs by more than one voter, and says so', () => {
    const node = observer();
    node.answer('fetch', { batches: batchesOf([[1, setRecord(1, 5, 6)]], batchesOf([[1, setRecord(1, 2, 3)]])), highWatermark: at(1) });

    expect(node.status.voters.map((voter) => voter.id)).toEqual([1, 5, 6]);
    expect(node.events).toContainEqual(expect.objectContaining({ kind: 'described', name: 'raft.voters.jump', level: 'warn' }));
  });
});

describe('a vote', () => {
  it('without the directory id of candidate or voter is refused, since it could be meant for another disk', () => {
    const node = OneNode.started();
    const request = voteRequest({ from: 2, epoch: 1, preVote: true });

    expect(node.ask({ ...request, candidate: { id: id(2), directoryId: undefined } })).toMatchObject({ error: 'INVALID_REQUEST', granted: false });
    expect(node.ask({ ...request, voter: { id: id(1), directoryId: undefined } })).toMatchObject({ error: 'INVALID_REQUEST', granted: false });
    expect(node.ask(request)).toMatchObject({ error: 'NONE', granted: true });
  });

  it('for another disk of this node is refused', () => {
    expect(OneNode.started().ask(voteRequest({ from: 2, epoch: 1, toDisk: 1 }))).toMatchObject({ error: 'INVALID_VOTER_KEY', granted: false });
  });
});
