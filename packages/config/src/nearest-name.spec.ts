import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.js';

describe('the nearest name', () => {
  it.each([
    ['node.di', 'node.id'],
    ['nod.id', 'node.id'],
    ['NODE.ID', 'node.id'],
    ['listener', 'listeners'],
    ['controller.quorum.voter', 'controller.quorum.voters'],
    ['metadata.log.segment.byte', 'metadata.log.segment.bytes'],
    ['something.else.entirely', undefined],
  ])('to %s is %s', (wanted, nearest) => {
    expect(nearestName(wanted, ['node.id', 'listeners', 'controller.quorum.voters', 'metadata.log.segment.bytes'])).toBe(nearest);
  });
});
