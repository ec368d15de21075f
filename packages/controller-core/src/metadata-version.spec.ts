import { describe, expect, it } from 'vitest';
import { World } from '../test/world.js';
import { NaiveView } from '../test/naive-view.js';
import { featureRules } from './metadata-version.js';

describe('feature rules', () => {
  it.each([
    [7, { RegisterBroker: 1, BrokerRegistrationChange: 1, Partition: 0, PartitionChange: 0 }],
    [16, { RegisterBroker: 2, BrokerRegistrationChange: 1, Partition: 0, PartitionChange: 0 }],
    [17, { RegisterBroker: 3, BrokerRegistrationChange: 2, Partition: 1, PartitionChange: 1 }],
    [21, { RegisterBroker: 3, BrokerRegistrationChange: 2, Partition: 1, PartitionChange: 1 }],
    [30, { RegisterBroker: 4, BrokerRegistrationChange: 3, Partition: 1, PartitionChange: 1 }],
  ])('at metadata.version %i write these record versions', (metadataVersion, versions) => {
    expect(featureRules(new World({ metadataVersion }).view).versions).toEqual(versions);
  });

  it('write ELR fields only with the feature on and the version high enough', () => {
    expect(featureRules(new World({ metadataVersion: 23, elr: true }).view).versions.Partition).toBe(2);
    expect(featureRules(new World({ metadataVersion: 22, elr: true }).view).hasElr).toBe(false);
    expect(featureRules(new World({ metadataVersion: 23 }).view).hasElr).toBe(false);
  });

  it('count a log that says nothing as the lowest version', () => {
    expect(featureRules(new NaiveView()).metadataVersion).toBe(7);
  });
});
