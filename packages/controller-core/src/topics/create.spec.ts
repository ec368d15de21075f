import { RESERVED_DIRECTORY, uuidToBytes } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { node, nodes, topic, uuid, World } from '../../test/world.js';
import type { CreatableTopic, CreatedTopic, CreateTopicsCommand } from '../command.js';
import type { KafkaErrorName } from '../errors.js';

function create(topics: readonly CreatableTopic[], changes: Partial<CreateTopicsCommand> = {}): CreateTopicsCommand {
  return { kind: 'createTopics', topics, validateOnly: false, atomic: false, ...changes };
}

function worldWith(...brokers: number[]): World {
  const world = new World();
  world.start(...brokers);
  return world;
}

const manual = (...replicas: number[][]) => replicas.map((ids, partitionId) => ({ partitionId, brokerIds: nodes(...ids) }));

describe('creating a topic', () => {
  it('writes Topic, Config and Partition records in this order, all of them or none', () => {
    const world = worldWith(1, 2, 3);
    const configs = [{ name: 'retention.ms', value: '1000' }];

    const { records, atomic, reply, outcomes } = world.decide(create([topic('t', { partitionCount: 2, replicationFactor: 3, configs })]));
    const topicId = reply.topics[0]!.topicId!;

    expect(atomic).toBe(true);
    expect(records.map(({ kind }) => kind)).toEqual(['Topic', 'Config', 'Partition', 'Partition']);
    expect(records[0]?.value).toEqual({ name: 't', topicId: uuidToBytes(topicId) });
    expect(records[1]?.value).toEqual({ resourceType: 2, resourceName: 't', name: 'retention.ms', value: '1000' });
    expect(reply.topics).toEqual([{ error: 'NONE', message: undefined, name: 't', topicId, partitionCount: 2, replicationFactor: 3 }]);
    expect(outcomes).toEqual([{ errorCode: 0, topicId: uuidToBytes(topicId) }]);
  });

  it('begins each partition with all active replicas in sync, led by the first, epochs at 0', () => {
    const world = worldWith(1, 2, 3);

    world.run(create([topic('t', { partitionCount: 3, replicationFactor: 3 })]));

    for (const partitionId of [0, 1, 2]) {
      const row = world.partition('t', partitionId);
      expect([...row.replicas].sort()).toEqual([1, 2, 3]);
      expect(row.isr).toEqual(row.replicas);
      expect(row).toMatchObject({ leader: row.replicas[0], leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 0 });
      expect(row.directories).toEqual(row.replicas.map((id) => uuid(100_000 + id)));
    }
  });

  it('uses num.partitions and default.replication.factor where nothing is said', () => {
    const world = new World({ config: { numPartitions: 4, defaultReplicationFactor: 2 } });
    world.start(1, 2, 3);

    expect(world.run(create([topic('t')])).topics).toMatchObject([{ error: 'NONE', partitionCount: 4, replicationFactor: 2 }]);
  });

  it('places replicas on fenced brokers when it must, out of sync', () => {
    const world = worldWith(1, 2);
    world.register(3);

    world.run(create([topic('t', { partitionCount: 1, replicationFactor: 3 })]));

    expect(world.partition('t').replicas.at(-1)).toBe(3);
    expect([...world.partition('t').isr].sort()).toEqual([1, 2]);
  });

  it('places nothing on a broker in controlled shutdown', () => {
    const world = worldWith(1, 2);
    world.create('first', [1, 2]);
    world.heartbeat(1, { wantShutDown: true });

    const [refused, created] = world.run(create([topic('a', { replicationFactor: 2 }), topic('b', { replicationFactor: 1 })])).topics;

    expect(refused?.error).toBe('INVALID_REPLICATION_FACTOR');
    expect(created?.error).toBe('NONE');
    expect(world.partition('b').replicas).toEqual([2]);
  });

  it('keeps the order of a manual assignment and leaves fenced replicas out of sync', () => {
    const world = worldWith(1, 2, 3);
    world.fence(3);

    world.run(create([topic('t', { assignments: manual([3, 2, 1], [1, 2, 3]) })]));

    expect(world.partition('t', 0)).toMatchObject({ replicas: [3, 2, 1], isr: [2, 1], leader: 2 });
    expect(world.partition('t', 1)).toMatchObject({ replicas: [1, 2, 3], isr: [1, 2], leader: 1 });
  });

  it('takes partition ids of a manual assignment as given, in any order', () => {
    const world = worldWith(1, 2);

    world.run(create([topic('t', { assignments: manual([1], [2]).reverse() })]));

    expect(world.partition('t', 0).replicas).toEqual([1]);
    expect(world.partition('t', 1).replicas).toEqual([2]);
  });

  it('records UNASSIGNED for a broker with several directories', () => {
    const world = new World();
    world.register(1, { logDirs: [uuid(300), uuid(301)] });
    world.heartbeat(1);

    world.create('t', [1]);

    expect(world.partition('t').directories).toEqual([RESERVED_DIRECTORY.UNASSIGNED]);
  });

  it('records no directories before 3.7-IV2', () => {
    const world = new World({ metadataVersion: 14 });
    world.register(1, { logDirs: [] });
    world.heartbeat(1);

    world.create('t', [1]);

    expect(world.log.at(-1)).toMatchObject({ kind: 'Partition', version: 0, value: { directories: [] } });
  });

  it('gives every topic an id of its own', () => {
    const world = worldWith(1);
    const many = Array.from({ length: 100 }, (_, index) => topic(`t${index}`));

    const ids = new Set(world.run(create(many)).topics.map(({ topicId }) => topicId));

    expect(ids.size).toBe(100);
  });

  it('makes more records than one batch holds, still as one atomic result', () => {
    const world = worldWith(1);

    const { records, atomic } = world.decide(create([topic('t', { partitionCount: 20_000 })]));

    expect(records).toHaveLength(20_001);
    expect(atomic).toBe(true);
  });
});

