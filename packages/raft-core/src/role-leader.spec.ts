import { encodeBatch } from '@quorate/records';
import { describe, expect, test } from 'vitest';
import { endpointsOf } from '../test/fake-host.js';
import { OneNode, batchesOf, beginRequest, epochOf, fetchRequest, numberedRecords, refused, voteRequest, granted, id } from '../test/one-node.js';
import { RaftInvariantError } from './errors.js';

const acknowledge = (node: OneNode, from: number, offset: number, epoch: number = node.status.epoch) =>
  node.ask(fetchRequest({ from, epoch, offset, lastEpoch: node.status.lastEpoch, highWatermark: 'unknown' }));

describe('the first batch', () => {
  test('of the first leader holds LeaderChange, and the bootstrap checkpoint\'s KRaftVersion and KRaftVoters', () => {
    const node = OneNode.started();
    node.win();
    const [batch] = node.only('appendControl');
    expect(batch).toMatchObject({ epoch: 1, baseOffset: 0 });
    expect(batch?.records.map((record) => record.kind)).toEqual(['LeaderChange', 'KRaftVersion', 'KRaftVoters']);
    expect(batch?.records[0]?.value).toMatchObject({ version: 1, leaderId: 1, voters: [{ voterId: 1 }, { voterId: 2 }, { voterId: 3 }], grantingVoters: [{ voterId: 1 }, { voterId: 2 }] });
    expect(node.status).toMatchObject({ logEndOffset: 3, votersOffset: 2 });
  });

  test('of a later leader is LeaderChange alone', () => {
    const first = OneNode.leading();
    const second = OneNode.started({ disk: first.host.disk });
    second.win();
    expect(second.only('appendControl').at(-1)?.records.map((record) => record.kind)).toEqual(['LeaderChange']);
    expect(second.status).toMatchObject({ epoch: 3, votersOffset: 2 });
  });

  test('brings the leader\'s own entry up to date', () => {
    const first = OneNode.leading();
    const moved = [{ name: 'CONTROLLER', host: 'elsewhere', port: 9001 }];
    const second = OneNode.started({ disk: first.host.disk, endpoints: moved });
    second.win();
    expect(second.only('appendControl').at(-1)?.records.map((record) => record.kind)).toEqual(['LeaderChange', 'KRaftVoters']);
    expect(second.status.voters.map((voter) => voter.endpoints)).toEqual([moved, endpointsOf(2), endpointsOf(3)]);
    expect(second.status.votersOffset).toBe(4);
  });

  test('comes after the durable claim of the epoch, and before anybody is told', () => {
    const node = OneNode.started();
    node.win();
    const kinds = node.kinds();
    expect(kinds.lastIndexOf('persistElectionState')).toBeLessThan(kinds.indexOf('appendControl'));
    expect(kinds.indexOf('appendControl')).toBeLessThan(kinds.lastIndexOf('send'));
    expect(node.host.disk.election).toMatchObject({ epoch: 1, leaderId: 1, votedKey: { id: 1 } });
  });
});

describe('the high watermark of a leader', () => {
  test('needs its own disk and one other of three', () => {
    const node = OneNode.started();
    node.flushesAtOnce = false;
    node.win();
    acknowledge(node, 2, 3);
    expect(node.status.highWatermark).toBeUndefined();
    node.flush();
    expect(node.status.highWatermark).toBe(3);
  });

  test('needs not its own disk when the two others have it', () => {
    const node = OneNode.started();
    node.flushesAtOnce = false;
    node.win();
    acknowledge(node, 2, 3);
    acknowledge(node, 3, 3);
    expect(node.status).toMatchObject({ highWatermark: 3, flushedOffset: 0 });
  });

  test('of one voter moves with the flush, not with the append', () => {
    const node = OneNode.started({ voters: [1], flushesAtOnce: false });
    expect(node.status.highWatermark).toBeUndefined();
    node.flush();
    expect(node.status.highWatermark).toBe(3);
    node.propose();
    expect(node.status.highWatermark).toBe(3);
    node.flush();
    expect(node.status.highWatermark).toBe(4);
  });

  test('does not pass what earlier leaders wrote before it passes its own first record', () => {
    const batches = batchesOf([[1, 5]]);
    const node = OneNode.leading({ disk: { batches, election: { epoch: epochOf(2), leaderId: undefined, votedKey: undefined } } });
    acknowledge(node, 2, 5, 3);
    node.ask(fetchRequest({ from: 2, epoch: 3, offset: 5, lastEpoch: 1 }));
    expect(node.status.highWatermark).toBeUndefined();
    acknowledge(node, 2, 8, 3);
    expect(node.status.highWatermark).toBe(8);
  });

  test('is not inherited: what was announced as a follower stays announced, and the own one begins empty', () => {
    const node = OneNode.following(2, 5);
    node.answer('fetch', { batches: batchesOf([[5, 4]]), highWatermark: 4 as never });
    node.step({ kind: 'connectionLost', peer: id(2) });
    node.win();
    expect(node.status).toMatchObject({ highWatermark: 4, leaderHighWatermark: undefined, epochStartOffset: 4 });
    node.forget();
    acknowledge(node, 3, 7);
    expect(node.only('advanceHighWatermark').map((effect) => effect.highWatermark)).toEqual([7]);
  });
});

