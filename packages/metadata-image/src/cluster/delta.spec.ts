import type { MetadataRecord, MetadataRecordValues } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { uuidBytes } from '../../test/random-records.js';
import { changesOf, id, node, registerBroker, replay } from '../../test/records.js';

function registrationChange(more: Partial<MetadataRecordValues['BrokerRegistrationChange']>): MetadataRecord {
  return { kind: 'BrokerRegistrationChange', version: 3, value: { brokerId: 1, brokerEpoch: 9, logDirs: [], ...more } };
}
const unregister = (brokerId: number, brokerEpoch: number): MetadataRecord => ({ kind: 'UnregisterBroker', version: 0, value: { brokerId, brokerEpoch } });
const oldRecord = (kind: 'FenceBroker' | 'UnfenceBroker', epoch: number): MetadataRecord => ({ kind, version: 0, value: { id: 1, epoch } });

describe('a broker registration', () => {
  it('takes the place of the one before as a whole, and remembers where it stood', () => {
    const image = replay([registerBroker(1, 5, { rack: 'r', logDirs: [uuidBytes(8)] }), registerBroker(1, 9, { fenced: false })]);

    expect(image.broker(node(1))).toMatchObject({ epoch: 9, rack: undefined, logDirs: [], fenced: false, registrationOffset: 1 });
  });

  it('lists brokers by rising id', () => {
    expect(replay([registerBroker(20, 1), registerBroker(3, 1), registerBroker(100, 1)]).brokers().map((broker) => broker.id)).toEqual([3, 20, 100]);
  });

  it.each<[string, MetadataRecord]>([
    ['a change', registrationChange({ brokerEpoch: 8 })],
    ['an unregistration', unregister(1, 8)],
    ['a fencing of old', oldRecord('FenceBroker', 8)],
    ['an unfencing of old', oldRecord('UnfenceBroker', 8)],
  ])('is fatal to meet with %s of another epoch', (_, record) => {
    expect(() => replay([registerBroker(1, 9), record])).toThrow(/broker 1 has epoch 9, the record says 8/);
  });

  it('is fatal to change when there is none', () => {
    expect(() => replay([registrationChange({})])).toThrow(/broker 1 is not registered/);
    expect(() => replay([unregister(1, 9)])).toThrow(/broker 1 is not registered/);
  });

  it('is gone after its unregistration', () => {
    expect(replay([registerBroker(1, 9), unregister(1, 9)]).broker(node(1))).toBeUndefined();
  });
});

describe('a registration change', () => {
  const after = (more: Partial<MetadataRecordValues['BrokerRegistrationChange']>, first = registerBroker(1, 9)) =>
    replay([first, registrationChange(more)]).broker(node(1))!;

  it('fences and unfences, and leaves the rest alone', () => {
    expect(after({ fenced: -1 }).fenced).toBe(false);
    expect(after({ fenced: 1 }, registerBroker(1, 9, { fenced: false })).fenced).toBe(true);
    expect(after({}, registerBroker(1, 9, { fenced: false })).fenced).toBe(false);
    expect(after({ fenced: -1 }).registrationOffset).toBe(0);
  });

  it('marks a controlled shutdown, which lasts as long as the incarnation', () => {
    expect(after({ inControlledShutdown: 1 }).inControlledShutdown).toBe(true);
    expect(after({ fenced: 1 }, registerBroker(1, 9, { inControlledShutdown: true })).inControlledShutdown).toBe(true);
    expect(replay([registerBroker(1, 9, { inControlledShutdown: true }), registerBroker(1, 10)]).broker(node(1))!.inControlledShutdown).toBe(false);
  });

  it('replaces the directories only when it lists some', () => {
    const withDirectory = registerBroker(1, 9, { logDirs: [uuidBytes(8)] });

    expect(after({}, withDirectory).logDirs).toEqual([id(8)]);
    expect(after({ logDirs: [uuidBytes(7)] }, withDirectory).logDirs).toEqual([id(7)]);
  });

  it('tells cordoned directories that are none from those that are unchanged', () => {
    const cordoned = registerBroker(1, 9, { cordonedLogDirs: { ids: [uuidBytes(8)] } });

    expect(after({}, cordoned).cordonedLogDirs).toEqual([id(8)]);
    expect(after({ cordonedLogDirs: { ids: [] } }, cordoned).cordonedLogDirs).toEqual([]);
    expect(after({}).cordonedLogDirs).toBeUndefined();
  });

  it('is fatal when it says something about fencing that nobody knows', () => {
    expect(() => after({ fenced: 2 })).toThrow(/fenced is 2/);
  });

  it('is told as fencing, unfencing or another change', () => {
    const changes = changesOf(replay([registerBroker(1, 9)]), [
      registrationChange({ fenced: -1 }),
      registrationChange({ inControlledShutdown: 1 }),
      registrationChange({ fenced: 1 }),
    ]);

    expect(changes.map((change) => change.kind)).toEqual(['brokerUnfenced', 'brokerChanged', 'brokerFenced']);
  });
});

describe('the obsolete records', () => {
  it('fence and unfence a broker still', () => {
    const image = replay([registerBroker(1, 9), oldRecord('UnfenceBroker', 9)]);
    expect(image.broker(node(1))!.fenced).toBe(false);

    replay([oldRecord('FenceBroker', 9)], image);
    expect(image.broker(node(1))!.fenced).toBe(true);
  });
});

describe('a controller registration', () => {
  const register = (incarnation: number): MetadataRecord => ({
    kind: 'RegisterController',
    version: 0,
    value: { controllerId: 7, incarnationId: uuidBytes(incarnation), zkMigrationReady: false, endpoints: [], features: [] },
  });
  const unregisterController: MetadataRecord = { kind: 'UnregisterController', version: 0, value: { controllerId: 7 } };

  it('takes the place of the one before', () => {
    expect(replay([register(1), register(2)]).controllers()).toMatchObject([{ id: 7, incarnationId: id(2) }]);
  });

  it('is dropped, and dropping it twice is no error', () => {
    expect(replay([register(1), unregisterController, unregisterController]).controller(node(7))).toBeUndefined();
  });
});
