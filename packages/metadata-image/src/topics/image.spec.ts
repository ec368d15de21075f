import { describe, expect, it } from 'vitest';
import { id, node, partition, partitionChange, removeTopic, replay, topic } from '../../test/records.js';

describe('the index by broker', () => {
  it('names the topic that has the row now, not the one that had it', () => {
    const image = replay([topic('a', 1), partition(1, 0, [7])]);
    expect([...image.partitionsWithReplica(node(7))]).toEqual([{ topicId: id(1), partitionId: 0 }]);

    replay([removeTopic(1), topic('b', 2), partition(2, 0, [7])], image);

    expect([...image.partitionsWithReplica(node(7))]).toEqual([{ topicId: id(2), partitionId: 0 }]);
  });

  it('may be walked while the partitions that it gives are changed', () => {
    const image = replay([topic('a', 1), ...Array.from({ length: 5000 }, (_, p) => partition(1, p, [p % 2, 2]))]);
    let changed = 0;
    for (const { partitionId } of image.partitionsWithIsr(node(0))) {
      replay([partitionChange(1, partitionId, { isr: { ids: [2] }, leader: 2 })], image);
      changed += 1;
    }

    expect(changed).toBe(2500);
    expect([...image.partitionsWithIsr(node(0)), ...image.partitionsLedBy(node(0))]).toEqual([]);
    expect(image.store.topics.replicaCount(node(0))).toBe(2500);
  });
});
