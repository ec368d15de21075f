import { describe, expect, it } from 'vitest';
import { CLUSTER, directoryOf, endpointsOf } from '../test/fake-host.js';
import { OneNode, addRequest, beginRequest, described, epochOf, fetchRequest, id, removeRequest, updateRequest, type OneNodeSetup } from '../test/one-node.js';
import type { VoterChangeRequest, VoterChangeResponse } from './messages.js';

/** n1 leads epoch 1; its first batch, 0 to 3, is committed, and n4 follows as an observer that has everything. */
function leaderWithObserver(setup: OneNodeSetup = {}): OneNode {
  const node = OneNode.leading(setup);
  follow(node, 2);
  follow(node, 4);
  node.forget();
  return node;
}

/** A replica fetches at the leader's log end: it has everything. */
function follow(node: OneNode, from: number, disk = 0): void {
  const { logEndOffset, epoch } = node.status;
  node.ask(fetchRequest({ from, epoch, offset: logEndOffset, lastEpoch: epoch, disk }));
}

/** Asks, and lets the replica answer the probe as it should. */
function change(node: OneNode, request: VoterChangeRequest, answer = described(request.voter.id)): VoterChangeResponse | undefined {
  const early = node.ask(request);
  if (early !== undefined) return early;
  const token = node.lastToken;
  if (node.open('describeQuorum').length > 0) node.answer('describeQuorum', answer);
  return node.replies.get(token) as VoterChangeResponse | undefined;
}

const votersOf = (node: OneNode): number[] => node.status.voters.map((voter) => voter.id);
const answered = (node: OneNode, token = node.lastToken) => node.replies.get(token) as VoterChangeResponse | undefined;

describe('adding a voter', () => {
  it('asks at the address, appends one control batch, and answers when that is committed', () => {
    const node = leaderWithObserver();

    node.ask(addRequest({ id: 4 }));
    const token = node.lastToken;
    expect(node.open('describeQuorum')).toMatchObject([{ to: 4 }]);
    expect(votersOf(node)).toEqual([1, 2, 3]);

    node.answer('describeQuorum', described(4));
    expect(node.only('appendControl')).toMatchObject([{ baseOffset: 3, records: [{ kind: 'KRaftVoters' }] }]);
    expect(votersOf(node)).toEqual([1, 2, 3, 4]);
    expect(node.status.committedVoters.map((voter) => voter.id)).toEqual([1, 2, 3]);
    expect(answered(node, token)).toBeUndefined();

    follow(node, 2);
    expect(answered(node, token)).toBeUndefined();
    follow(node, 4);
    expect(answered(node, token)).toMatchObject({ error: 'NONE', endOffset: 4 });
    expect(node.status.committedVoters.map((voter) => voter.id)).toEqual([1, 2, 3, 4]);
  });

  it('sends the new voter what is not committed at once, though its Fetch was parked as that of a reader', () => {
    const node = leaderWithObserver();
    node.ask(fetchRequest({ from: 4, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 3 }));
    const parked = node.lastToken;
    expect(node.replies.has(parked)).toBe(false);

    change(node, addRequest({ id: 4 }));

    const reply = node.replies.get(parked);
    expect(reply?.kind === 'fetch' && reply.batches.map(({ baseOffset }) => baseOffset)).toEqual([3]);
  });

  it('answers at once when the asker does not wait for the commit', () => {
    const node = leaderWithObserver();

    expect(change(node, addRequest({ id: 4, ackWhenCommitted: false }))).toMatchObject({ error: 'NONE', endOffset: 4 });
  });

  it('makes all checks and no change when it is only to be validated', () => {
    const node = leaderWithObserver();

    expect(change(node, addRequest({ id: 4, validateOnly: true }))).toMatchObject({ error: 'NONE', endOffset: 3 });
    expect(votersOf(node)).toEqual([1, 2, 3]);
    expect(change(node, addRequest({ id: 4, validateOnly: true }), described(5))).toMatchObject({ error: 'INVALID_REQUEST' });
  });

  it('puts the endpoint by which controllers reach each other first', () => {
    const node = leaderWithObserver();

    change(node, addRequest({ id: 4, endpoints: [{ name: 'OTHER', host: 'o', port: 1 }, ...endpointsOf(4)] }));

    expect(node.status.voters.at(-1)?.endpoints.map(({ name }) => name)).toEqual(['CONTROLLER', 'OTHER']);
  });

  it('does not resign for lack of contact when a quorum of one grows late', () => {
    const node = OneNode.leading({ voters: [1] });
    node.advance(60_000);
    follow(node, 4);

    change(node, addRequest({ id: 4 }));
    node.advance(2000);

    expect(node.status.role).toBe('leader');
  });
});

