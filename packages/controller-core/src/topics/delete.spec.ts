import type { Uuid } from '@quorate/records';
import { uuidToBytes } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { topic, uuid, World } from '../../test/world.js';
import type { DeleteTopicsCommand } from '../command.js';

interface Asked {
  readonly name?: string;
  readonly topicId?: Uuid;
}

function remove(topics: readonly Asked[], changes: Partial<DeleteTopicsCommand> = {}): DeleteTopicsCommand {
  return { kind: 'deleteTopics', topics: topics.map(({ name, topicId }) => ({ name, topicId })), validateOnly: false, atomic: false, ...changes };
}

function worldWithTopics(...names: string[]): { world: World; ids: Uuid[] } {
  const world = new World();
  world.start(1);
  return { world, ids: names.map((name) => world.create(name, [1])) };
}

describe('deleting topics', () => {
  it('takes names and ids, one record each, and answers with both', () => {
    const { world, ids } = worldWithTopics('a', 'b');

    const { records, reply, outcomes, atomic } = world.decide(remove([{ name: 'a' }, { topicId: ids[1]! }]));
    world.write(...records);

    expect(atomic).toBe(true);
    expect(records.map(({ kind }) => kind)).toEqual(['RemoveTopic', 'RemoveTopic']);
    expect(reply.topics).toMatchObject([
      { error: 'NONE', name: 'a', topicId: ids[0] },
      { error: 'NONE', name: 'b', topicId: ids[1] },
    ]);
    expect(outcomes).toEqual(ids.map((id) => ({ errorCode: 0, topicId: uuidToBytes(id) })));
    expect(world.view.topicCount).toBe(0);
    expect(world.view.partitionCount).toBe(0);
  });

  it('refuses what is not there, contradicts itself or says nothing', () => {
    const { world, ids } = worldWithTopics('a');

    const { reply } = world.decide(remove([{ name: 'x' }, { topicId: uuid(9) }, {}, { name: 'a', topicId: ids[0]! }]));

    expect(reply.topics.map(({ error }) => error)).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'INVALID_REQUEST', 'INVALID_REQUEST']);
  });

  it('refuses a topic that is named twice, by name or by id, and deletes the others', () => {
    const { world, ids } = worldWithTopics('a', 'b');

    const { topics } = world.run(remove([{ name: 'a' }, { name: 'b' }, { topicId: ids[0]! }]));

    expect(topics.map(({ error }) => error)).toEqual(['INVALID_REQUEST', 'NONE', 'INVALID_REQUEST']);
    expect(world.view.topicByName('a')).toBeDefined();
  });

  it('is refused where it is disabled', () => {
    const world = new World({ config: { deleteTopicEnable: false } });
    world.start(1);
    world.create('a', [1]);

    expect(world.run(remove([{ name: 'a' }])).topics[0]?.error).toBe('TOPIC_DELETION_DISABLED');
  });

  it('only validates where asked to', () => {
    const { world } = worldWithTopics('a');

    const { reply, records } = world.decide(remove([{ name: 'a' }], { validateOnly: true }));

    expect(reply.topics[0]?.error).toBe('NONE');
    expect(records).toEqual([]);
  });

  it('deletes nothing of an atomic request with one refusal', () => {
    const { world } = worldWithTopics('a');

    const { reply, records } = world.decide(remove([{ name: 'a' }, { name: 'x' }], { atomic: true }));

    expect(reply.topics.map(({ error }) => error)).toEqual(['OPERATION_NOT_ATTEMPTED', 'UNKNOWN_TOPIC_OR_PARTITION']);
    expect(records).toEqual([]);
  });

  it('frees the name for a new topic with another id', () => {
    const { world, ids } = worldWithTopics('a');
    world.run(remove([{ name: 'a' }]));

    const [again] = world.run({ kind: 'createTopics', topics: [topic('a')], validateOnly: false, atomic: false }).topics;

    expect(again).toMatchObject({ error: 'NONE' });
    expect(again?.topicId).not.toBe(ids[0]);
  });
});