describe('a refused topic', () => {
  it.each<[string, Partial<CreatableTopic>, KafkaErrorName]>([
    ['with a bad name', { name: 'a b' }, 'INVALID_TOPIC_EXCEPTION'],
    ['that exists', { name: 'present.topic' }, 'TOPIC_ALREADY_EXISTS'],
    ['that collides with one that exists', { name: 'present_topic' }, 'INVALID_TOPIC_EXCEPTION'],
    ['with an unknown config', { configs: [{ name: 'nonsense', value: '1' }] }, 'INVALID_CONFIG'],
    ['with a null config', { configs: [{ name: 'retention.ms', value: undefined }] }, 'INVALID_CONFIG'],
    ['with no partitions', { partitionCount: 0 }, 'INVALID_PARTITIONS'],
    ['with a negative number of partitions', { partitionCount: -2 }, 'INVALID_PARTITIONS'],
    ['with no replicas', { replicationFactor: 0 }, 'INVALID_REPLICATION_FACTOR'],
    ['with more replicas than brokers', { replicationFactor: 4 }, 'INVALID_REPLICATION_FACTOR'],
    ['with assignment and partition count', { assignments: manual([1]), partitionCount: 1 }, 'INVALID_REQUEST'],
    ['with assignment and replication factor', { assignments: manual([1]), replicationFactor: 1 }, 'INVALID_REQUEST'],
    ['with an empty assignment', { assignments: manual([]) }, 'INVALID_REPLICA_ASSIGNMENT'],
    ['with a broker named twice', { assignments: manual([1, 1]) }, 'INVALID_REPLICA_ASSIGNMENT'],
    ['with an unknown broker', { assignments: manual([1, 9]) }, 'INVALID_REPLICA_ASSIGNMENT'],
    ['with uneven assignments', { assignments: manual([1], [1, 2]) }, 'INVALID_REPLICA_ASSIGNMENT'],
    ['with only fenced brokers', { assignments: manual([3]) }, 'INVALID_REPLICA_ASSIGNMENT'],
    ['with a partition assigned twice', { assignments: [...manual([1]), ...manual([2])] }, 'INVALID_REPLICA_ASSIGNMENT'],
    ['with a gap in its partition ids', { assignments: [{ partitionId: 1, brokerIds: nodes(1) }] }, 'INVALID_REPLICA_ASSIGNMENT'],
    ['with a negative partition id', { assignments: [{ partitionId: -1, brokerIds: nodes(1) }] }, 'INVALID_REPLICA_ASSIGNMENT'],
  ])('%s is told why and leaves nothing behind', (_title, changes, error) => {
    const world = worldWith(1, 2, 3);
    world.create('present.topic', [1]);
    world.fence(3);

    const { reply, records, outcomes } = world.decide(create([topic('t', changes)]));

    expect(reply.topics).toMatchObject([{ error, topicId: undefined, partitionCount: undefined, replicationFactor: undefined }]);
    expect(reply.topics[0]?.message).toBeTruthy();
    expect(records).toEqual([]);
    expect(outcomes[0]?.errorCode).not.toBe(0);
  });

  it('finds no place while all brokers are fenced', () => {
    const world = new World();
    world.register(1);

    expect(world.run(create([topic('t')])).topics).toMatchObject([{ error: 'INVALID_REPLICATION_FACTOR', message: expect.stringContaining('All brokers are currently fenced.') }]);
  });
});

