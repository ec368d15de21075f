import { describe, expect, it } from 'vitest';
import { node, seededRandom } from '../test/world.js';
import { placementLayout, StripedReplicaPlacer } from './replica-placer.js';
import type { UsableBroker } from './replica-placer.js';

function broker(id: number, { rack, fenced = false }: { rack?: string; fenced?: boolean } = {}): UsableBroker {
  return { id: node(id), rack, fenced };
}

function placer(brokers: readonly UsableBroker[], seed = 1): StripedReplicaPlacer {
  return new StripedReplicaPlacer(placementLayout(brokers), seededRandom(seed));
}

/** Always the lowest choice: everything begins at its first element, then moves on by one. */
function unshuffled(brokers: readonly UsableBroker[]): StripedReplicaPlacer {
  return new StripedReplicaPlacer(placementLayout(brokers), () => 0);
}

describe('refusals', () => {
  it.each([
    ['a factor of zero', [broker(0)], 0, 'Invalid replication factor 0: the replication factor must be positive.'],
    ['a negative factor', [broker(0)], -1, 'Invalid replication factor -1: the replication factor must be positive.'],
    ['no brokers at all', [], 1, 'The target replication factor of 1 cannot be reached because only 0 broker(s) are registered.'],
    ['a factor above the number of brokers', [broker(0), broker(1)], 3, 'The target replication factor of 3 cannot be reached because only 2 broker(s) are registered.'],
    ['only fenced brokers', [broker(0, { fenced: true }), broker(1, { fenced: true })], 1, 'All brokers are currently fenced.'],
  ])('name %s', (_title, brokers, replicationFactor, message) => {
    expect(placer(brokers).refusal(replicationFactor)).toBe(message);
    expect(() => placer(brokers).place(replicationFactor)).toThrow(message);
  });

  it('are none when fenced brokers are needed to reach the factor', () => {
    expect(placer([broker(0), broker(1, { fenced: true })]).refusal(2)).toBeUndefined();
  });
});

describe('one rack', () => {
  it('turns by one broker with each partition', () => {
    const brokers = placer([broker(0), broker(1), broker(2), broker(3)], 7);

    const [a, b] = [brokers.place(4), brokers.place(4)];

    expect(b).toEqual([...a.toSpliced(0, 1), a[0]]);
  });

  it('takes fenced brokers last', () => {
    for (let seed = 0; seed < 50; seed++) {
      const [first, second, third] = placer([broker(0, { fenced: true }), broker(1), broker(2)], seed).place(3);

      expect(third).toBe(0);
      expect([first, second].sort()).toEqual([1, 2]);
    }
  });

  it('places any number of partitions on a single unfenced broker', () => {
    const brokers = placer([broker(0), broker(1, { fenced: true }), broker(2, { fenced: true })]);

    const partitions = Array.from({ length: 10 }, () => brokers.place(2));

    expect(partitions.every(([leader]) => leader === 0)).toBe(true);
    expect(new Set(partitions.map(([, follower]) => follower))).toEqual(new Set([1, 2]));
  });
});

describe('several racks', () => {
  const sixInThreeRacks = [1, 2, 3, 4, 5, 6].map((id) => broker(id, { rack: `r${id % 3}` }));

  it('put the replicas of a partition into different racks where there are enough', () => {
    for (let seed = 0; seed < 50; seed++) {
      const brokers = placer(sixInThreeRacks, seed);
      for (let partition = 0; partition < 20; partition++) {
        const racks = brokers.place(3).map((id) => id % 3);
        expect(new Set(racks).size).toBe(3);
      }
    }
  });

  it('begin at the next rack with each partition', () => {
    const brokers = placer(sixInThreeRacks, 3);

    const racks = [brokers.place(1), brokers.place(1), brokers.place(1)].map(([leader]) => leader! % 3);

    expect(new Set(racks).size).toBe(3);
  });

  it('come round again when there are fewer racks than replicas, the leader’s rack after the others', () => {
    const brokers = unshuffled([broker(1, { rack: 'a' }), broker(2, { rack: 'a' }), broker(3, { rack: 'b' }), broker(4, { rack: 'b' })]);

    const replicas = brokers.place(4);

    expect(replicas.map((id) => (id <= 2 ? 'a' : 'b'))).toEqual(['a', 'b', 'a', 'b']);
  });

  it('that are wholly fenced never give the first replica, but may give the others', () => {
    const brokers = [broker(1, { rack: 'a', fenced: true }), broker(2, { rack: 'a', fenced: true }), broker(3, { rack: 'b' })];
    for (let seed = 0; seed < 50; seed++) {
      const [leader, follower] = placer(brokers, seed).place(2);
      expect(leader).toBe(3);
      expect([1, 2]).toContain(follower);
    }
  });

  it('count brokers without a rack as one rack', () => {
    const brokers = placer([broker(1), broker(2), broker(3, { rack: 'a' }), broker(4, { rack: 'a' })]);
    for (let partition = 0; partition < 20; partition++) {
      const [a, b] = brokers.place(2);
      expect(a! <= 2).not.toBe(b! <= 2);
    }
  });

  it('of which some are visited only now and then still give each broker once to a partition', () => {
    const many = Array.from({ length: 12 }, (_, id) => broker(id, { rack: `r${id % 6}` }));
    for (let seed = 0; seed < 20; seed++) {
      const brokers = placer(many, seed);
      for (let partition = 0; partition < 200; partition++) {
        const replicas = brokers.place(2);
        expect(new Set(replicas).size).toBe(2);
      }
    }
  });
});

describe('spreading', () => {
  it.each([
    ['without racks', (id: number) => broker(id)],
    ['over three racks', (id: number) => broker(id, { rack: `r${id % 3}` })],
  ])('gives every broker about as many leaders and replicas %s', (_title, make) => {
    const brokers = placer([0, 1, 2, 3, 4, 5].map(make), 11);
    const leaders = new Map<number, number>();
    const replicas = new Map<number, number>();

    for (let partition = 0; partition < 6_000; partition++) {
      const placed = brokers.place(3);
      leaders.set(placed[0]!, (leaders.get(placed[0]!) ?? 0) + 1);
      for (const id of placed) replicas.set(id, (replicas.get(id) ?? 0) + 1);
    }

    expect(leaders.size).toBe(6);
    for (const count of leaders.values()) expect(Math.abs(count - 1_000)).toBeLessThan(120);
    for (const count of replicas.values()) expect(Math.abs(count - 3_000)).toBeLessThan(240);
  });

  it('is the same for the same brokers and random numbers', () => {
    const place = (): number[][] => {
      const brokers = placer([broker(0), broker(1), broker(2)], 5);
      return Array.from({ length: 20 }, () => brokers.place(2));
    };

    expect(place()).toEqual(place());
  });

  it('leaves the layout as it was, so that one serves many placements', () => {
    const layout = placementLayout([broker(2), broker(0), broker(1), broker(3, { rack: 'a', fenced: true })]);
    const before = structuredClone(layout);

    const brokers = new StripedReplicaPlacer(layout, seededRandom(1));
    for (let partition = 0; partition < 50; partition++) brokers.place(3);

    expect(layout).toEqual(before);
    expect(layout.racks).toEqual([
      { unfenced: [0, 1, 2], fenced: [] },
      { unfenced: [], fenced: [3] },
    ]);
  });

  it('does not repeat the same stripes for ever', () => {
    const brokers = placer([broker(0), broker(1), broker(2), broker(3)], 2);

    const pairs = new Set(Array.from({ length: 100 }, () => brokers.place(2).join()));

    expect(pairs.size).toBeGreaterThan(8);
  });
});
