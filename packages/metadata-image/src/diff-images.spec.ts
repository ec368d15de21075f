import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { position, recordsOf, steps } from '../test/random-records.js';
import { config, partition, partitionChange, registerBroker, removeTopic, replay, topic } from '../test/records.js';
import { MetadataImage, diffImages } from './index.js';

describe('diffImages', () => {
  it('finds nothing between an image and itself replayed', () => {
    fc.assert(
      fc.property(steps(60), (list) => {
        const [a, b] = [new MetadataImage(), new MetadataImage()];
        recordsOf(list).forEach((record, i) => [a, b].forEach((image) => image.apply(record, position(i))));
        expect([...diffImages(a, b)]).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('finds something wherever the digests differ', () => {
    fc.assert(
      fc.property(steps(60), steps(8), (before, after) => {
        const [a, b] = [new MetadataImage(), new MetadataImage()];
        const records = recordsOf([...before, ...after]);
        recordsOf(before).forEach((record, i) => a.apply(record, position(i)));
        records.forEach((record, i) => b.apply(record, position(i)));
        const equal = Buffer.from(a.digest().value).equals(Buffer.from(b.digest().value));
        expect([...diffImages(a, b)].length === 0).toBe(equal);
      }),
    );
  });

  it('names what came, went and changed', () => {
    const shared = [registerBroker(1, 1), registerBroker(2, 1), topic('a', 1), partition(1, 0, [1]), topic('b', 2), config(2, 'a', 'k', '1')];
    const before = replay(shared);
    const after = replay([...shared, removeTopic(2), partitionChange(1, 0, { isr: { ids: [] } }), partition(1, 1, [1]), config(2, 'a', 'k', '2')]);
    replay([{ kind: 'UnfenceBroker', version: 0, value: { id: 1, epoch: 1 } }, registerBroker(2, 7)], after);

    expect([...diffImages(before, after)].map((change) => change.kind)).toEqual([
      'brokerUnfenced',
      'brokerRegistered',
      'topicDeleted',
      'partitionChanged',
      'partitionCreated',
      'configChanged',
    ]);
  });
});
