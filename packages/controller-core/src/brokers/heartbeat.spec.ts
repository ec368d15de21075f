import { RESERVED_DIRECTORY } from '@quorate/records';
import type { BrokerEpoch, Offset } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { heartbeat, node, uuid, World } from '../../test/world.js';

const NOTHING_APPLIED = 0 as Offset;

describe('a heartbeat', () => {
  it('of an unknown broker is refused', () => {
    expect(new World().run(heartbeat(1)).error).toBe('BROKER_ID_NOT_REGISTERED');
  });

  it('with another epoch is refused', () => {
    const world = new World();
    world.start(1);

    const reply = world.heartbeat(1, { brokerEpoch: 77 as BrokerEpoch });

    expect(reply).toMatchObject({ error: 'STALE_BROKER_EPOCH', isFenced: true, shouldShutDown: false });
  });

  it('unfences only when the broker has applied its own registration', () => {
    const world = new World();
    world.register(1);
    const { registrationOffset } = world.view.broker(node(1))!;

    const before = world.heartbeat(1, { currentMetadataOffset: registrationOffset });
    expect(before).toMatchObject({ isCaughtUp: false, isFenced: true });

    const after = world.heartbeat(1, { currentMetadataOffset: (registrationOffset + 1) as Offset });
    expect(after).toMatchObject({ isCaughtUp: true, isFenced: false, shouldShutDown: false });
    expect(world.log.at(-1)).toMatchObject({ kind: 'BrokerRegistrationChange', version: 2, value: { fenced: -1 } });
  });

  it('waits for the latest registration when the broker has amended it', () => {
    const world = new World();
    world.register(1);
    const first = world.view.broker(node(1))!.registrationOffset;
    world.register(1, { rack: 'r1' });

    expect(world.heartbeat(1, { currentMetadataOffset: (first + 1) as Offset }).isFenced).toBe(true);
    expect(world.heartbeat(1).isFenced).toBe(false);
  });

  it('of an unfenced broker that wants nothing writes nothing', () => {
    const world = new World();
    world.start(1);
    const epoch = world.view.broker(node(1))!.epoch;

    expect(world.decide(heartbeat(1, { brokerEpoch: epoch, currentMetadataOffset: world.endOffset })).records).toEqual([]);
  });

  it('that unfences marks the broker first, then elects it where nobody leads', () => {
    const world = new World();
    world.start(1, 2);
    world.create('t', [1]);
    world.create('u', [2]);
    world.fence(1);
    expect(world.partition('t')).toMatchObject({ leader: undefined, isr: [1], leaderEpoch: 1 });
    const before = world.endOffset;

    world.heartbeat(1);

    expect(world.log.toSpliced(0, before).map(({ kind }) => kind)).toEqual(['BrokerRegistrationChange', 'PartitionChange']);
    expect(world.partition('t')).toMatchObject({ leader: 1, isr: [1], leaderEpoch: 2, partitionEpoch: 2 });
  });

  it('that wants fence takes the broker out of ISRs first, then marks it', () => {
    const world = new World();
    world.start(1, 2);
    world.create('t', [1, 2]);
    const before = world.endOffset;

    world.fence(1);

    expect(world.log.toSpliced(0, before).map(({ kind }) => kind)).toEqual(['PartitionChange', 'BrokerRegistrationChange']);
    expect(world.partition('t')).toMatchObject({ leader: 2, isr: [2], leaderEpoch: 1, partitionEpoch: 1 });
  });
});