describe('being ready', () => {
  test('is told once, when the leader\'s first batch is committed, after the high watermark', () => {
    const node = OneNode.leading();
    acknowledge(node, 2, 3);
    expect(node.kinds().filter((kind) => kind === 'advanceHighWatermark' || kind === 'leadershipReady')).toEqual(['advanceHighWatermark', 'leadershipReady']);
    expect(node.only('leadershipReady')).toEqual([{ kind: 'leadershipReady', epoch: 1, epochStartOffset: 0 }]);
    node.propose();
    acknowledge(node, 2, 4);
    expect(node.only('leadershipReady')).toHaveLength(1);
  });
});

describe('proposals', () => {
  test('are appended when they continue the log in the epoch', () => {
    const node = OneNode.leading();
    const batch = node.propose(3);
    expect(node.only('append')).toEqual([{ kind: 'append', batches: [batch] }]);
    expect(node.status.logEndOffset).toBe(6);
  });

  test.each([
    ['of another epoch', { epoch: 7, baseOffset: 3 }, 'wrong-epoch'],
    ['at another offset', { epoch: 1, baseOffset: 4 }, 'wrong-offset'],
    ['of a control batch', { epoch: 1, baseOffset: 3, isControl: true }, 'wrong-offset'],
  ])('%s are refused', (_name, { epoch, baseOffset, isControl = false }: { epoch: number; baseOffset: number; isControl?: boolean }, reason) => {
    const node = OneNode.leading();
    const batch = encodeBatch({ baseOffset, epoch, appendTimeMs: 0, isControl, previousChecksum: 0, records: numberedRecords(1) });
    node.step({ kind: 'propose', batch });
    expect(node.only('proposalRefused')).toEqual([{ kind: 'proposalRefused', batch, reason }]);
    expect(node.status.logEndOffset).toBe(3);
  });

  test('to a follower are refused', () => {
    const node = OneNode.following(2, 5);
    node.propose();
    expect(node.only('proposalRefused').map(({ reason }) => reason)).toEqual(['not-leader']);
  });
});

describe('telling the voters', () => {
  test('at once, then every half fetch timeout', () => {
    const node = OneNode.leading();
    expect(node.open('beginQuorumEpoch').map(({ to }) => to)).toEqual([2, 3]);
    node.advance(999);
    expect(node.open('beginQuorumEpoch')).toHaveLength(2);
    node.advance(1);
    expect(node.open('beginQuorumEpoch')).toHaveLength(4);
  });

  test('but not those that fetch (KAFKA-16926)', () => {
    const node = OneNode.leading();
    node.advance(600);
    acknowledge(node, 2, 3);
    node.advance(600);
    expect(node.open('beginQuorumEpoch').map(({ to }) => to)).toEqual([2, 3, 3]);
  });

  test('again soon when one could not be reached', () => {
    const node = OneNode.leading();
    const first = node.open('beginQuorumEpoch')[0];
    if (first !== undefined) node.fail(first);
    node.advance(20);
    expect(node.open('beginQuorumEpoch').map(({ to }) => to)).toEqual([3, 2]);
  });
});

