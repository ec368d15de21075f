import { DEFAULT_CONTROLLER_CONFIG } from '@quorate/controller-core';
import type { Command } from '@quorate/controller-core';
import { ImageDigestError, MetadataImage } from '@quorate/metadata-image';
import type { SnapshotReader } from '@quorate/raft-node';
import type { NodeId, Offset, Uuid } from '@quorate/records';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeLog, ManualTimers } from '../test/fake-log.js';
import { DEFAULT_CONTROLLER_NODE_CONFIG } from './controller-node-config.js';
import { ControllerNode } from './controller-node.js';
import type { ControllerEvent } from './event.js';
import type { SubmitOutcome } from './outcome.js';

const WHENEVER = Number.POSITIVE_INFINITY;

function setUp(maxRecords: number | undefined = undefined) {
  const log = new FakeLog();
  const slices = new ManualTimers();
  const events: ControllerEvent[] = [];
  let loads = 0;
  let seed = 1;
  const node = new ControllerNode({
    image: new MetadataImage(),
    controller: { ...DEFAULT_CONTROLLER_CONFIG, clusterId: 'c', sessionTimeoutMs: 1_000_000 },
    config: { ...DEFAULT_CONTROLLER_NODE_CONFIG, maxIdleIntervalMs: 0 },
    bootstrapRecords: [],
    timers: new ManualTimers(),
    random: () => ((seed = (seed * 16807) % 2147483647) / 2147483647),
    observe: (event) => events.push(event),
    feed: () => {},
    snapshots: { limits: { maxRecordBytes: Number.MAX_SAFE_INTEGER, maxIntervalMs: undefined, maxRecords }, timers: slices },
    snapshotLoaded: () => {
      loads += 1;
    },
  });
  log.listen(node);
  node.start(log);
  return { log, node, events, slices, loads: () => loads };
}
type Parts = ReturnType<typeof setUp>;

