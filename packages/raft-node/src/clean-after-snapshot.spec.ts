import { expect, test } from 'vitest';
import type { NodeId, Offset, RawRecord } from '@quorate/records';
import { configOf, ManualTimers, MemoryElections, MemoryLog, RecordingListener, RecordingTransport } from '../test/fakes.js';
import { MemorySnapshotStore } from './memory-snapshot-store.js';
import { RaftNode } from './raft-node.js';

const NO_OP: RawRecord = { type: 20, version: 0, payload: new Uint8Array(0) };

test('a new snapshot lets the one before it, and its log, go at once, not only when the next minute ends', () => {
  const log = new MemoryLog();
  const snapshots = new MemorySnapshotStore(log);
  const timers = new ManualTimers();
  const node = new RaftNode({
    config: configOf(1, [1]), log, elections: new MemoryElections(), snapshots, retention: { maxBytes: 1, maxMs: undefined }, transport: new RecordingTransport(), timers,
    listener: new RecordingListener(), appliedOffset: 0 as Offset, observe: () => {}, onFatal: (error) => { throw error; },
  });
  const run = (forMs: number): void => {
    const limit = timers.now + forMs;
    while (timers.fireNext(limit));
    timers.now = limit;
  };
  const makeSnapshot = (): void => {
    node.propose({ epoch: node.leader.epoch, expectedBaseOffset: node.endOffset, records: [NO_OP], requests: [], appendTimeMs: 1_700_000_000_000 });
    run(5);
    const sink = node.createSnapshot({ endOffset: node.endOffset, epoch: node.leader.epoch, lastContainedTimestampMs: 1, chainChecksum: log.endChecksum, imageDigest: undefined });
    if (typeof sink === 'string') throw new Error(sink);
    sink.append([NO_OP]);
    sink.freeze(() => {});
    run(5);
  };
  node.start();
  run(100);
  expect(node.leader.leaderId).toBe(1 as NodeId);

  makeSnapshot();
  const first = node.snapshots().map(({ id }) => id.endOffset);
  makeSnapshot();

  expect(first).toHaveLength(1);
  expect(node.snapshots().map(({ id }) => id.endOffset)).toEqual([node.endOffset]);
  expect(log.startOffset).toBe(node.endOffset);
});
