import type { MetadataRecord } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { replay } from '../../test/records.js';

const level = (name: string, featureLevel: number): MetadataRecord => ({ kind: 'FeatureLevel', version: 0, value: { name, featureLevel } });

describe('a feature level', () => {
  it('is set by the latest record', () => {
    expect(replay([level('metadata.version', 20), level('metadata.version', 21)]).featureLevel('metadata.version')).toBe(21);
  });

  it('is removed by level 0', () => {
    const image = replay([level('group.version', 1), level('group.version', 0)]);

    expect(image.featureLevel('group.version')).toBeUndefined();
    expect(image.features().size).toBe(0);
  });

  it('of kraft.version is ignored: the control record says it', () => {
    expect(replay([level('kraft.version', 1)]).features().size).toBe(0);
  });
});
