import { describe, expect, it } from 'vitest';
import { node, World } from '../../test/world.js';

describe('expiring sessions', () => {
  it('fences nobody while all were heard', () => {
    const world = new World();
    world.start(1, 2);
    world.nowMs += 8_999;

    expect(world.decide({ kind: 'expireSessions' })).toMatchObject({ records: [], reply: { fencedBrokerId: undefined, more: false } });
  });

  it('fences one broker at a time, the longest silent first, and says whether there are more', () => {
    const world = new World();
    world.start(1, 2, 3);
    world.nowMs += 5_000;
    world.heartbeat(1);
    world.heartbeat(3);
    world.nowMs += 5_000;
    expect(world.run({ kind: 'expireSessions' })).toMatchObject({ fencedBrokerId: 2, more: false });
    expect(world.run({ kind: 'expireSessions' })).toMatchObject({ fencedBrokerId: undefined, more: false });

    world.nowMs += 5_000;
    expect(world.run({ kind: 'expireSessions' })).toMatchObject({ fencedBrokerId: 1, more: true });
    expect(world.run({ kind: 'expireSessions' })).toMatchObject({ fencedBrokerId: 3, more: false });
    expect(world.controller.nextExpiryMs()).toBeUndefined();
  });

  it('leaves a broker alone whose heartbeat was counted before it was queued', () => {
    const world = new World();
    world.start(1);
    const { epoch } = world.view.broker(node(1))!;
    world.nowMs += 8_000;
    world.controller.touch(node(1), epoch, world.nowMs);
    world.nowMs += 8_000;

    expect(world.run({ kind: 'expireSessions' }).fencedBrokerId).toBeUndefined();
  });

  it('moves what the broker led and keeps it as last in sync where it was alone', () => {
    const world = new World();
    world.start(1, 2, 3);
    world.create('t', [1, 2, 3]);
    world.create('alone', [1]);
    world.create('other', [2, 3]);
    world.nowMs += 5_000;
    world.heartbeat(2);
    world.heartbeat(3);
    world.nowMs += 5_000;

    world.run({ kind: 'expireSessions' });

    expect(world.partition('t')).toMatchObject({ leader: 2, isr: [2, 3], replicas: [1, 2, 3], leaderEpoch: 1, partitionEpoch: 1 });
    expect(world.partition('alone')).toMatchObject({ leader: undefined, isr: [1], leaderEpoch: 1 });
    expect(world.partition('other')).toMatchObject({ leader: 2, partitionEpoch: 0 });
    expect(world.log.at(-1)).toMatchObject({ kind: 'BrokerRegistrationChange', value: { brokerId: 1, fenced: 1 } });
  });

  it('elects uncleanly only for topics that allow it', () => {
    const world = new World();
    world.start(1, 2);
    world.create('strict', [1, 2]);
    world.create('loose', [1, 2]);
    world.setConfig(2, 'loose', 'unclean.leader.election.enable', 'true');
    world.fence(2);
    world.fence(1);

    world.heartbeat(2);

    expect(world.partition('strict')).toMatchObject({ leader: undefined, isr: [1] });
    expect(world.partition('loose')).toMatchObject({ leader: 2, isr: [2], leaderRecoveryState: 1 });
  });

  it('takes the cluster’s word on unclean elections where the topic says nothing', () => {
    const world = new World();
    world.start(1, 2);
    world.setConfig(4, '', 'unclean.leader.election.enable', 'true');
    world.create('t', [1, 2]);
    world.fence(2);

    world.fence(1);
    world.heartbeat(2);

    expect(world.partition('t')).toMatchObject({ leader: 2, isr: [2] });
  });

  it('begins anew for every unfenced broker when a controller becomes active', () => {
    const world = new World();
    world.start(1);
    world.register(2);
    world.nowMs += 60_000;

    world.controller.activated(world.nowMs);

    expect(world.run({ kind: 'expireSessions' }).fencedBrokerId).toBeUndefined();
    expect(world.controller.nextExpiryMs()).toBe(world.nowMs + 9_000);
  });

  it('has nothing to wait for after renouncing', () => {
    const world = new World();
    world.start(1);

    world.controller.deactivated();

    expect(world.controller.nextExpiryMs()).toBeUndefined();
  });
});
