import { describe, expect, it } from 'vitest';
import type { CoreEvent, FetchResponse } from '@quorate/raft-core';
import type { EncodedBatch, Epoch, NodeId, Offset } from '@quorate/records';
import { batchAfter, configOf, endpointsOf, ManualTimers, MemoryElections, MemoryLog, RecordingListener, RecordingTransport } from '../test/fakes.js';
import { MemorySnapshotStore } from './memory-snapshot-store.js';
import { RaftNode } from './raft-node.js';

/** Three batches of epoch 3, two records each. */
const ALL = [1, 2, 3].reduce<EncodedBatch[]>((batches) => {
  const last = batches.at(-1) ?? { endOffset: 0 as Offset, checksum: new MemoryLog().endChecksum };
  return [...batches, batchAfter(last, 3, 2)];
}, []);

/** Node 1 of three follows node 2 in epoch 3, holds all batches, and knows that all are committed. */
function makeFollower() {
  const log = new MemoryLog();
  const transport = new RecordingTransport();
  const timers = new ManualTimers();
  const listener = new RecordingListener();
  const events: CoreEvent[] = [];
  const fatal: Error[] = [];
  const node = new RaftNode({
    config: configOf(1, [1, 2, 3]),
    log,
    elections: new MemoryElections(),
    snapshots: new MemorySnapshotStore(log),
    retention: { maxBytes: undefined, maxMs: undefined },
    transport,
    timers,
    listener,
    appliedOffset: 0 as Offset,
    observe: (event) => events.push(event),
    onFatal: (error) => fatal.push(error),
  });
  const run = (forMs: number) => {
    const limit = timers.now + forMs;
    while (timers.fireNext(limit));
    timers.now = limit;
  };
  const hint = { leaderId: 2 as NodeId, leaderEpoch: 3 as Epoch, leaderEndpoints: endpointsOf(2) };
  const fetches = () => transport.sent.filter(({ request }) => request.kind === 'fetch');
  const answer = (more: Partial<FetchResponse>) =>
    transport.receiver!.response(fetches().at(-1)!.requestId, 2 as NodeId, {
      kind: 'fetch', error: 'NONE', ...hint, highWatermark: 6 as Offset, logStartOffset: 0 as Offset, diverging: undefined, snapshotId: undefined, batches: [],
      readRound: 0, feedPublishedOffset: undefined, feedKey: undefined, ...more,
    });
  node.start();
  const { cluster, self } = configOf(1, []);
  transport.receiver!.request(1, { kind: 'beginQuorumEpoch', ...cluster, voter: { id: self.id, directoryId: self.directoryId }, ...hint, leaderId: 2 as NodeId });
  answer({ batches: ALL });
  run(1);
  return { node, log, transport, listener, events, fatal, run, fetches, answer };
}

describe('a follower whose leader has other bytes than it has', () => {
  it('reads its own log, cuts what is damaged, and is stopped until that is on disk', () => {
    const { log, answer, fetches, run, fatal } = makeFollower();
    log.damagedAt = 2 as Offset;
    log.immediate = false;
    answer({ error: 'CHAIN_MISMATCH' });
    const before = fetches().length;
    log.release(); // it has read its log
    run(100);
    expect(log.recovery).toEqual({ epoch: 3, endOffset: 6 });
    expect(fetches()).toHaveLength(before);
    log.release(); // note and cut are on disk

    expect(fetches().at(-1)?.request).toMatchObject({ fetchOffset: 2, recovering: true });
    expect(fatal).toEqual([]);
  });

  it('tells the state machine nothing twice, and goes on where it was when everything is back', () => {
    const { node, log, answer, listener, run, fetches } = makeFollower();
    log.damagedAt = 2 as Offset;
    answer({ error: 'CHAIN_MISMATCH' });
    expect(node.highWatermark).toBe(6);
    answer({ batches: ALL.slice(1) });
    run(1);
    expect(log.recovery).toBeUndefined();
    const more = batchAfter(ALL[2]!, 3, 1);
    answer({ batches: [more], highWatermark: 7 as Offset });
    run(1);

    expect(listener.said.filter((line) => line.startsWith('committed'))).toEqual(['committed 0-2 2-4 4-6', 'committed 6-7']);
    expect(fetches().at(-1)?.request).toMatchObject({ fetchOffset: 7, recovering: false });
  });

  it('stops the process and says where when its own log is whole', () => {
    const { node, answer, fatal, run } = makeFollower();

    answer({ error: 'CHAIN_MISMATCH' });
    run(100);
    answer({ error: 'CHAIN_MISMATCH' });

    expect(fatal.map(({ message }) => message)).toEqual([expect.stringMatching(/offset 6, with different bytes, and both are whole/)]);
    expect(node.halted).toBe(true);
  });
});

it('what is committed and not yet delivered waits while the log ends below it', () => {
  const { log, answer, listener, run } = makeFollower();
  const more = batchAfter(ALL[2]!, 3, 1);
  log.immediate = false;
  answer({ batches: [more], highWatermark: 7 as Offset });
  log.damagedAt = 6 as Offset;
  log.release();
  answer({ error: 'CHAIN_MISMATCH' });
  log.release();
  log.release();
  log.immediate = true;
  run(1);
  answer({ batches: [more], highWatermark: 7 as Offset });
  run(1);

  expect(listener.said.filter((line) => line.startsWith('committed'))).toEqual(['committed 0-2 2-4 4-6', 'committed 6-7']);
});