describe('refuses to add', () => {
  it('a replica without a directory id', () => {
    expect(leaderWithObserver().ask(addRequest({ id: 4, disk: 'unknown' }))).toMatchObject({ error: 'INVALID_REQUEST', endOffset: undefined });
  });

  it('anybody when it does not lead, and says who does', () => {
    const node = OneNode.following(2, 1);

    expect(node.ask(addRequest({ id: 4 }))).toMatchObject({ error: 'NOT_LEADER_OR_FOLLOWER', leaderId: 2 });
  });

  it('anybody before it has committed in its own epoch', () => {
    expect(OneNode.leading().ask(addRequest({ id: 4 }))).toMatchObject({ error: 'REQUEST_TIMED_OUT' });
  });

  it('a second one while the first is on its way, also when that is appended but not committed', () => {
    const node = leaderWithObserver();
    follow(node, 5);

    node.ask(addRequest({ id: 4 }));
    expect(node.ask(addRequest({ id: 5 }))).toMatchObject({ error: 'REQUEST_TIMED_OUT', message: expect.stringContaining('adding node 4') });
    node.answer('describeQuorum', described(4));
    expect(node.ask(addRequest({ id: 5 }))).toMatchObject({ error: 'REQUEST_TIMED_OUT' });
    expect(node.ask(removeRequest({ id: 3 }))).toMatchObject({ error: 'REQUEST_TIMED_OUT' });
  });

  it('anybody while the set before is in the log and not committed, even when nobody waits for it any more', () => {
    const node = leaderWithObserver();
    change(node, addRequest({ id: 4 }));
    follow(node, 2); // three of four are needed
    node.advance(1999);
    follow(node, 2);
    node.advance(2);

    expect(node.ask(removeRequest({ id: 3 }))).toMatchObject({ error: 'REQUEST_TIMED_OUT', message: 'the change before this one is not committed yet' });
  });

  it('a node id that is in the set already, with this disk or another', () => {
    const node = leaderWithObserver();

    expect(node.ask(addRequest({ id: 3 }))).toMatchObject({ error: 'DUPLICATE_VOTER' });
    expect(node.ask(addRequest({ id: 3, disk: 1 }))).toMatchObject({ error: 'DUPLICATE_VOTER', message: expect.stringContaining(directoryOf(3)) });
  });

  it('a replica that does not listen where controllers reach each other', () => {
    expect(leaderWithObserver().ask(addRequest({ id: 4, endpoints: [{ name: 'OTHER', host: 'h', port: 1 }] }))).toMatchObject({ error: 'INVALID_REQUEST' });
  });

  it('a replica that nobody reaches', () => {
    const node = leaderWithObserver();

    node.ask(addRequest({ id: 4 }));
    const token = node.lastToken;
    node.fail(node.open('describeQuorum')[0]!);

    expect(answered(node, token)).toMatchObject({ error: 'REQUEST_TIMED_OUT', message: 'node 4 does not answer at host-4:9004 (unavailable)' });
    expect(votersOf(node)).toEqual([1, 2, 3]);
    expect(node.status.voterChange).toBeUndefined();
  });

  it('a replica that says nothing, once the asker or this node has waited long enough', () => {
    const node = leaderWithObserver();

    node.ask(addRequest({ id: 4, timeoutMs: 300 }));
    const token = node.lastToken;
    node.advance(299);
    expect(answered(node, token)).toBeUndefined();
    node.advance(1);

    expect(answered(node, token)).toMatchObject({ error: 'REQUEST_TIMED_OUT', endOffset: undefined });
  });

  it('an address at which another replica answers', () => {
    const otherDisk = { replica: { id: id(4), directoryId: directoryOf(4, 1) } };

    expect(change(leaderWithObserver(), addRequest({ id: 4 }), described(5))).toMatchObject({ error: 'INVALID_REQUEST' });
    expect(change(leaderWithObserver(), addRequest({ id: 4 }), described(4, otherDisk))).toMatchObject({ error: 'INVALID_REQUEST' });
    expect(change(leaderWithObserver(), addRequest({ id: 4 }), described(4, { error: 'INCONSISTENT_CLUSTER_ID' }))).toMatchObject({ error: 'INVALID_REQUEST' });
  });

  it('a replica whose software does not support the kraft.version in force', () => {
    expect(change(leaderWithObserver(), addRequest({ id: 4 }), described(4, { kraftVersion: { min: 0, max: 0 } }))).toMatchObject({ error: 'INVALID_REQUEST' });
    expect(change(leaderWithObserver(), addRequest({ id: 4 }), described(4, { kraftVersion: { min: 2, max: 3 } }))).toMatchObject({ error: 'INVALID_REQUEST' });
  });

  it('a replica that does not follow, or has never had everything', () => {
    const node = OneNode.leading();
    follow(node, 2);
    expect(change(node, addRequest({ id: 4 }))).toMatchObject({ error: 'REQUEST_TIMED_OUT', message: expect.stringContaining('does not fetch') });

    node.ask(fetchRequest({ from: 4, epoch: 1, offset: 0 }));
    expect(change(node, addRequest({ id: 4 }))).toMatchObject({ error: 'REQUEST_TIMED_OUT', message: expect.stringContaining('has not caught up') });

    follow(node, 4);
    expect(change(node, addRequest({ id: 4 }))).toBeUndefined();
  });

  it('no replica that has all that is committed, though under steady writes the log always ends further on', () => {
    const node = OneNode.leading();
    follow(node, 2);
    node.propose();
    node.ask(fetchRequest({ from: 4, epoch: 1, offset: 3, lastEpoch: 1 }));

    expect(change(node, addRequest({ id: 4 }))).toBeUndefined();
    expect(votersOf(node)).toEqual([1, 2, 3, 4]);
  });

  it('a replica that has not fetched for an hour', () => {
    const node = OneNode.leading({ voters: [1] });
    follow(node, 4);
    node.advance(3_600_001);

    expect(change(node, addRequest({ id: 4 }))).toMatchObject({ error: 'REQUEST_TIMED_OUT' });
  });

  it('a replica whose node id follows with another disk', () => {
    const node = OneNode.leading();
    follow(node, 2);
    follow(node, 4, 1);

    expect(change(node, addRequest({ id: 4 }))).toMatchObject({ error: 'REQUEST_TIMED_OUT' });
  });

  it('anybody while it shuts down or hands over', () => {
    const leaving = leaderWithObserver();
    leaving.propose(); // the successor does not have it, so the hand-over takes a while
    leaving.step({ kind: 'resign', epoch: epochOf(1), reason: 'test' });
    expect(leaving.ask(addRequest({ id: 4 }))).toMatchObject({ error: 'REQUEST_TIMED_OUT' });

    leaving.step({ kind: 'shutdown' });
    expect(leaving.ask(addRequest({ id: 4 }))).toMatchObject({ error: 'BROKER_NOT_AVAILABLE' });
  });

  it('strangers', () => {
    expect(leaderWithObserver().ask({ ...addRequest({ id: 4 }), clusterId: 'another' })).toMatchObject({ error: 'INCONSISTENT_CLUSTER_ID' });
  });
});

