import { RESERVED_DIRECTORY, type MetadataRecord } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { changesOf, config, id, node, partition, partitionChange, removeTopic, replay, replayRaw, topic } from '../../test/records.js';
import { uuidBytes } from '../../test/random-records.js';
import { netTopics } from '../delta.js';
import type { MetadataImage } from '../image.js';
import type { PartitionRow } from '../view.js';

const ORDERS = [topic('orders', 1), partition(1, 0, [1, 2, 3], { leaderEpoch: 4, partitionEpoch: 7 })];
const clearElr = (topicName: string): MetadataRecord => ({ kind: 'ClearElr', version: 0, value: { topicName } });

function row(image: MetadataImage, partitionId = 0): PartitionRow {
  return image.partition(id(1), partitionId)!;
}

describe.each([
  ['from messages', replay],
  ['from bytes', replayRaw],
])('a partition change %s', (_, apply) => {
  it('raises the partition epoch by one, whatever it says', () => {
    expect(row(apply([...ORDERS, partitionChange(1, 0, {})]))).toEqual({ ...row(apply(ORDERS)), partitionEpoch: 8 });
    expect(row(apply([...ORDERS, partitionChange(1, 0, { isr: { ids: [1] } })])).partitionEpoch).toBe(8);
  });

  it('raises the leader epoch if and only if it names a leader, even the same', () => {
    expect(row(apply([...ORDERS, partitionChange(1, 0, { isr: { ids: [1] } })])).leaderEpoch).toBe(4);
    expect(row(apply([...ORDERS, partitionChange(1, 0, { leader: 1 })]))).toMatchObject({ leader: 1, leaderEpoch: 5 });
    expect(row(apply([...ORDERS, partitionChange(1, 0, { leader: 2 })]))).toMatchObject({ leader: 2, leaderEpoch: 5 });
  });

  it('leaves a partition without a leader for -1', () => {
    expect(row(apply([...ORDERS, partitionChange(1, 0, { leader: -1 })]))).toMatchObject({ leader: undefined, leaderEpoch: 5 });
  });

  it('tells an empty ISR from an unchanged one', () => {
    expect(row(apply([...ORDERS, partitionChange(1, 0, { isr: { ids: [] } })])).isr).toEqual([]);
  });

  it('keeps the ISR in the order of the replicas', () => {
    expect(row(apply([...ORDERS, partitionChange(1, 0, { isr: { ids: [3, 1] } })])).isr).toEqual([1, 3]);
    expect(row(apply([...ORDERS, partitionChange(1, 0, { replicas: { ids: [3, 2, 1] } })])).isr).toEqual([3, 2, 1]);
  });

  it('leaves replicas their directories when it names new replicas alone', () => {
    const directories = [uuidBytes(11), uuidBytes(12), uuidBytes(13)];
    const image = apply([topic('orders', 1), partition(1, 0, [1, 2, 3], { directories }), partitionChange(1, 0, { replicas: { ids: [3, 4] } })]);

    expect(row(image).directories).toEqual([id(13), RESERVED_DIRECTORY.MIGRATING]);
  });

  it('is fatal when its directories are not one a replica', () => {
    const change = partitionChange(1, 0, { directories: { ids: [uuidBytes(11)] } });

    expect(() => apply([...ORDERS, change])).toThrow(/PartitionChange record at offset 2 .* 3 replicas and 1 directories/);
  });

  it('is fatal for an unknown topic or partition', () => {
    expect(() => apply([...ORDERS, partitionChange(2, 0, {})])).toThrow(/there is no partition 0 of topic/);
    expect(() => apply([...ORDERS, partitionChange(1, 1, {})])).toThrow(/there is no partition 1 of topic/);
  });

  it('is fatal for a recovery state that nobody knows, and changes nothing', () => {
    const image = apply(ORDERS);

    expect(() => apply([partitionChange(1, 0, { leaderRecoveryState: 2 })], image)).toThrow(/recovery state 2/);
    expect(row(image).partitionEpoch).toBe(7);
  });

  it('forgets an emptied ELR, and keeps one that it does not name', () => {
    const withElr = [topic('orders', 1), partition(1, 0, [1, 2], { eligibleLeaderReplicas: { ids: [2] }, lastKnownElr: { ids: [1] } })];

    expect(row(apply([...withElr, partitionChange(1, 0, { leader: 1 })]))).toMatchObject({ eligibleLeaderReplicas: [2], lastKnownElr: [1] });
    expect(row(apply([...withElr, partitionChange(1, 0, { eligibleLeaderReplicas: { ids: [] } })])).eligibleLeaderReplicas).toBeUndefined();
  });
});

