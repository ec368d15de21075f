import { isReservedUuid, uuidToBytes } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../test/world.js';
import { freshUuid, randomUuid } from './random-uuid.js';

describe('a random UUID', () => {
  it('is of version 4, not reserved, and never begins like an option', () => {
    const random = seededRandom(3);
    for (let i = 0; i < 5_000; i++) {
      const uuid = randomUuid(random);
      const bytes = uuidToBytes(uuid);
      expect(bytes[6]! >> 4).toBe(4);
      expect(bytes[8]! >> 6).toBe(2);
      expect(uuid.startsWith('-')).toBe(false);
      expect(isReservedUuid(uuid)).toBe(false);
    }
  });

  it('does not begin like an option whatever the random source gives', () => {
    for (let byte = 0; byte < 256; byte++) expect(randomUuid(() => byte / 256).startsWith('-')).toBe(false);
  });

  it('avoids those that are taken', () => {
    const first = randomUuid(seededRandom(9));

    expect(freshUuid(seededRandom(9), (uuid) => uuid === first)).not.toBe(first);
  });

  it('gives up on a random source that repeats itself', () => {
    expect(() => freshUuid(() => 0.5, () => true)).toThrow('repeats itself');
  });
});
