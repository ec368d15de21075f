import { describe, expect, it } from 'vitest';
import { nodes, World } from '../../test/world.js';
import type { CreatePartitionsCommand } from '../command.js';
import type { KafkaErrorName } from '../errors.js';

type Asked = CreatePartitionsCommand['topics'][number];

function more(topics: readonly Asked[], changes: Partial<CreatePartitionsCommand> = {}): CreatePartitionsCommand {
  return { kind: 'createPartitions', topics, validateOnly: false, atomic: false, ...changes };
}

const asked = (name: string, totalCount: number, ...assignments: number[][]): Asked => ({ name, totalCount, assignments: assignments.map((ids) => nodes(...ids)) });

function worldWithTopic(): World {
  const world = new World();
  world.start(1, 2, 3);
  world.create('t', [1, 2], [2, 3]);
  return world;
}

describe('creating partitions', () => {
  it('goes on counting and keeps the replication factor', () => {
    const world = worldWithTopic();

    const { records, atomic, reply } = world.decide(more([asked('t', 4)]));
    world.write(...records);

    expect(atomic).toBe(true);
    expect(reply.topics).toEqual([{ error: 'NONE', message: undefined, name: 't' }]);
    expect(records.map(({ value }) => ('partitionId' in value ? value.partitionId : undefined))).toEqual([2, 3]);
    expect(world.view.topicByName('t')?.partitionCount).toBe(4);
    for (const id of [2, 3]) expect(world.partition('t', id)).toMatchObject({ leaderEpoch: 0, replicas: { length: 2 } });
  });

  it('takes assignments for exactly the added partitions', () => {
    const world = worldWithTopic();

    world.run(more([asked('t', 4, [3, 1], [1, 3])]));

    expect(world.partition('t', 2)).toMatchObject({ replicas: [3, 1], isr: [3, 1], leader: 3 });
    expect(world.partition('t', 3)).toMatchObject({ replicas: [1, 3], leader: 1 });
  });

  it.each<[string, Asked, KafkaErrorName]>([
    ['an unknown topic', asked('x', 4), 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['the present number', asked('t', 2), 'INVALID_PARTITIONS'],
    ['a lower number', asked('t', 1), 'INVALID_PARTITIONS'],
    ['too few assignments', asked('t', 4, [1, 2]), 'INVALID_REPLICA_ASSIGNMENT'],
    ['another replication factor', asked('t', 3, [1]), 'INVALID_REPLICA_ASSIGNMENT'],
    ['a broker named twice', asked('t', 3, [1, 1]), 'INVALID_REPLICA_ASSIGNMENT'],
    ['an unknown broker', asked('t', 3, [1, 9]), 'INVALID_REPLICA_ASSIGNMENT'],
    ['an absurd number', asked('t', 2_000_000_000), 'POLICY_VIOLATION'],
  ])('refuses %s', (_title, topic, error) => {
    const { reply, records } = worldWithTopic().decide(more([topic]));

    expect(reply.topics).toMatchObject([{ error, name: topic.name }]);
    expect(records).toEqual([]);
  });

  it('refuses a topic named twice', () => {
    const { reply } = worldWithTopic().decide(more([asked('t', 3), asked('t', 4)]));

    expect(reply.topics.map(({ error }) => error)).toEqual(['INVALID_REQUEST', 'INVALID_REQUEST']);
  });

  it('finds no place while all brokers are fenced', () => {
    const world = worldWithTopic();
    for (const id of [1, 2, 3]) world.fence(id);

    expect(world.run(more([asked('t', 3)])).topics[0]?.error).toBe('INVALID_REPLICATION_FACTOR');
    expect(world.run(more([asked('t', 3, [1, 2])])).topics[0]?.error).toBe('INVALID_REPLICA_ASSIGNMENT');
  });

  it('only validates where asked to', () => {
    expect(worldWithTopic().decide(more([asked('t', 3)], { validateOnly: true }))).toMatchObject({ records: [], reply: { topics: [{ error: 'NONE' }] } });
  });

  it('adds nothing of an atomic request with one refusal', () => {
    const { reply, records } = worldWithTopic().decide(more([asked('t', 3), asked('x', 3)], { atomic: true }));

    expect(reply.topics.map(({ error }) => error)).toEqual(['OPERATION_NOT_ATTEMPTED', 'UNKNOWN_TOPIC_OR_PARTITION']);
    expect(records).toEqual([]);
  });
});