function requestId(n: number, timeMs = 1_700_000_001_000): Uint8Array {
  const bytes = new Uint8Array(16);
  for (let at = 5, rest = timeMs; at >= 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  bytes[6] = 0x70;
  bytes[8] = 0x80;
  bytes[14] = n >> 8;
  bytes[15] = n & 255;
  return bytes;
}

function submit(node: ControllerNode, command: Command, id?: Uint8Array): () => SubmitOutcome | undefined {
  let outcome: SubmitOutcome | undefined;
  node.submit(command, { deadlineMs: WHENEVER, ...(id === undefined ? {} : { requestId: id }) }, (given) => {
    outcome = given;
  });
  return () => outcome;
}

const create = (name: string, partitionCount = 1): Command => ({ kind: 'createTopics', topics: [{ name, partitionCount, replicationFactor: 1, assignments: [], configs: [] }], validateOnly: false, atomic: true });
const remove = (name: string): Command => ({ kind: 'deleteTopics', topics: [{ name, topicId: undefined }], validateOnly: false, atomic: false }) as Command;
const register: Command = {
  kind: 'registerBroker',
  clusterId: 'c',
  brokerId: 7 as NodeId,
  incarnationId: 'incarnation-broker-7xA' as Uuid,
  endpoints: [{ name: 'PLAINTEXT', host: 'localhost', port: 9092, securityProtocol: 0 }],
  features: [{ name: 'metadata.version', minSupported: 1, maxSupported: 25 }, { name: 'kraft.version', minSupported: 0, maxSupported: 1 }],
  rack: undefined,
  logDirs: ['directory-of-broker-7A' as Uuid],
  previousBrokerEpoch: undefined,
};

/** An active controller with an unfenced broker. */
function active(maxRecords: number): Parts {
  const parts = setUp(maxRecords);
  const { log, node } = parts;
  log.elect(1);
  log.settle();
  const registered = submit(node, register);
  log.settle();
  const outcome = registered();
  const { brokerEpoch } = (outcome as unknown as { reply: { brokerEpoch: never } }).reply;
  submit(node, { kind: 'brokerHeartbeat', brokerId: 7 as NodeId, brokerEpoch, currentMetadataOffset: log.endOffset, wantFence: false, wantShutDown: false, offlineLogDirs: [] });
  log.settle();
  return parts;
}

function load(node: ControllerNode, reader: SnapshotReader, bytesAtATime = 10_000): void {
  node.snapshotBegins(reader.head);
  for (let batches = reader.next(bytesAtATime); batches.length > 0; batches = reader.next(bytesAtATime)) node.snapshotBatches(batches);
  node.snapshotEnds();
}

/** A node that was given the snapshot, and the log behind it. */
function fromSnapshot({ log }: Parts, n: number): Parts {
  const other = setUp();
  const reader = log.snapshotStore.open(log.snapshots()[n]!.id)!;
  load(other.node, reader);
  other.log.batches.push(...log.batches);
  other.node.committed(log.batches.filter(({ baseOffset }) => baseOffset >= reader.head.id.endOffset), log.highWatermark);
  other.log.highWatermark = log.highWatermark;
  return other;
}

describe('a node that starts from a snapshot', () => {
  it('comes to the image of who replayed the whole log, whatever was written and wherever snapshots were made', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 30 }), fc.boolean()), { minLength: 3, maxLength: 40 }), fc.integer({ min: 1, max: 12 }), (writes, maxRecords) => {
        const parts = active(maxRecords);
        const { log, node, slices } = parts;
        writes.forEach(([topic, count, isCreate], n) => {
          submit(node, isCreate ? create(`t${topic}`, count) : remove(`t${topic}`), requestId(n));
          if (n % 3 === 0) log.settle();
          if (n % 4 === 0) slices.advance(10);
        });
        log.settle();
        slices.advance(1000);

        log.snapshots().forEach((_, n) => {
          const other = fromSnapshot(parts, n);
          expect(other.node.image.digest()).toEqual(node.image.digest());
          expect(other.node.image.provenance).toEqual(node.image.provenance);
        });
      }),
      { numRuns: 25 },
    );
  });

  it('answers a repeat as its first copy was answered, and carries it out a second time never', () => {
    const parts = active(4);
    const { log, node, slices } = parts;
    const first = submit(node, create('orders', 3), requestId(1));
    log.settle();
    submit(node, create('more', 3), requestId(2));
    log.settle();
    slices.advance(1000);

    const other = fromSnapshot(parts, log.snapshots().length - 1);
    other.log.elect(2);
    other.log.settle();
    const before = other.log.endOffset;
    const again = submit(other.node, create('orders', 3), requestId(1));
    other.log.settle();

    expect(again()).toMatchObject({ kind: 'committed', reply: (first() as { reply: object }).reply });
    expect(other.log.endOffset).toBe(before);
  });

  it('does not write the bootstrap records again when it leads', () => {
    const parts = active(1);
    parts.slices.advance(1000);
    const other = fromSnapshot(parts, 0);
    const before = other.node.image.featureLevel('metadata.version');

    other.log.elect(2);
    other.log.settle();

    expect(other.events.filter(({ kind }) => kind === 'activated')).toHaveLength(1);
    expect(before).toBe(21);
    expect(other.log.batches.filter(({ epoch, isControl }) => epoch === 2 && !isControl)).toEqual([]);
  });

  it('serves the image as it was until the snapshot is whole, then answers reads that waited', () => {
    const parts = active(1);
    submit(parts.node, create('orders'));
    parts.log.settle();
    parts.slices.advance(1000);
    submit(parts.node, create('later'));
    parts.log.settle();
    parts.slices.advance(1000);
    const reader = parts.log.snapshotStore.open(parts.log.snapshots().at(-1)!.id)!;
    const other = setUp();
    const answers: string[] = [];
    other.node.read(reader.head.id.endOffset, WHENEVER, ({ kind, offset }) => answers.push(`${kind} at ${offset}`));

    other.node.snapshotBegins(reader.head);
    other.node.snapshotBatches(reader.next(1 << 20));
    expect([other.node.image.appliedOffset, other.node.image.topicCount, answers, other.loads()]).toEqual([0, 0, [], 0]);
    other.node.snapshotEnds();

    expect([other.node.image.topicCount, answers, other.loads()]).toEqual([2, [`ready at ${reader.head.id.endOffset}`], 1]);
    expect(other.events.at(-1)).toMatchObject({ kind: 'snapshotLoaded', endOffset: reader.head.id.endOffset });
  });

  it('gives up its own snapshot in the making when it has to load another', () => {
    const parts = active(1);
    parts.slices.advance(1000);
    const reader = parts.log.snapshotStore.open(parts.log.snapshots()[0]!.id)!;
    const other = setUp(1);
    other.log.highWatermark = 1 as Offset;
    other.node.committed(parts.log.batches.slice(0, 1), 1 as Offset);
    expect(other.events.at(-1)).toMatchObject({ kind: 'snapshotBegun' });

    load(other.node, reader);

    expect(other.events.map(({ kind }) => kind)).toEqual(['snapshotBegun', 'snapshotGivenUp', 'snapshotLoaded']);
  });

  it('stops when the image differs from what the snapshot says of it', () => {
    const parts = active(1);
    parts.slices.advance(1000);
    const reader = parts.log.snapshotStore.open(parts.log.snapshots().at(-1)!.id)!;
    const { node } = setUp();
    node.snapshotBegins({ ...reader.head, imageDigest: { ...reader.head.imageDigest!, value: new Uint8Array(8).fill(9) } });
    node.snapshotBatches(reader.next(1 << 20));

    expect(() => node.snapshotEnds()).toThrow(ImageDigestError);
  });

  it('is never the leader', () => {
    const parts = active(1);
    parts.slices.advance(1000);
    const reader = parts.log.snapshotStore.open(parts.log.snapshots()[0]!.id)!;

    expect(() => parts.node.snapshotBegins(reader.head)).toThrow('a leader was asked to load a snapshot');
  });
});
