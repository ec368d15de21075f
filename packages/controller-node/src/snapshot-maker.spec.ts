import { DEFAULT_CONTROLLER_CONFIG } from '@quorate/controller-core';
import { BatchFold, ImageLoad, MetadataImage } from '@quorate/metadata-image';
import type { SnapshotReader, SnapshotSink } from '@quorate/raft-node';
import { encodeRecord, forEachRecord, uuidToBytes, type MetadataRecord, type Offset, type RawRecord, type Uuid } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { FakeLog, ManualTimers } from '../test/fake-log.js';
import { DEFAULT_CONTROLLER_NODE_CONFIG } from './controller-node-config.js';
import { ControllerNode } from './controller-node.js';
import type { ControllerEvent } from './event.js';
import type { SnapshotLimits } from './snapshot-maker.js';

const NEVER: SnapshotLimits = { maxRecordBytes: Number.MAX_SAFE_INTEGER, maxIntervalMs: undefined, maxRecords: undefined };

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAZA' as Uuid;
const topic: MetadataRecord = { kind: 'Topic', version: 0, value: { name: 'a', topicId: uuidToBytes(TOPIC_ID) } };
const begin: MetadataRecord = { kind: 'BeginTransaction', version: 0, value: { name: 't' } };
const end: MetadataRecord = { kind: 'EndTransaction', version: 0, value: {} };
const noOp: MetadataRecord = { kind: 'NoOp', version: 0, value: {} };
const partitions = (from: number, count: number): MetadataRecord[] =>
  Array.from({ length: count }, (_, n) => ({
    kind: 'Partition',
    version: 1,
    value: { partitionId: from + n, topicId: uuidToBytes(TOPIC_ID), replicas: [1], isr: [1], removingReplicas: [], addingReplicas: [], leader: 1, leaderEpoch: 0, partitionEpoch: 0, directories: [] },
  }));

/** A clock that moves by some microseconds with every look, as a real one does while work is done. */
class WorkingTimers extends ManualTimers {
  perLookMs = 0;
  override nowMs(): number {
    this.now += this.perLookMs;
    return this.now;
  }
}

function setUp(limits: Partial<SnapshotLimits>) {
  const log = new FakeLog();
  const slices = new WorkingTimers();
  const events: ControllerEvent[] = [];
  const image = new MetadataImage();
  const node = new ControllerNode({
    image,
    controller: { ...DEFAULT_CONTROLLER_CONFIG, clusterId: 'c' },
    config: DEFAULT_CONTROLLER_NODE_CONFIG,
    bootstrapRecords: [],
    timers: new ManualTimers(),
    random: () => 0.5,
    observe: (event) => events.push(event),
    feed: () => {},
    snapshots: { limits: { ...NEVER, ...limits }, timers: slices },
  });
  log.listen(node);
  node.start(log);
  const commit = (records: readonly MetadataRecord[]): void => {
    log.propose({ epoch: log.leader.epoch, expectedBaseOffset: log.endOffset, records: records.map(encodeRecord), requests: [], appendTimeMs: 1_700_000_000_000 });
    log.commit();
  };
  const kinds = (): string[] => events.map(({ kind }) => kind).filter((kind) => kind.startsWith('snapshot'));
  const reader = (n: number): SnapshotReader => log.snapshotStore.open(log.snapshots()[n]!.id)!;
  /** Runs slices until nothing is left to do. */
  const finish = (): void => slices.advance(100_000);
  return { log, slices, events, image, node, commit, kinds, reader, finish };
}

function recordsIn(reader: SnapshotReader): RawRecord[] {
  const records: RawRecord[] = [];
  for (let batches = reader.next(1 << 20); batches.length > 0; batches = reader.next(1 << 20)) {
    for (const batch of batches) forEachRecord(batch, (raw) => records.push(raw));
  }
  return records;
}

