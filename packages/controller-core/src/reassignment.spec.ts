import { describe, expect, it } from 'vitest';
import { nodes } from '../test/world.js';
import { completeReassignment } from './reassignment.js';

const during = (replicas: number[], adding: number[], removing: number[]): Parameters<typeof completeReassignment>[0] => ({
  replicas: nodes(...replicas),
  adding: nodes(...adding),
  removing: nodes(...removing),
});

describe('a reassignment', () => {
  it.each([
    ['is not over when there is none', during([1, 2, 3], [], []), [1, 2, 3], undefined],
    ['that only adds is over when the added are in sync', during([1, 2, 3], [3], []), [1, 3], { replicas: [1, 2, 3], isr: [1, 3] }],
    ['that only adds waits for the added', during([1, 2, 3], [3], []), [1, 2], undefined],
    ['that only removes waits for the whole target', during([1, 2, 3], [], [3]), [1, 3], undefined],
    ['that only removes is over when the target is in sync', during([1, 2, 3], [], [3]), [1, 2, 3], { replicas: [1, 2], isr: [1, 2] }],
    ['that swaps does not wait for a replica that was out of sync before', during([4, 2, 1], [4], [1]), [1, 4], { replicas: [4, 2], isr: [4] }],
    ['that swaps waits for the added', during([4, 2, 1], [4], [1]), [1, 2], undefined],
    ['that shrinks while swapping waits for the whole target', during([4, 2, 1, 3], [4], [1, 3]), [4, 1], undefined],
    ['is not over while only leaving replicas are in sync', during([1, 2], [], [1]), [1], undefined],
  ])('%s', (_title, reassigning, isr, expected) => {
    expect(completeReassignment(reassigning, nodes(...isr))).toEqual(expected);
  });
});
