import { describe, expect, test } from 'vitest';
import { batchesOf, beginRequest, fetchSnapshotRequest, OneNode, diskBehindSnapshot } from '../test/one-node.js';
import { CLUSTER } from '../test/fake-host.js';
import type { Uuid } from '@quorate/records';

const GONE = batchesOf([[1, 5]]);
const KEPT = batchesOf([[1, 3]], GONE);

/** Leads epoch 2 with a log from 5 to 8 behind the snapshot 5-1. */
const leader = () => OneNode.leading({ disk: { ...diskBehindSnapshot(GONE, KEPT), election: { epoch: 1 as never, leaderId: undefined, votedKey: undefined } } });
const ASK = { from: 2, epoch: 2, snapshot: [5, 1] } as const;

test('the leader sends the bytes from the position on, as many as were asked for', () => {
  const node = leader();
  const first = node.ask(fetchSnapshotRequest({ ...ASK, maxBytes: 40 }));
  const second = node.ask(fetchSnapshotRequest({ ...ASK, position: 40, maxBytes: 100_000 }));

  expect(first).toMatchObject({ error: 'NONE', snapshotId: { endOffset: 5, epoch: 1 }, position: 0, leaderId: 1, leaderEpoch: 2, chainChecksum: GONE[0]!.checksum });
  expect(first?.bytes).toHaveLength(40);
  expect(second?.position).toBe(40);
  expect(second?.bytes).toHaveLength((first?.size ?? 0) - 40);
});

describe('is refused', () => {
  test.each([
    ['in an older epoch', { epoch: 1 }, 'FENCED_LEADER_EPOCH'],
    ['in a newer epoch', { epoch: 3 }, 'UNKNOWN_LEADER_EPOCH'],
    ['for the bootstrap checkpoint, which never leaves its node', { snapshot: [0, 0] as const }, 'SNAPSHOT_NOT_FOUND'],
    ['for an id that was never made', { snapshot: [7, 2] as const }, 'SNAPSHOT_NOT_FOUND'],
    ['for the right offset with another epoch', { snapshot: [5, 2] as const }, 'SNAPSHOT_NOT_FOUND'],
    ['before the first byte', { position: -1 }, 'POSITION_OUT_OF_RANGE'],
    ['behind the last byte', { position: 100_000 }, 'POSITION_OUT_OF_RANGE'],
    ['for no bytes at all', { maxBytes: 0 }, 'INVALID_REQUEST'],
    ['from a node that calls itself us', { from: 1 }, 'INVALID_REQUEST'],
  ])('%s', (_name, more, error) => {
    expect(leader().ask(fetchSnapshotRequest({ ...ASK, ...more }))).toMatchObject({ error, leaderId: 1, leaderEpoch: 2 });
  });

  test('by a node that does not lead, which says who does', () => {
    const node = OneNode.started({ disk: diskBehindSnapshot(GONE, KEPT) });
    node.ask(beginRequest({ from: 3, epoch: 2 }));

    expect(node.ask(fetchSnapshotRequest(ASK))).toMatchObject({ error: 'NOT_LEADER_OR_FOLLOWER', leaderId: 3, leaderEpoch: 2 });
  });

  test('by a node that is going down', () => {
    const node = OneNode.started({ disk: diskBehindSnapshot(GONE, KEPT) });
    node.ask(beginRequest({ from: 3, epoch: 2 }));
    node.step({ kind: 'shutdown' });

    expect(node.ask(fetchSnapshotRequest(ASK))?.error).toBe('BROKER_NOT_AVAILABLE');
  });

  test('when it comes from another cluster or another history of this one', () => {
    const node = leader();

    expect(node.ask({ ...fetchSnapshotRequest(ASK), clusterId: 'other' })?.error).toBe('INCONSISTENT_CLUSTER_ID');
    expect(node.ask({ ...fetchSnapshotRequest(ASK), recoveryId: `${CLUSTER.recoveryId.substring(1)}B` as Uuid })?.error).toBe('INCONSISTENT_RECOVERY_ID');
  });

  test('by a leader that has no snapshot', () => {
    expect(OneNode.leading().ask(fetchSnapshotRequest({ ...ASK, epoch: 1 }))?.error).toBe('SNAPSHOT_NOT_FOUND');
  });
});

describe('check-quorum', () => {
  const fetchFor3s = (node: OneNode, from: number) => {
    for (let elapsed = 0; elapsed < 6000; elapsed += 500) {
      node.ask(fetchSnapshotRequest({ ...ASK, from }));
      node.advance(500);
    }
  };

  test('a voter that fetches a snapshot is heard: the leader stays', () => {
    const node = leader();
    fetchFor3s(node, 2);

    expect(node.status.role).toBe('leader');
  });

  test('an observer that fetches one keeps no leader in office', () => {
    const node = leader();
    fetchFor3s(node, 101);

    expect(node.status.role).not.toBe('leader');
  });

  test('a fetched snapshot acknowledges nothing', () => {
    const node = leader();
    fetchFor3s(node, 2);

    expect(node.status).toMatchObject({ leaderHighWatermark: undefined });
  });
});

test('what an asker may make the leader read into memory at once is bounded', () => {
  const node = leader();
  node.ask(fetchSnapshotRequest({ ...ASK, maxBytes: 1e12 }));

  expect(node.only('replyFetchSnapshot').at(-1)?.maxBytes).toBe(8 * 1024 * 1024);
});
