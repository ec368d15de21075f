import type { Random } from '../random.js';

/** One direction between two addresses. */
export interface Link {
  readonly from: number;
  readonly to: number;
}

/** What a cut looks like, for people, and the directions that it blocks. */
export interface Cut {
  readonly what: string;
  readonly links: readonly Link[];
}

/** One node against the rest, two sides, or two sides that only one node in the middle reaches. */
export const PARTITION_SHAPES = ['isolate', 'split', 'bridge'] as const;

export type PartitionShape = (typeof PARTITION_SHAPES)[number];

/** Blocks both directions between the sides. */
export function cutBothWays(shape: PartitionShape, ids: readonly number[], random: Random): Cut {
  const { what, sideA, sideB } = sidesOf(shape, ids, random);
  return { what: `partition ${what}`, links: [...linksBetween(sideA, sideB), ...linksBetween(sideB, sideA)] };
}

/** Blocks one direction only: what one side says is not heard on the other, while it hears all. */
export function cutOneWay(shape: PartitionShape, ids: readonly number[], random: Random): Cut {
  const { what, sideA, sideB } = sidesOf(shape, ids, random);
  const [mute, deaf] = random.chance(0.5) ? [sideA, sideB] : [sideB, sideA];
  return { what: `partition ${what}, and only ${mute.join(',') || 'nobody'} is not heard`, links: linksBetween(mute, deaf) };
}

function sidesOf(shape: PartitionShape, ids: readonly number[], random: Random): { what: string; sideA: readonly number[]; sideB: readonly number[] } {
  const chosen = random.pick(ids);
  const others = ids.filter((id) => id !== chosen);
  switch (shape) {
    case 'isolate':
      return { what: `${chosen} | ${others.join(',')}`, sideA: [chosen], sideB: others };
    case 'split': {
      const sideA = ids.filter(() => random.chance(0.5));
      const sideB = ids.filter((id) => !sideA.includes(id));
      return { what: `${sideA.join(',')} | ${sideB.join(',')}`, sideA, sideB };
    }
    case 'bridge': {
      const sideA = others.filter((_, index) => index % 2 === 0);
      const sideB = others.filter((_, index) => index % 2 === 1);
      return { what: `${sideA.join(',')} | ${sideB.join(',')} but for ${chosen}`, sideA, sideB };
    }
  }
}

function linksBetween(froms: readonly number[], tos: readonly number[]): Link[] {
  return froms.flatMap((from) => tos.map((to) => ({ from, to })));
}