describe('one request', () => {
  const errors = (topics: readonly CreatedTopic[]) => topics.map(({ error }) => error);

  it('answers in the order asked, and a bad topic does not fail the others', () => {
    const world = worldWith(1);

    const { topics } = world.run(create([topic('a'), topic('b b'), topic('c')]));

    expect(topics.map(({ name }) => name)).toEqual(['a', 'b b', 'c']);
    expect(errors(topics)).toEqual(['NONE', 'INVALID_TOPIC_EXCEPTION', 'NONE']);
    expect(world.view.topicCount).toBe(2);
  });

  it('refuses each of two equal names', () => {
    const world = worldWith(1);

    expect(errors(world.run(create([topic('a'), topic('b'), topic('a')])).topics)).toEqual(['INVALID_REQUEST', 'NONE', 'INVALID_REQUEST']);
  });

  it('refuses the second of two names that collide', () => {
    const world = worldWith(1);

    const { topics } = world.run(create([topic('a.b'), topic('a_b')]));

    expect(errors(topics)).toEqual(['NONE', 'INVALID_TOPIC_EXCEPTION']);
    expect(topics[1]?.message).toBe("Topic 'a_b' collides with existing topic: a.b");
  });

  it('lets a name stand whose colliding twin was refused for another reason', () => {
    const world = worldWith(1);

    expect(errors(world.run(create([topic('a.b', { replicationFactor: 9 }), topic('a_b')])).topics)).toEqual(['INVALID_REPLICATION_FACTOR', 'NONE']);
  });

  it('that is atomic creates nothing when one topic is refused, and says because of which', () => {
    const world = worldWith(1);

    const { reply, records, outcomes } = world.decide(create([topic('a'), topic('b b')], { atomic: true }));

    expect(errors(reply.topics)).toEqual(['OPERATION_NOT_ATTEMPTED', 'INVALID_TOPIC_EXCEPTION']);
    expect(reply.topics[0]?.message).toContain("topic 'b b'");
    expect(reply.topics[0]?.topicId).toBeUndefined();
    expect(records).toEqual([]);
    expect(outcomes.map(({ errorCode }) => errorCode)).toEqual([55, 17]);
  });

  it('that only validates decides the same, writes nothing and names no id', () => {
    const world = worldWith(1);

    const { reply, records, outcomes } = world.decide(create([topic('a', { partitionCount: 3 }), topic('b b')], { validateOnly: true }));

    expect(reply.topics).toMatchObject([
      { error: 'NONE', topicId: undefined, partitionCount: 3, replicationFactor: 1 },
      { error: 'INVALID_TOPIC_EXCEPTION' },
    ]);
    expect(records).toEqual([]);
    expect(outcomes[0]).toEqual({ errorCode: 0 });
  });

  it('for more partitions than allowed is refused before anything is allocated', () => {
    const world = worldWith(1);

    const { topics } = world.run(create([topic('a', { partitionCount: 2_147_483_647 }), topic('b')]));

    expect(errors(topics)).toEqual(['POLICY_VIOLATION', 'POLICY_VIOLATION']);
  });

  it('spreads many one-partition topics evenly', () => {
    const world = worldWith(1, 2, 3);
    const many = Array.from({ length: 300 }, (_, index) => topic(`t${index}`));

    world.run(create(many));

    for (const id of [1, 2, 3]) expect([...world.view.partitionsLedBy(node(id))]).toHaveLength(100);
  });

  it('without topics is answered with nothing', () => {
    expect(new World().decide(create([]))).toMatchObject({ records: [], reply: { topics: [] }, outcomes: [] });
  });
});
