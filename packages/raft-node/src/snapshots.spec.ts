import { describe, expect, it } from 'vitest';
import type { CoreEvent, FetchSnapshotResponse, RaftCoreConfig, RaftResponse } from '@quorate/raft-core';
import type { Epoch, NodeId, Offset, RawRecord } from '@quorate/records';
import { batchAfter, configOf, endpointsOf, ManualTimers, MemoryElections, MemoryLog, RecordingListener, RecordingTransport } from '../test/fakes.js';
import { MemorySnapshotStore } from './memory-snapshot-store.js';
import { RaftNode } from './raft-node.js';
import type { SnapshotRetention } from './retention.js';
import type { SnapshotSink } from './snapshot-ports.js';
import type { SnapshotPoint } from './state-machine.js';

const RECORD: RawRecord = { type: 20, version: 0, payload: Uint8Array.from([1, 2, 3]) };
const LIMITLESS: SnapshotRetention = { maxBytes: undefined, maxMs: undefined };

interface Setup {
  readonly voterIds: readonly number[];
  readonly retention?: SnapshotRetention;
  readonly log?: MemoryLog;
  readonly snapshots?: MemorySnapshotStore;
  readonly found?: Partial<RaftCoreConfig['log']>;
}

function makeNode({ voterIds, retention = LIMITLESS, log = new MemoryLog(), snapshots = new MemorySnapshotStore(log), found = {} }: Setup) {
  const transport = new RecordingTransport();
  const timers = new ManualTimers();
  const listener = new RecordingListener();
  const events: CoreEvent[] = [];
  const fatal: Error[] = [];
  const config = configOf(1, voterIds);
  const node = new RaftNode({
    config: { ...config, log: { ...config.log, ...found }, fetchSnapshotMaxBytes: 100 },
    log,
    elections: new MemoryElections(),
    snapshots,
    retention,
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
  return { node, log, snapshots, transport, timers, listener, events, fatal, run };
}

type Parts = ReturnType<typeof makeNode>;

/** Leads alone, with three batches committed behind its own first one. */
function makeLeader(setup: Partial<Setup> = {}): Parts {
  const parts = makeNode({ voterIds: [1], ...setup });
  parts.node.start();
  parts.run(100);
  for (let count = 0; count < 3; count += 1) propose(parts);
  return parts;
}

function propose({ node, run }: Parts): void {
  node.propose({ epoch: node.leader.epoch, expectedBaseOffset: node.endOffset, records: [RECORD, RECORD], requests: [], appendTimeMs: 1_700_000_000_000 });
  run(1);
}

/** The end of the log's batch with that index. */
function pointAt({ log }: Parts, index: number): SnapshotPoint {
  const { endOffset, epoch, appendTimeMs, checksum } = log.batches.at(index)!;
  return { endOffset, epoch, lastContainedTimestampMs: appendTimeMs, chainChecksum: checksum, imageDigest: undefined };
}

function begun({ node }: Parts, at: SnapshotPoint): SnapshotSink {
  const sink = node.createSnapshot(at);
  if (typeof sink === 'string') throw new Error(`refused: ${sink}`);
  return sink;
}

function makeSnapshot(parts: Parts, index: number): void {
  const sink = begun(parts, pointAt(parts, index));
  sink.append([RECORD]);
  sink.freeze(() => {});
}

/** Node 1 of three, told by leader 2 of epoch 3 to fetch that snapshot. */
function makeFollower(setup: Partial<Setup> = {}) {
  const parts = makeNode({ voterIds: [1, 2, 3], ...setup });
  parts.node.start();
  parts.transport.receiver!.request(1, {
    kind: 'beginQuorumEpoch',
    ...configOf(1, [1, 2, 3]).cluster,
    voter: { id: 1 as NodeId, directoryId: configOf(1, []).self.directoryId },
    leaderId: 2 as NodeId,
    leaderEpoch: 3 as Epoch,
    leaderEndpoints: endpointsOf(2),
  });
  const hint = { leaderId: 2 as NodeId, leaderEpoch: 3 as Epoch, leaderEndpoints: endpointsOf(2) };
  const last = (kind: 'fetch' | 'fetchSnapshot') => parts.transport.sent.filter(({ request }) => request.kind === kind).at(-1)!;
  const answer = (kind: 'fetch' | 'fetchSnapshot', response: RaftResponse) => parts.transport.receiver!.response(last(kind).requestId, 2 as NodeId, response);
  const answerFetch = (more: object) =>
    answer('fetch', {
      kind: 'fetch', error: 'NONE', ...hint, highWatermark: 0 as Offset, logStartOffset: 0 as Offset, diverging: undefined, snapshotId: undefined, batches: [],
      readRound: 0, feedPublishedOffset: undefined, feedKey: undefined, ...more,
    });
  return { ...parts, hint, last, answer, answerFetch };
}

/** A leader's store with one snapshot, and the log that goes on behind it. */
function leadersSnapshot() {
  const leader = makeLeader();
  makeSnapshot(leader, 2);
  const info = leader.snapshots.list()[0]!;
  return { leader, info, behind: leader.log.batches.filter((batch) => batch.baseOffset >= info.id.endOffset) };
}

/** Hands the follower the whole file, piece by piece. */
function feedAll(follower: ReturnType<typeof makeFollower>, from: MemorySnapshotStore): void {
  for (let pieces = 0; pieces < 100; pieces += 1) {
    const { request } = follower.last('fetchSnapshot');
    if (request.kind !== 'fetchSnapshot') return;
    const chunk = from.read(request.snapshotId, request.position, request.maxBytes);
    if (chunk.kind !== 'chunk') throw new Error(chunk.kind);
    const response: FetchSnapshotResponse = {
      kind: 'fetchSnapshot', error: 'NONE', ...follower.hint, snapshotId: request.snapshotId, size: chunk.size, position: request.position, bytes: chunk.bytes, chainChecksum: chunk.chainChecksum,
    };
    follower.answer('fetchSnapshot', response);
    if (request.position + chunk.bytes.length === chunk.size) return;
    follower.run(1);
  }
}

describe('a snapshot of the state machine', () => {
  it('holds what was written into it, and says what Raft knew at its end', () => {
    const parts = makeLeader();
    const at = pointAt(parts, 2);

    makeSnapshot(parts, 2);

    const [info] = parts.node.snapshots();
    expect(info).toMatchObject({ id: { endOffset: at.endOffset, epoch: at.epoch }, chainChecksum: at.chainChecksum });
    const reader = parts.snapshots.open(info!.id)!;
    expect(reader.head).toMatchObject({ kraftVersion: 1, lastContainedTimestampMs: at.lastContainedTimestampMs });
    expect(reader.head.voters?.map(({ id }) => id)).toEqual([1]);
    expect(reader.next(1_000_000).map((batch) => batch.recordCount)).toEqual([1]);
  });

  it('is served as soon as it is frozen, and not before', () => {
    const parts = makeLeader();
    const ask = (token: number) => {
      const { cluster } = configOf(1, [1]);
      const replica = { id: 2 as NodeId, directoryId: undefined };
      const { endOffset, epoch } = pointAt(parts, 2);
      parts.transport.receiver!.request(token, { kind: 'fetchSnapshot', ...cluster, replica, currentLeaderEpoch: parts.node.leader.epoch, snapshotId: { endOffset, epoch }, position: 0, maxBytes: 50 });
      return parts.transport.replies.find((reply) => reply.token === token)?.response as FetchSnapshotResponse;
    };
    const sink = begun(parts, pointAt(parts, 2));
    sink.append([RECORD]);
    expect(ask(1).error).toBe('SNAPSHOT_NOT_FOUND');

    sink.freeze(() => {});

    expect(ask(2)).toMatchObject({ error: 'NONE', position: 0, chainChecksum: pointAt(parts, 2).chainChecksum });
    expect(ask(3).bytes).toHaveLength(50);
  });

  it('is refused where none may be made, and changes nothing then', () => {
    const parts = makeLeader();
    const at = pointAt(parts, 2);

    expect(parts.node.createSnapshot({ ...at, endOffset: (at.endOffset + 100) as Offset })).toBe('not-committed');
    expect(parts.node.createSnapshot({ ...at, epoch: 7 as Epoch })).toBe('wrong-epoch');
    expect(parts.node.createSnapshot({ ...at, chainChecksum: 1 })).toBe('not-a-batch-edge');
    makeSnapshot(parts, 2);
    expect(parts.node.createSnapshot(at)).toBe('nothing-new');
    parts.node.halt();
    expect(parts.node.createSnapshot(at)).toBe('stopped');
  });

  it('is made one at a time: another begins when the first is frozen or given up', () => {
    const parts = makeLeader();
    const sink = begun(parts, pointAt(parts, 1));

    expect(parts.node.createSnapshot(pointAt(parts, 2))).toBe('busy');
    sink.discard();
    begun(parts, pointAt(parts, 2)).freeze(() => {});

    expect(parts.node.snapshots()).toHaveLength(1);
  });

  it('is given up when a fetched one holds more by the time it would be frozen', () => {
    const { info, leader, behind } = leadersSnapshot();
    const follower = makeFollower();
    follower.answerFetch({ batches: leader.log.batches.slice(0, 2), highWatermark: leader.log.batches[1]!.endOffset });
    const sink = begun(follower, pointAt(follower, 1));
    follower.answerFetch({ snapshotId: info.id });
    feedAll(follower, leader.snapshots);
    let frozen = false;

    sink.freeze(() => {
      frozen = true;
    });

    expect(frozen).toBe(true);
    expect(follower.node.snapshots().map(({ id }) => id.endOffset)).toEqual([info.id.endOffset]);
    expect(behind.length).toBeGreaterThan(0);
  });
});

describe('a follower that is sent to a snapshot', () => {
  it('installs it, loads it, and goes on with the log behind it', () => {
    const { leader, info, behind } = leadersSnapshot();
    const follower = makeFollower();
    follower.answerFetch({ snapshotId: info.id });

    feedAll(follower, leader.snapshots);
    follower.run(1);
    follower.answerFetch({ batches: behind, highWatermark: behind.at(-1)!.endOffset });
    follower.run(1);

    expect(follower.listener.said.filter((line) => !line.startsWith('flushed'))).toEqual([
      `snapshot of ${info.id.endOffset} begins`,
      'snapshot has 0-1',
      'snapshot ends',
      `committed ${behind.map((batch) => `${batch.baseOffset}-${batch.endOffset}`).join(' ')}`,
    ]);
    expect(follower.log.startOffset).toBe(info.id.endOffset);
    expect(follower.node.status()).toMatchObject({ logStartOffset: info.id.endOffset, highWatermark: behind.at(-1)!.endOffset });
    expect(follower.fatal).toEqual([]);
  });

  it('is stopped while the disk installs it: what comes meanwhile is stepped afterwards', () => {
    const { leader, info } = leadersSnapshot();
    const follower = makeFollower();
    follower.answerFetch({ snapshotId: info.id });
    follower.snapshots.immediate = false;
    feedAll(follower, leader.snapshots);
    const sent = follower.transport.sent.length;

    follower.transport.receiver!.connectionLost(2 as NodeId);
    follower.run(5000);
    expect(follower.transport.sent).toHaveLength(sent);
    expect(follower.node.status().logStartOffset).toBe(0);
    follower.snapshots.release();

    expect(follower.node.status().logStartOffset).toBe(info.id.endOffset);
  });

  it('fetches it again when the file is damaged, and its log is as it was', () => {
    const { leader, info } = leadersSnapshot();
    const follower = makeFollower();
    follower.answerFetch({ snapshotId: info.id });
    leader.snapshots.damage(info.id);
    feedAll(follower, leader.snapshots);
    expect(follower.events).toContainEqual(expect.objectContaining({ name: 'raft.snapshot.rejected' }));
    expect(follower.log.startOffset).toBe(0);

    leader.snapshots.damage(info.id);
    follower.run(100);
    follower.answerFetch({ snapshotId: info.id });
    feedAll(follower, leader.snapshots);

    expect(follower.log.startOffset).toBe(info.id.endOffset);
    expect(follower.fatal).toEqual([]);
  });
});

describe('at start-up', () => {
  /** A disk with one snapshot of `gone` and the log behind it, or the whole log. */
  function makeDisk(keepsWholeLog: boolean) {
    const log = new MemoryLog();
    for (let count = 0; count < 4; count += 1) log.append(batchAfter({ endOffset: log.endOffset, checksum: log.endChecksum }, 1, 2));
    const snapshots = new MemorySnapshotStore(log);
    const { endOffset, checksum, epoch } = log.batches[1]!;
    const sink = snapshots.create({ id: { endOffset, epoch }, lastContainedTimestampMs: 0, chainChecksum: checksum, imageDigest: undefined, kraftVersion: 1, voters: undefined });
    sink.append([RECORD]);
    sink.freeze(() => {});
    if (!keepsWholeLog) snapshots.deleteBefore(endOffset);
    const found = {
      startOffset: log.startOffset, startEpoch: (keepsWholeLog ? 0 : 1) as Epoch, endOffset: log.endOffset, epochs: [{ epoch: 1 as Epoch, startOffset: log.startOffset }],
      latestSnapshot: { endOffset, epoch },
    };
    return { log, snapshots, found };
  }

  it.each([true, false])('the newest snapshot is loaded first, whether or not the log is still whole (%s)', (keepsWholeLog) => {
    const parts = makeNode({ voterIds: [1], ...makeDisk(keepsWholeLog) });
    parts.node.start();
    parts.run(100);

    const told = parts.listener.said.filter((line) => !line.startsWith('flushed'));
    expect(told.slice(0, 4)).toEqual(['snapshot of 4 begins', 'snapshot has 0-1', 'snapshot ends', 'committed 4-6 6-8 8-11']);
    expect(told.at(-1)).toMatch(/^claim/);
    expect(parts.fatal).toEqual([]);
  });

  it('what the snapshot holds is known to be committed before anybody leads', () => {
    const parts = makeNode({ voterIds: [1, 2, 3], ...makeDisk(false) });
    parts.node.start();

    expect(parts.node.highWatermark).toBe(4);
    parts.run(1);
    expect(parts.listener.said).toEqual(['snapshot of 4 begins', 'snapshot has 0-1', 'snapshot ends']);
  });
});

describe('cleaning', () => {
  it('lets the log before the second oldest snapshot go as soon as that is made, when all together is too large', () => {
    const parts = makeLeader({ retention: { maxBytes: 1, maxMs: undefined } });
    makeSnapshot(parts, 1);
    expect(parts.log.startOffset).toBe(0);
    const at = pointAt(parts, 2);

    makeSnapshot(parts, 2);

    expect(parts.log.startOffset).toBe(at.endOffset);
    expect(parts.node.snapshots().map(({ id }) => id.endOffset)).toEqual([at.endOffset]);
    expect(parts.node.status().logStartOffset).toBe(at.endOffset);
    expect(parts.fatal).toEqual([]);
  });

  it('looks every minute: what was young enough before may be too old by then', () => {
    const parts = makeLeader({ retention: { maxBytes: undefined, maxMs: 30_000 } });
    makeSnapshot(parts, 1);
    makeSnapshot(parts, 2);
    const [, second] = parts.node.snapshots();
    parts.run(59_000);
    expect(parts.log.startOffset).toBe(0);

    parts.run(2000);

    expect(parts.log.startOffset).toBe(second!.id.endOffset);
    expect(parts.node.snapshots()).toEqual([second]);
  });

  it('goes on step by step, and keeps the newest snapshot whatever its age', () => {
    const parts = makeLeader({ retention: { maxBytes: undefined, maxMs: 30_000 } });
    for (const index of [0, 1, 2]) makeSnapshot(parts, index);
    const newest = parts.node.snapshots().at(-1)!;

    parts.run(200_000);

    expect(parts.node.snapshots()).toEqual([newest]);
    expect(parts.log.startOffset).toBe(newest.id.endOffset);
  });

  it('tells the core before a file goes: nobody is promised what is about to be deleted', () => {
    const parts = makeLeader({ retention: { maxBytes: 1, maxMs: undefined } });
    const { deleteBefore } = parts.snapshots;
    const starts: number[] = [];
    parts.snapshots.deleteBefore = (startOffset) => {
      starts.push(parts.node.status().logStartOffset - startOffset);
      deleteBefore.call(parts.snapshots, startOffset);
    };

    makeSnapshot(parts, 1);
    makeSnapshot(parts, 2);

    expect(starts).toEqual([0]);
  });

  it('a snapshot that is the only one stays, and so does the log before it', () => {
    const parts = makeLeader({ retention: { maxBytes: 1, maxMs: 0 } });
    makeSnapshot(parts, 1);

    parts.run(61_000);

    expect(parts.log.startOffset).toBe(0);
    expect(parts.node.snapshots()).toHaveLength(1);
  });
});