describe('removing a voter', () => {
  it('needs the majority of those that remain, and answers when that has it', () => {
    const node = leaderWithObserver();

    node.ask(removeRequest({ id: 3 }));
    const token = node.lastToken;
    expect(votersOf(node)).toEqual([1, 2]);
    follow(node, 2);

    expect(answered(node, token)).toMatchObject({ error: 'NONE', endOffset: 4 });
  });

  it('refuses a key that is not in the set, another disk of a voter, and the last voter', () => {
    const node = leaderWithObserver();

    expect(node.ask(removeRequest({ id: 4 }))).toMatchObject({ error: 'VOTER_NOT_FOUND' });
    expect(node.ask(removeRequest({ id: 3, disk: 1 }))).toMatchObject({ error: 'VOTER_NOT_FOUND' });
    const alone = OneNode.leading({ voters: [1] });
    expect(alone.ask(removeRequest({ id: 1 }))).toMatchObject({ error: 'VOTER_NOT_FOUND' });
    expect(alone.status.voters).toHaveLength(1);
  });

  it('changes nothing when it is only to be validated', () => {
    const node = leaderWithObserver();

    expect(node.ask(removeRequest({ id: 3, validateOnly: true }))).toMatchObject({ error: 'NONE', endOffset: 3 });
    expect(votersOf(node)).toEqual([1, 2, 3]);
  });

  it('lets the removed one go on as an observer that gets what is committed', () => {
    const node = leaderWithObserver();
    follow(node, 3);
    node.ask(removeRequest({ id: 3 }));

    node.ask(fetchRequest({ from: 3, epoch: 1, offset: 3, lastEpoch: 1, highWatermark: 3 }));
    expect(answered(node)).toBeUndefined();
    follow(node, 2);
    node.advance(2);

    expect(node.status.replicas.filter((replica) => !replica.isVoter).map((replica) => replica.id)).toContain(3);
    expect(node.replies.get(node.lastToken - 1)).toMatchObject({ kind: 'fetch', highWatermark: 4 });
  });

  it('does not count a leader that removes itself, and lets it go when that is committed', () => {
    const node = leaderWithObserver();
    follow(node, 3);

    node.ask(removeRequest({ id: 1 }));
    const token = node.lastToken;
    expect(node.status).toMatchObject({ role: 'leader', isVoter: false });
    follow(node, 2);
    expect(node.status.leaderHighWatermark).toBe(3); // itself and n2 would have been two of three
    follow(node, 3);

    expect(answered(node, token)).toMatchObject({ error: 'NONE', endOffset: 4 });
    expect(node.status.role).toBe('resigned');
    expect(node.open('endQuorumEpoch').map(({ to }) => to)).toEqual([2, 3]);
  });

  it('takes proposals as long as the removal of the leader is not committed', () => {
    const node = leaderWithObserver();
    node.ask(removeRequest({ id: 1 }));

    node.propose();

    expect(node.only('proposalRefused')).toEqual([]);
    expect(node.status.logEndOffset).toBe(5);
  });

  it('never brings a leader that removed itself back to standing', () => {
    const node = leaderWithObserver();
    follow(node, 3);
    node.ask(removeRequest({ id: 1 }));
    follow(node, 2);
    follow(node, 3);

    for (const sent of node.open('endQuorumEpoch')) node.respond(sent, {});
    node.advance(10_000);

    expect(node.status).toMatchObject({ role: 'unattached', epoch: 2 });
    expect(node.elections).toEqual([]);
  });
});

