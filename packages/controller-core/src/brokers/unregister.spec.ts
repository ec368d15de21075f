import { describe, expect, it } from 'vitest';
import { node, uuid, World } from '../../test/world.js';

describe('unregistering a broker', () => {
  it('takes it out of ISRs and leaderships, then forgets it', () => {
    const world = new World();
    world.start(1, 2);
    world.create('t', [1, 2]);
    const epoch = world.view.broker(node(1))!.epoch;
    const before = world.endOffset;

    const reply = world.run({ kind: 'unregisterBroker', brokerId: node(1), validateOnly: false });

    expect(reply.error).toBe('NONE');
    expect(world.log.toSpliced(0, before)).toMatchObject([{ kind: 'PartitionChange' }, { kind: 'UnregisterBroker', value: { brokerId: 1, brokerEpoch: epoch } }]);
    expect(world.view.broker(node(1))).toBeUndefined();
    expect(world.partition('t')).toMatchObject({ replicas: [1, 2], isr: [2], leader: 2 });
  });

  it('leaves the eligible leaders too, while ELR is on', () => {
    const world = new World({ metadataVersion: 23, elr: true });
    world.setConfig(4, '', 'min.insync.replicas', '2');
    world.start(1, 2);
    world.create('t', [1, 2]);
    world.fence(1);
    expect(world.partition('t').eligibleLeaderReplicas).toEqual([1]);

    world.run({ kind: 'unregisterBroker', brokerId: node(1), validateOnly: false });

    expect(world.partition('t')).toMatchObject({ isr: [2], eligibleLeaderReplicas: [] });
  });

  it('is refused for a broker that is not registered', () => {
    expect(new World().run({ kind: 'unregisterBroker', brokerId: node(1), validateOnly: false }).error).toBe('BROKER_ID_NOT_REGISTERED');
  });

  it('only validates where asked to', () => {
    const world = new World();
    world.start(1);

    expect(world.decide({ kind: 'unregisterBroker', brokerId: node(1), validateOnly: true })).toMatchObject({ records: [], reply: { error: 'NONE' } });
  });

  it('ends the session, so that the id is free at once', () => {
    const world = new World();
    world.start(1);
    world.run({ kind: 'unregisterBroker', brokerId: node(1), validateOnly: false });

    world.register(1, { incarnationId: uuid(555) });

    expect(world.view.broker(node(1))).toMatchObject({ fenced: true });
  });
});