describe('check-quorum', () => {
  const silentFor = (node: OneNode, ms: number) => node.advance(ms);

  test('without a majority for one and a half fetch timeouts it resigns', () => {
    const node = OneNode.leading();
    silentFor(node, 2999);
    expect(node.status.role).toBe('leader');
    silentFor(node, 1);
    expect(node.status).toMatchObject({ role: 'resigned', epoch: 1, leaderId: undefined });
    expect(node.only('leadershipLost').map(({ epoch }) => epoch)).toEqual([1]);
  });

  test('one of two others is a majority of three, and starts the window again', () => {
    const node = OneNode.leading();
    silentFor(node, 2000);
    acknowledge(node, 2, 3);
    silentFor(node, 2999);
    expect(node.status.role).toBe('leader');
  });

  test('of five needs two others in one window', () => {
    const node = OneNode.leading({ voters: [1, 2, 3, 4, 5] });
    for (let elapsed = 0; elapsed < 3000; elapsed += 500) {
      acknowledge(node, 2, 3);
      silentFor(node, 500);
    }
    expect(node.status.role).toBe('resigned');
  });

  test('observers do not count', () => {
    const node = OneNode.leading();
    for (let elapsed = 0; elapsed < 3000; elapsed += 500) {
      acknowledge(node, 9, 3);
      acknowledge(node, 10, 3);
      silentFor(node, 500);
    }
    expect(node.status.role).toBe('resigned');
  });

  test('a quorum of one never loses itself', () => {
    const node = OneNode.leading({ voters: [1] });
    silentFor(node, 100_000);
    expect(node.status.role).toBe('leader');
  });

  test('after it, nothing is sent to the old followers\' parked fetches but the news', () => {
    const node = OneNode.leading();
    acknowledge(node, 2, 3);
    acknowledge(node, 9, 3);
    silentFor(node, 3001);
    expect(node.status.role).toBe('resigned');
    expect(node.ask<'fetch'>(fetchRequest({ from: 2, epoch: 1, offset: 3, lastEpoch: 1 }))).toMatchObject({ error: 'NOT_LEADER_OR_FOLLOWER', leaderId: undefined });
  });
});

describe('a newer epoch', () => {
  test('in an answer makes it a follower of the leader named there', () => {
    const node = OneNode.leading();
    node.answer('beginQuorumEpoch', { error: 'FENCED_LEADER_EPOCH', leaderId: id(3), leaderEpoch: epochOf(4) });
    expect(node.status).toMatchObject({ role: 'follower', leaderId: 3, epoch: 4 });
    expect(node.only('leadershipLost').map(({ epoch }) => epoch)).toEqual([1]);
  });

  test('in an answer that names nobody makes it Unattached', () => {
    const node = OneNode.leading();
    node.answer('beginQuorumEpoch', { error: 'FENCED_LEADER_EPOCH', leaderEpoch: epochOf(4) });
    expect(node.status).toMatchObject({ role: 'unattached', leaderId: undefined, epoch: 4 });
  });

  test('in an answer that names itself does not make it follow itself', () => {
    const node = OneNode.leading();
    node.answer('beginQuorumEpoch', { error: 'FENCED_LEADER_EPOCH', leaderId: id(1), leaderEpoch: epochOf(4) });
    expect(node.status).toMatchObject({ role: 'unattached', epoch: 4 });
  });

  test('in a vote makes it a voter again, for a candidate whose log is no worse', () => {
    const node = OneNode.leading();
    expect(node.ask<'vote'>(voteRequest({ from: 2, epoch: 2, lastEpoch: 1, endOffset: 3 }))).toMatchObject({ granted: true });
    expect(node.status).toMatchObject({ role: 'unattached', epoch: 2 });
  });
});

test('an election that is lost leaves no leader behind, and a leader that resigns cannot be told to follow itself', () => {
  const node = OneNode.started();
  node.toDeadline();
  for (const open of node.open('vote')) node.respond(open, granted());
  for (const open of node.open('vote')) node.respond(open, refused('already-voted'));
  expect(node.status.role).toBe('candidate');
  expect(() => node.ask(beginRequest({ from: 2, epoch: 1 }))).not.toThrow(RaftInvariantError);
  expect(node.status).toMatchObject({ role: 'follower', leaderId: 2 });
});