describe('updating a voter', () => {
  const moved = [{ name: 'CONTROLLER', host: 'elsewhere', port: 9 }];

  it('asks at the new address, stores it, and answers when it is appended', () => {
    const node = leaderWithObserver();

    expect(change(node, updateRequest({ id: 2, epoch: 1, endpoints: moved }))).toMatchObject({ error: 'NONE', endOffset: 4 });
    expect(node.status.voters[1]).toMatchObject({ id: 2, endpoints: moved });
  });

  it('does nothing when the entry says so already', () => {
    const node = leaderWithObserver();

    expect(node.ask(updateRequest({ id: 2, epoch: 1 }))).toMatchObject({ error: 'NONE', endOffset: 3 });
    expect(node.only('appendControl')).toEqual([]);
  });

  it('refuses other epochs, strangers, missing listeners, and a range that the probe does not find', () => {
    const node = leaderWithObserver();

    expect(node.ask(updateRequest({ id: 2, epoch: 0, endpoints: moved }))).toMatchObject({ error: 'FENCED_LEADER_EPOCH', leaderId: 1 });
    expect(node.ask(updateRequest({ id: 2, epoch: 2, endpoints: moved }))).toMatchObject({ error: 'UNKNOWN_LEADER_EPOCH' });
    expect(node.ask(updateRequest({ id: 4, epoch: 1, endpoints: moved }))).toMatchObject({ error: 'VOTER_NOT_FOUND' });
    expect(node.ask(updateRequest({ id: 2, epoch: 1, disk: 1, endpoints: moved }))).toMatchObject({ error: 'VOTER_NOT_FOUND' });
    expect(node.ask(updateRequest({ id: 2, epoch: 1, endpoints: [] }))).toMatchObject({ error: 'INVALID_REQUEST' });
    expect(change(node, updateRequest({ id: 2, epoch: 1, endpoints: moved }), described(2, { kraftVersion: { min: 0, max: 2 } }))).toMatchObject({ error: 'INVALID_REQUEST' });
  });

  it("gives way to an operator's change while its address is being tried", () => {
    const node = leaderWithObserver();
    node.ask(updateRequest({ id: 2, epoch: 1, endpoints: moved }));
    const update = node.lastToken;

    expect(node.ask(removeRequest({ id: 3 }))).toBeUndefined();

    expect(answered(node, update)).toMatchObject({ error: 'REQUEST_TIMED_OUT' });
    expect(votersOf(node)).toEqual([1, 2]);
  });
});