describe('controlled shutdown', () => {
  it('marks the broker, moves its leaderships, and lets it go once the others know', () => {
    const world = new World();
    world.start(1, 2, 3);
    world.create('t', [1, 2, 3]);
    world.create('u', [2, 1]);
    const before = world.endOffset;

    const first = world.heartbeat(1, { wantShutDown: true });
    const end = world.endOffset;

    expect(first).toMatchObject({ isFenced: false, shouldShutDown: false });
    expect(world.log.toSpliced(0, before).map(({ kind }) => kind)).toEqual(['BrokerRegistrationChange', 'PartitionChange', 'PartitionChange']);
    expect(world.view.broker(node(1))).toMatchObject({ inControlledShutdown: true, fenced: false });
    expect(world.partition('t')).toMatchObject({ leader: 2, isr: [2, 3] });
    expect(world.partition('u')).toMatchObject({ leader: 2, isr: [2], leaderEpoch: 0 });

    world.heartbeat(2);
    world.heartbeat(3, { currentMetadataOffset: (end - 1) as Offset });
    expect(world.heartbeat(1, { wantShutDown: true }).shouldShutDown).toBe(false);

    world.heartbeat(3, { currentMetadataOffset: end });
    expect(world.heartbeat(1, { wantShutDown: true })).toMatchObject({ isFenced: true, shouldShutDown: true });
    expect(world.view.broker(node(1))).toMatchObject({ fenced: true });
  });

  it('ends although the log grows with each heartbeat', () => {
    const world = new World();
    world.start(1, 2);
    world.create('t', [1, 2]);
    world.heartbeat(1, { wantShutDown: true });
    const needed = world.endOffset;

    for (let beat = 0; beat < 5; beat++) {
      world.run({ kind: 'noOp' });
      expect(world.heartbeat(1, { wantShutDown: true }).shouldShutDown).toBe(false);
    }
    world.heartbeat(2, { currentMetadataOffset: needed });

    expect(world.heartbeat(1, { wantShutDown: true }).shouldShutDown).toBe(true);
  });

  it('waits for nobody when no broker is left', () => {
    const world = new World();
    world.start(1);
    world.create('t', [1]);

    expect(world.heartbeat(1, { wantShutDown: true }).shouldShutDown).toBe(false);
    expect(world.partition('t')).toMatchObject({ leader: undefined, isr: [1] });
    expect(world.heartbeat(1, { wantShutDown: true }).shouldShutDown).toBe(true);
  });

  it('is over at once for a broker that leads nothing', () => {
    const world = new World();
    world.start(1, 2);
    world.create('t', [2, 1]);

    expect(world.heartbeat(1, { wantShutDown: true })).toMatchObject({ isFenced: true, shouldShutDown: true });
    expect(world.partition('t')).toMatchObject({ leader: 2, isr: [2] });
  });

  it('writes nothing for a fenced broker', () => {
    const world = new World();
    const brokerEpoch = world.register(1);

    const { records, reply } = world.decide(heartbeat(1, { brokerEpoch, wantShutDown: true }));

    expect(records).toEqual([]);
    expect(reply.shouldShutDown).toBe(true);
  });

  it('goes on under a new controller, which waits until the others have applied what it found', () => {
    const world = new World();
    world.start(1, 2);
    world.create('t', [1, 2]);
    world.heartbeat(1, { wantShutDown: true });

    world.controller.deactivated();
    world.controller.activated(world.nowMs);

    expect(world.heartbeat(1, { wantShutDown: true }).shouldShutDown).toBe(false);
    world.heartbeat(2);
    expect(world.heartbeat(1, { wantShutDown: true }).shouldShutDown).toBe(true);
  });

  it('keeps the broker fenced for the rest of its incarnation', () => {
    const world = new World();
    world.start(1, 2);
    world.create('t', [1]);
    world.heartbeat(1, { wantShutDown: true });
    world.heartbeat(2);
    expect(world.heartbeat(1, { wantShutDown: true }).shouldShutDown).toBe(true);

    expect(world.heartbeat(1)).toMatchObject({ isCaughtUp: true, isFenced: true });
    expect(world.partition('t').leader).toBeUndefined();

    world.nowMs += 9_000;
    world.register(1, { incarnationId: uuid(555) });
    expect(world.heartbeat(1).isFenced).toBe(false);
    expect(world.partition('t').leader).toBe(1);
  });

  it('keeps the broker from leading again', () => {
    const world = new World();
    world.start(1, 2);
    world.create('t', [1, 2]);
    world.heartbeat(1, { wantShutDown: true, currentMetadataOffset: NOTHING_APPLIED });

    world.fence(2);

    expect(world.partition('t')).toMatchObject({ leader: undefined, isr: [2] });
  });
});

describe('failed log directories', () => {
  function worldWithTwoDirectories(): World {
    const world = new World();
    world.register(1, { logDirs: [uuid(300), uuid(301)] });
    world.heartbeat(1);
    world.start(2);
    const topicId = world.create('t', [1, 2], [1, 2]);
    // As AssignReplicasToDirs would have it: partition 0 in the directory that fails, partition 1 in the other.
    const [zero, one] = [world.partition('t', 0), world.partition('t', 1)];
    expect(zero.directories).toEqual([RESERVED_DIRECTORY.UNASSIGNED, uuid(100_002)]);
    world.assign(topicId, 0, [uuid(300), zero.directories[1]!]);
    world.assign(topicId, 1, [uuid(301), one.directories[1]!]);
    return world;
  }

  it('take the broker out of the partitions there, then shrink the registration', () => {
    const world = worldWithTwoDirectories();
    const before = world.endOffset;

    world.heartbeat(1, { offlineLogDirs: [uuid(300), uuid(999)] });

    expect(world.log.toSpliced(0, before).map(({ kind }) => kind)).toEqual(['PartitionChange', 'BrokerRegistrationChange']);
    expect(world.partition('t', 0)).toMatchObject({ leader: 2, isr: [2] });
    expect(world.partition('t', 1)).toMatchObject({ leader: 1, isr: [1, 2] });
    expect(world.view.broker(node(1))?.logDirs).toEqual([uuid(301)]);
  });

  it('are told once: the same heartbeat again writes nothing', () => {
    const world = worldWithTwoDirectories();
    world.heartbeat(1, { offlineLogDirs: [uuid(300)] });
    const before = world.endOffset;

    world.heartbeat(1, { offlineLogDirs: [uuid(300)] });

    expect(world.endOffset).toBe(before);
  });

  it('are never all struck from the registration, which would read as unchanged: the broker is fenced', () => {
    const world = worldWithTwoDirectories();

    expect(world.heartbeat(1, { offlineLogDirs: [uuid(300), uuid(301)] }).isFenced).toBe(true);

    expect(world.partition('t', 0).isr).toEqual([2]);
    expect(world.partition('t', 1).isr).toEqual([2]);
    expect(world.view.broker(node(1))?.logDirs).toEqual([uuid(300), uuid(301)]);
  });

  it('told by the heartbeat that unfences keep the broker from leading there', () => {
    const world = worldWithTwoDirectories();
    world.fence(2);
    world.fence(1);
    expect(world.partition('t', 0)).toMatchObject({ leader: undefined, isr: [1] });

    world.heartbeat(1, { offlineLogDirs: [uuid(300)] });

    expect(world.partition('t', 0)).toMatchObject({ leader: undefined, isr: [1] });
    expect(world.partition('t', 1)).toMatchObject({ leader: 1, isr: [1] });
  });

  it('do not change a partition twice when the broker is fenced in the same heartbeat', () => {
    const world = worldWithTwoDirectories();
    const before = world.endOffset;

    world.heartbeat(1, { offlineLogDirs: [uuid(300)], wantFence: true });

    expect(world.log.toSpliced(0, before).map(({ kind }) => kind)).toEqual(['BrokerRegistrationChange', 'PartitionChange', 'PartitionChange', 'BrokerRegistrationChange']);
    expect(world.partition('t', 0).partitionEpoch).toBe(2);
  });
});
