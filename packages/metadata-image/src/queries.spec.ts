import { describe, expect, it } from 'vitest';
import { partition, partitionChange, registerBroker, removeTopic, replay, topic } from '../test/records.js';
import { clusterCounts, topicsSorted, type MetadataImage } from './index.js';

function allPages(image: MetadataImage, limit: number): string[][] {
  const pages: string[][] = [];
  for (let after = ''; ; after = pages.at(-1)!.at(-1)!) {
    const page = topicsSorted(image, { after, limit }).map((row) => row.name);
    if (page.length === 0) return pages;
    pages.push(page);
  }
}

describe('topicsSorted', () => {
  it('pages through all topics by name', () => {
    const image = replay(['m', 'a', 'z', 'b.', 'b', 'B'].map((name, i) => topic(name, i)));

    expect(allPages(image, 4)).toEqual([['B', 'a', 'b', 'b.'], ['m', 'z']]);
  });

  it('stays right while topics come and go, and goes on after a name that is gone', () => {
    const image = replay(['a', 'b', 'c'].map((name, i) => topic(name, i)));
    expect(topicsSorted(image, { after: '', limit: 2 }).map((row) => row.name)).toEqual(['a', 'b']);
    replay([removeTopic(1), topic('bb', 9)], image);

    expect(topicsSorted(image, { after: 'b', limit: 2 }).map((row) => row.name)).toEqual(['bb', 'c']);
  });

  it('gives nothing beyond the last, for a limit of 0, and in an empty image', () => {
    const image = replay([topic('a', 1)]);

    expect(topicsSorted(image, { after: 'a', limit: 5 })).toEqual([]);
    expect(topicsSorted(image, { after: '', limit: 0 })).toEqual([]);
    expect(topicsSorted(replay([]), { after: '', limit: 5 })).toEqual([]);
  });
});

describe('clusterCounts', () => {
  it('says how many brokers and partitions are in which state', () => {
    const image = replay([
      registerBroker(1, 1, { fenced: false }),
      registerBroker(2, 2),
      registerBroker(3, 3, { fenced: false, inControlledShutdown: true }),
      topic('a', 1),
      partition(1, 0, [1, 2]),
      partition(1, 1, [1, 2], { isr: [2], leader: 2 }),
      partition(1, 2, [1, 2], { addingReplicas: [2] }),
      partitionChange(1, 0, { leader: -1, isr: { ids: [] } }),
    ]);

    expect(clusterCounts(image)).toEqual({
      topics: 1,
      partitions: 3,
      offlinePartitions: 1,
      underReplicatedPartitions: 2,
      preferredReplicaImbalance: 2,
      reassigningPartitions: 1,
      activeBrokers: 2,
      fencedBrokers: 1,
      brokersInControlledShutdown: 1,
      registeredControllers: 0,
    });
  });
});