describe('a change whose leader goes', () => {
  it('is answered at once, with the word that it may yet commit when it is in the log', () => {
    const probing = leaderWithObserver();
    probing.ask(addRequest({ id: 4 }));
    const first = probing.lastToken;
    probing.answer('describeQuorum', described(4, { leaderEpoch: epochOf(2) }));
    expect(answered(probing, first)).toMatchObject({ error: 'NOT_LEADER_OR_FOLLOWER', endOffset: undefined });
    expect(votersOf(probing)).toEqual([1, 2, 3]);

    const appended = leaderWithObserver();
    change(appended, addRequest({ id: 4 }));
    const second = appended.lastToken;
    appended.ask(fetchRequest({ from: 2, epoch: 1, offset: 3, lastEpoch: 1 }));
    appended.ask(beginRequest({ from: 2, epoch: 2 }));
    expect(answered(appended, second)).toMatchObject({ error: 'NOT_LEADER_OR_FOLLOWER', endOffset: 4, leaderId: 2 });
  });

  it('goes on when only the asker has gone', () => {
    const node = leaderWithObserver();
    node.ask(addRequest({ id: 4 }));
    const token = node.lastToken;

    node.step({ kind: 'requestCancelled', token });
    node.answer('describeQuorum', described(4));

    expect(votersOf(node)).toEqual([1, 2, 3, 4]);
    expect(answered(node, token)).toBeUndefined();
  });
});

describe('asked who it is', () => {
  it('any node says so, and the leader whom it sees', () => {
    const node = leaderWithObserver();
    const told = node.ask({ kind: 'describeQuorum', ...CLUSTER });

    expect(told).toMatchObject({ error: 'NONE', leaderId: 1, replica: { id: 1, directoryId: directoryOf(1) }, kraftVersion: { min: 0, max: 1 }, highWatermark: 3, logEndOffset: 3 });
    expect(told?.replicas.map(({ key, isVoter }) => [key.id, isVoter])).toEqual([[1, true], [2, true], [3, true], [4, false]]);
    expect(OneNode.following(2, 1).ask({ kind: 'describeQuorum', ...CLUSTER })).toMatchObject({ error: 'NONE', leaderId: 2, replicas: [] });
    expect(node.ask({ kind: 'describeQuorum', ...CLUSTER, clusterId: 'another' })).toMatchObject({ error: 'INCONSISTENT_CLUSTER_ID', leaderId: undefined });
  });

  it('tells where a spare controller listens, which that one said itself', () => {
    const node = OneNode.leading();

    node.ask({ ...fetchRequest({ from: 4, epoch: 1, offset: 3, lastEpoch: 1 }), endpoints: endpointsOf(4) });

    expect(node.status.replicas.find((replica) => replica.id === 4)?.endpoints).toEqual(endpointsOf(4));
    expect(node.status.replicas.find((replica) => replica.id === 2)?.endpoints).toEqual(endpointsOf(2));
  });
});