describe('a partition', () => {
  it('takes the place of the one before, epochs as written', () => {
    const image = replay([...ORDERS, partition(1, 0, [5], { leaderEpoch: 1, partitionEpoch: 2 })]);

    expect(row(image)).toMatchObject({ replicas: [5], leaderEpoch: 1, partitionEpoch: 2 });
    expect(image.topicById(id(1))!.partitionCount).toBe(1);
    expect([...image.partitionsWithReplica(node(1))]).toEqual([]);
  });

  it('has MIGRATING for each replica when the record has no directories', () => {
    expect(row(replay(ORDERS)).directories).toEqual(Array(3).fill(RESERVED_DIRECTORY.MIGRATING));
  });

  it('is fatal for an unknown topic, and for an id that no topic reaches', () => {
    expect(() => replay([partition(1, 0, [1])])).toThrow(/there is no topic/);
    expect(() => replay([topic('orders', 1), partition(1, 2 ** 30, [1])])).toThrow(/out of range/);
    expect(() => replayRaw([topic('orders', 1), partition(1, -1, [1])])).toThrow(/out of range/);
  });

  it.each([
    ['five replicas', [1, 2, 3, 4, 5], {}],
    ['a hundred replicas', Array.from({ length: 100 }, (_, i) => i * 1000), {}],
    ['no replicas', [], {}],
    ['a replica twice', [1, 1, 2], {}],
    ['an ISR member that is no replica', [1, 2], { isr: [9, 1] }],
    ['a leader that is no replica', [1, 2], { leader: 9 }],
    ['a reassignment', [1, 2, 3], { addingReplicas: [3], removingReplicas: [1] }],
    ['the largest broker id', [2 ** 31 - 1], {}],
    ['a recovering leader', [1, 2], { leaderRecoveryState: 1 }],
  ])('reads back with %s', (_what, replicas, more) => {
    const image = replayRaw([topic('orders', 1), partition(1, 0, replicas, more)]);
    const isr = 'isr' in more ? [1, 9] : [...new Set(replicas)];

    expect(row(image)).toMatchObject({ replicas, leader: replicas[0], ...more, isr });
    expect([...image.partitionsWithReplica(node(replicas[0] ?? 1))]).toHaveLength(Math.min(1, replicas.length));
  });
});

describe('a topic', () => {
  it('is fatal when its name or its id is taken', () => {
    expect(() => replay([...ORDERS, topic('orders', 2)])).toThrow(/topic name "orders" is taken/);
    expect(() => replay([...ORDERS, topic('other', 1)])).toThrow(/topic id .* is taken/);
  });

  it('goes with its partitions, its configs, its index entries and its collision entry', () => {
    const image = replay([topic('a.b', 1), partition(1, 0, [1, 2]), config(2, 'a.b', 'retention.ms', '1'), config(2, 'a_c', 'retention.ms', '1'), removeTopic(1)]);

    expect(image.topicCount + image.partitionCount).toBe(0);
    expect([...image.configResources()]).toEqual([{ resourceType: 2, resourceName: 'a_c' }]);
    expect([...image.partitionsWithReplica(node(1)), ...image.partitionsWithIsr(node(2))]).toEqual([]);
    expect(image.topicCollidingWith('a_b')).toBeUndefined();
  });

  it('is fatal to remove when unknown', () => {
    expect(() => replay([removeTopic(1)])).toThrow(/there is no topic/);
  });

  it('created and deleted in one delta leaves no trace of itself (KAFKA-19497)', () => {
    const image = replay([topic('kept', 1)]);
    const changes = changesOf(image, [topic('gone', 2), removeTopic(2), removeTopic(1)]);
    const { created, deleted } = netTopics({ changes } as never);

    expect([...created]).toEqual([]);
    expect([...deleted]).toEqual([[id(1), 'kept']]);
  });
});

describe('clearing the ELR', () => {
  const elr = { eligibleLeaderReplicas: { ids: [2] } };
  const records = [topic('a', 1), topic('b', 2), partition(1, 0, [1, 2], elr), partition(1, 1, [1, 2]), partition(2, 0, [1, 2], elr)];

  it('clears the topic it names, and raises the partition epoch only where that changes something', () => {
    const image = replay([...records, clearElr('a')]);

    expect(row(image, 0)).toMatchObject({ eligibleLeaderReplicas: undefined, partitionEpoch: 1, leaderEpoch: 0 });
    expect(row(image, 1).partitionEpoch).toBe(0);
    expect(image.partition(id(2), 0)!.eligibleLeaderReplicas).toEqual([2]);
  });

  it('clears all topics when it names none', () => {
    const image = replay([...records, clearElr('')]);

    expect([...image.partitionsWhere('withElr')]).toEqual([]);
  });

  it('does not bring a deleted topic back (KAFKA-19383)', () => {
    const image = replay([...records, removeTopic(1), clearElr('a')]);

    expect(image.topicByName('a')).toBeUndefined();
    expect(image.partitionCount).toBe(1);
  });
});

describe('changes told', () => {
  it('say what leader and ISR were before and are now', () => {
    const image = replay(ORDERS);

    expect(changesOf(image, [partitionChange(1, 0, { leader: 2, isr: { ids: [2, 3] } })])).toEqual([
      {
        kind: 'partitionChanged',
        offset: 2,
        topicId: id(1),
        partitionId: 0,
        before: { leader: 1, leaderEpoch: 4, partitionEpoch: 7, replicas: [1, 2, 3], isr: [1, 2, 3] },
        after: { leader: 2, leaderEpoch: 5, partitionEpoch: 8, replicas: [1, 2, 3], isr: [2, 3] },
      },
    ]);
  });

  it('name a deleted topic with the partitions it had', () => {
    expect(changesOf(replay(ORDERS), [removeTopic(1)])).toEqual([{ kind: 'topicDeleted', offset: 2, topicId: id(1), name: 'orders', partitionCount: 1 }]);
  });
});