describe('a snapshot is due', () => {
  it('after so many bytes of committed batches, at the end of the batch that passes the limit', () => {
    const { commit, kinds, log, finish, events } = setUp({ maxRecordBytes: 1000 });
    commit([topic]);
    expect(kinds()).toEqual([]);

    commit(partitions(0, 40));
    finish();

    expect(kinds()).toEqual(['snapshotBegun', 'snapshotMade']);
    expect(events.at(-1)).toMatchObject({ reason: 'bytes', endOffset: 41, epoch: 1, records: 41 });
    expect(log.snapshots()).toMatchObject([{ id: { endOffset: 41, epoch: 1 }, chainChecksum: log.batches[1]!.checksum, lastContainedTimestampMs: 1_700_000_000_000 }]);
  });

  it('after so many records', () => {
    const { commit, events, finish } = setUp({ maxRecords: 10 });
    commit([topic, ...partitions(0, 8)]);
    expect(events).toEqual([]);

    commit([noOp]);
    finish();

    expect(events.at(-1)).toMatchObject({ kind: 'snapshotMade', reason: 'records', endOffset: 10 });
  });

  it('after so long, when something new is committed', () => {
    const { commit, events, slices, finish, kinds } = setUp({ maxIntervalMs: 60_000 });
    commit([topic]);
    slices.advance(59_999);
    commit([noOp]);
    expect(kinds()).toEqual([]);
    slices.advance(1);
    expect(kinds()).toEqual([]);

    commit([noOp]);
    finish();

    expect(events.at(-1)).toMatchObject({ kind: 'snapshotMade', reason: 'interval', endOffset: 3 });
  });

  it('anew from where the last one was made', () => {
    const { commit, log, finish } = setUp({ maxRecords: 5 });
    for (let n = 0; n < 12; n++) {
      commit([noOp]);
      finish();
    }

    expect(log.snapshots().map(({ id }) => id.endOffset)).toEqual([5, 10]);
  });

  it('not while the log is still read from far behind, unless four times as much has come together', () => {
    const { log, node, finish } = setUp({ maxRecords: 5 });
    const noOps = (count: number): void => {
      for (let n = 0; n < count; n++) log.propose({ epoch: log.leader.epoch, expectedBaseOffset: log.endOffset, records: [encodeRecord(noOp)], requests: [], appendTimeMs: 1 });
    };
    noOps(30);
    log.highWatermark = 30 as Offset;
    const deliver = (from: number, to: number): void => {
      node.committed(log.batches.slice(from, to), 30 as Offset);
      finish();
    };
    for (let n = 0; n < 19; n++) deliver(n, n + 1);
    expect(log.snapshots()).toEqual([]);

    deliver(19, 20);
    expect(log.snapshots().map(({ id }) => id.endOffset)).toEqual([20]);
    for (let n = 20; n < 30; n++) deliver(n, n + 1);
    expect(log.snapshots().map(({ id }) => id.endOffset)).toEqual([20, 30]);
  });

  it('never inside of a metadata transaction, but as soon as it ends', () => {
    const { commit, log, finish } = setUp({ maxRecords: 2 });
    commit([begin, topic]);
    commit(partitions(0, 3));
    finish();
    expect(log.snapshots()).toEqual([]);

    commit([end]);
    finish();

    expect(log.snapshots().map(({ id }) => id.endOffset)).toEqual([6]);
  });
});

