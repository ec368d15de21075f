import { RESERVED_DIRECTORY } from '@quorate/records';
import type { Offset, Uuid } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { feature, node, nodes, registration, uuid, World } from '../../test/world.js';
import type { RegisterBrokerCommand } from '../command.js';
import type { KafkaErrorName } from '../errors.js';

const METADATA_ONLY = [{ name: 'metadata.version', minSupported: 7, maxSupported: 33 }];

describe('a registration', () => {
  it('gives a new broker the next write offset as its epoch, fenced', () => {
    const world = new World();
    world.write({ kind: 'NoOp', version: 0, value: {} });

    const reply = world.run(registration(1));

    expect(reply).toMatchObject({ error: 'NONE', brokerEpoch: 2 });
    expect(world.view.broker(node(1))).toMatchObject({ epoch: 2, fenced: true, inControlledShutdown: false, registrationOffset: 2, logDirs: [uuid(100_001)] });
    expect(world.log.at(-1)).toMatchObject({ kind: 'RegisterBroker', version: 3 });
  });

  it.each<[string, Partial<RegisterBrokerCommand>, KafkaErrorName]>([
    ['of another cluster', { clusterId: 'another' }, 'INCONSISTENT_CLUSTER_ID'],
    ['without endpoints', { endpoints: [] }, 'INVALID_REGISTRATION'],
    ['with a listener named twice', { endpoints: [endpoint('A', 1), endpoint('A', 2)] }, 'INVALID_REGISTRATION'],
    ['with an impossible port', { endpoints: [endpoint('A', 65_536)] }, 'INVALID_REGISTRATION'],
    ['without log directories', { logDirs: [] }, 'INVALID_REGISTRATION'],
    ['with a reserved directory id', { logDirs: [RESERVED_DIRECTORY.LOST] }, 'INVALID_REGISTRATION'],
    ['with a directory named twice', { logDirs: [uuid(300), uuid(300)] }, 'INVALID_REGISTRATION'],
    ['with a directory of another broker', { logDirs: [uuid(300), uuid(100_007)] }, 'INVALID_REGISTRATION'],
    ['without metadata.version', { features: [] }, 'INVALID_REGISTRATION'],
    ['with a feature named twice', { features: [...METADATA_ONLY, ...METADATA_ONLY] }, 'INVALID_REGISTRATION'],
    ['too old for metadata.version', { features: [{ name: 'metadata.version', minSupported: 7, maxSupported: 20 }] }, 'UNSUPPORTED_VERSION'],
    ['too new for metadata.version', { features: [{ name: 'metadata.version', minSupported: 22, maxSupported: 33 }] }, 'UNSUPPORTED_VERSION'],
    ['that lacks a finalized feature', { features: METADATA_ONLY }, 'UNSUPPORTED_VERSION'],
    ['without support for kraft.version 1', { features: [...METADATA_ONLY, { name: 'kraft.version', minSupported: 0, maxSupported: 0 }] }, 'UNSUPPORTED_VERSION'],
    ['that needs a feature finalized at 0', { features: [...METADATA_ONLY, { name: 'share.version', minSupported: 1, maxSupported: 2 }] }, 'UNSUPPORTED_VERSION'],
  ])('%s is refused', (_title, changes, error) => {
    const world = new World();
    world.register(7);
    world.write(feature('group.version', 1));
    const supportsGroup = [...registration(1).features, { name: 'group.version', minSupported: 0, maxSupported: 1 }];

    const { reply, records } = world.decide(registration(1, { features: supportsGroup, ...changes }));

    expect(reply).toMatchObject({ error, brokerEpoch: undefined });
    expect(records).toEqual([]);
  });

  it('under the node id of a controller is refused, and says which ids those are', () => {
    const world = new World({ config: { controllerIds: () => nodes(1, 2) } });

    expect(world.run(registration(2))).toMatchObject({ error: 'INVALID_REGISTRATION', message: expect.stringContaining('1, 2') });
    expect(world.run(registration(3)).error).toBe('NONE');
  });

  it('of a second process is refused as duplicate while the first has a valid session', () => {
    const world = new World();
    world.start(1);
    world.nowMs += 8_999;

    expect(world.run(registration(1, { incarnationId: uuid(555) })).error).toBe('DUPLICATE_BROKER_REGISTRATION');
  });

  it('of a second process is refused as duplicate also while the first is in controlled shutdown', () => {
    const world = new World();
    world.start(1, 2);
    world.create('t', [1, 2]);
    world.heartbeat(1, { wantShutDown: true, currentMetadataOffset: 0 as Offset });
    expect(world.view.broker(node(1))?.inControlledShutdown).toBe(true);

    expect(world.run(registration(1, { incarnationId: uuid(555) })).error).toBe('DUPLICATE_BROKER_REGISTRATION');
  });

  it('of a successor is taken at once when the first was told to shut down', () => {
    const world = new World();
    world.start(1);
    expect(world.heartbeat(1, { wantShutDown: true }).shouldShutDown).toBe(true);

    expect(world.run(registration(1, { incarnationId: uuid(555) })).error).toBe('NONE');
  });

  it('of the same incarnation amends: epoch, fencing and shutdown stay, the registration offset moves', () => {
    const world = new World();
    world.start(1);
    const before = world.view.broker(node(1))!;

    world.register(1, { rack: 'r1' });

    expect(world.view.broker(node(1))).toEqual({ ...before, rack: 'r1', registrationOffset: world.endOffset - 1 });
  });

  it('of the same incarnation that lists a directory no more takes the broker out of the partitions there', () => {
    const world = new World();
    world.register(1, { logDirs: [uuid(300), uuid(301)] });
    world.heartbeat(1);
    world.start(2);
    const topicId = world.create('t', [1, 2]);
    world.assign(topicId, 0, [uuid(300), uuid(100_002)]);

    world.register(1, { logDirs: [uuid(301)] });

    expect(world.partition('t')).toMatchObject({ leader: 2, isr: [2] });
  });

  it('after an expired session cleans up the previous life first and comes last', () => {
    const world = new World();
    world.start(1, 2);
    world.create('t', [1, 2]);
    world.create('alone', [1]);
    world.nowMs += 60_000;

    const { records, reply } = world.decide(registration(1, { incarnationId: uuid(555) }));
    const epoch = world.endOffset;
    world.write(...records);

    expect(reply).toMatchObject({ error: 'NONE', brokerEpoch: epoch });
    expect(records.map(({ kind }) => kind)).toEqual(['PartitionChange', 'PartitionChange', 'RegisterBroker']);
    expect(world.partition('t')).toMatchObject({ leader: 2, isr: [2], leaderEpoch: 1 });
    expect(world.partition('alone')).toMatchObject({ leader: undefined, isr: [1] });
    expect(world.view.broker(node(1))).toMatchObject({ epoch, fenced: true });
  });

  it('that does not name the epoch of its last life leaves ISR and ELR, while ELR is on', () => {
    const world = new World({ metadataVersion: 23, elr: true });
    world.setConfig(4, '', 'min.insync.replicas', '2');
    world.start(1, 2);
    world.create('t', [1, 2]);
    world.fence(1);
    expect(world.partition('t')).toMatchObject({ leader: 2, isr: [2], eligibleLeaderReplicas: [1] });
    world.nowMs += 60_000;

    world.register(1, { incarnationId: uuid(555) });

    expect(world.partition('t')).toMatchObject({ leader: 2, isr: [2], eligibleLeaderReplicas: [] });
  });

  it('that names the epoch of its last life stays eligible, while ELR is on', () => {
    const world = new World({ metadataVersion: 23, elr: true });
    world.setConfig(4, '', 'min.insync.replicas', '2');
    world.start(1, 2);
    world.create('t', [1, 2]);
    const previousBrokerEpoch = world.view.broker(node(1))!.epoch;
    world.nowMs += 60_000;

    world.register(1, { incarnationId: uuid(555), previousBrokerEpoch });

    expect(world.partition('t')).toMatchObject({ leader: 2, isr: nodes(2), eligibleLeaderReplicas: [1] });
  });
});

describe('record versions', () => {
  it.each([
    [7, 1],
    [8, 2],
    [17, 3],
    [21, 3],
    [30, 4],
  ])('at metadata.version %i a registration has version %i', (metadataVersion, version) => {
    const world = new World({ metadataVersion });

    world.register(1);

    expect(world.log.at(-1)).toMatchObject({ kind: 'RegisterBroker', version });
  });

  it('before 3.7-IV2 leave directories out', () => {
    const world = new World({ metadataVersion: 14 });

    const { reply, records } = world.decide(registration(1, { logDirs: [] as Uuid[] }));

    expect(reply.error).toBe('NONE');
    expect(records[0]?.value).toMatchObject({ logDirs: [] });
  });
});

function endpoint(name: string, port: number): RegisterBrokerCommand['endpoints'][number] {
  return { name, host: 'localhost', port, securityProtocol: 0 };
}