describe('the making of a snapshot', () => {
  it('holds the image as it was, whatever is committed meanwhile', () => {
    const { commit, reader, finish, image } = setUp({ maxRecords: 30_001 });
    for (let n = 0; n < 4; n++) commit(n === 0 ? [topic, ...partitions(0, 7500)] : partitions(n * 7500, 7500));
    const digest = image.digest();
    commit(partitions(30_000, 500));
    commit([{ kind: 'RemoveTopic', version: 0, value: { topicId: uuidToBytes(TOPIC_ID) } }]);
    finish();

    const { head } = reader(0);
    expect(head).toMatchObject({ id: { endOffset: 30_001 }, imageDigest: { lastStableOffset: 30_001, ...digest } });
    expect(recordsIn(reader(0))).toHaveLength(30_001);
  });

  it('gives the event loop a turn every 2 ms, and says how long it took', () => {
    const { commit, slices, events } = setUp({ maxRecords: 20_001 });
    for (let n = 0; n < 2; n++) commit(n === 0 ? [topic, ...partitions(0, 9999)] : partitions(9999, 10_001));
    slices.perLookMs = 0.3;

    let turns = 0;
    for (; events.at(-1)?.kind !== 'snapshotMade' && turns < 1000; turns++) slices.advance(1);

    // 40 steps of 512 records, each followed by a look at the clock.
    expect(slices.fired).toBeGreaterThanOrEqual(6);
    expect(slices.fired).toBeLessThan(20);
    const made = events.at(-1) as Extract<ControllerEvent, { kind: 'snapshotMade' }>;
    expect(made.longestSliceMs).toBeGreaterThanOrEqual(2);
    expect(made.longestSliceMs).toBeLessThan(3);
    expect(made.durationMs).toBeGreaterThan(10);
  });

  it('gives turns also where the clock stands still', () => {
    const { commit, slices } = setUp({ maxRecords: 20_001 });
    for (let n = 0; n < 2; n++) commit(n === 0 ? [topic, ...partitions(0, 9999)] : partitions(9999, 10_001));
    slices.advance(1000);

    expect(slices.fired).toBeGreaterThan(2);
  });

  it('is one at a time: what is due meanwhile waits for its end', () => {
    const { commit, kinds, log, finish } = setUp({ maxRecords: 2 });
    commit([topic, noOp]);
    for (let n = 0; n < 10; n++) commit([noOp]);
    expect(kinds()).toEqual(['snapshotBegun']);
    finish();

    commit([noOp]);
    finish();

    expect(log.snapshots().map(({ id }) => id.endOffset)).toEqual([2, 13]);
  });

  it('is given up when the node stops, and nothing is made any more', () => {
    const { commit, kinds, log, node, finish } = setUp({ maxRecords: 2 });
    commit([topic, noOp]);

    node.stop();
    commit([noOp, noOp]);
    finish();

    expect(kinds()).toEqual(['snapshotBegun', 'snapshotGivenUp']);
    expect(log.snapshots()).toEqual([]);
  });

  it('is told as refused when Raft declines, and tried again when the next one is due', () => {
    const { commit, log, events, finish } = setUp({ maxRecords: 2 });
    const { createSnapshot } = log;
    log.createSnapshot = () => 'busy';
    commit([topic, noOp]);
    expect(events).toEqual([{ kind: 'snapshotRefused', reason: 'records', endOffset: 2, epoch: 1, refusal: 'busy' }]);

    log.createSnapshot = createSnapshot;
    commit([noOp, noOp]);
    finish();

    expect(log.snapshots().map(({ id }) => id.endOffset)).toEqual([4]);
  });

  it('is told as refused when it cannot be kept', () => {
    const { commit, log, events, finish } = setUp({ maxRecords: 2 });
    const create = log.createSnapshot.bind(log);
    log.createSnapshot = (at) => ({ ...(create(at) as SnapshotSink), freeze: (done) => done('no-space') });
    commit([topic, noOp]);
    finish();

    expect(events.at(-1)).toEqual({ kind: 'snapshotRefused', reason: 'records', endOffset: 2, epoch: 1, refusal: 'no-space' });
    log.createSnapshot = create;
    commit([noOp, noOp]);
    finish();
    expect(events.at(-1)).toMatchObject({ kind: 'snapshotMade', endOffset: 4 });
  });

  it('writes an image that loads to the digest in its head', () => {
    const { commit, reader, finish } = setUp({ maxRecords: 100 });
    commit([topic, ...partitions(0, 99)]);
    finish();

    const { head, next } = reader(0);
    const load = new ImageLoad({ ...head.id, timestampMs: head.lastContainedTimestampMs, digest: head.imageDigest });
    for (const batch of next(1 << 20)) load.add(batch);
    expect(new BatchFold(load.finish(), head.chainChecksum).stablePoint).toMatchObject({ endOffset: 100 as Offset, chainChecksum: head.chainChecksum });
  });
});
