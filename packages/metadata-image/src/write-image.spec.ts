import { RECORD_TYPE, decodeRecord, recordKindOf, type MetadataRecord, type RawRecord } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { position, uuidBytes } from '../test/random-records.js';
import { config, partition, registerBroker, removeTopic, replay, topic } from '../test/records.js';
import { MetadataImage, imageRecords } from './index.js';

const level = (name: string, featureLevel: number): MetadataRecord => ({ kind: 'FeatureLevel', version: 0, value: { name, featureLevel } });
const kinds = (image: MetadataImage): string[] => [...imageRecords(image.hold())].map((raw) => recordKindOf(raw.type)!);
const versionOf = (type: number, records: MetadataRecord[]): number => [...imageRecords(replay(records).hold())].find((raw) => raw.type === type)!.version;

describe('an image as records', () => {
  it('begins with metadata.version, and puts topics before partitions before configs', () => {
    const image = replay([topic('a', 1), partition(1, 0, [1]), topic('b', 2), config(2, 'a', 'k', 'v'), registerBroker(1, 1), level('a', 1), level('metadata.version', 21)]);
    const first = decodeRecord([...imageRecords(image.hold())][0]!);

    expect(kinds(image)).toEqual(['FeatureLevel', 'FeatureLevel', 'RegisterBroker', 'Topic', 'Topic', 'Partition', 'Config']);
    expect(first.value).toEqual({ name: 'metadata.version', featureLevel: 21 });
  });

  it('has nothing of what was removed, and the row that took its place', () => {
    const image = replay([topic('a', 1), partition(1, 0, [1]), topic('b', 2), partition(2, 0, [2]), removeTopic(1), topic('c', 3)]);

    expect(kinds(image)).toEqual(['Topic', 'Topic', 'Partition']);
  });

  it.each([
    [7, 1, 0],
    [16, 1, 0],
    [17, 3, 1],
    [21, 3, 1],
    [30, 4, 1],
  ])('at metadata.version %i writes brokers in version %i and partitions in version %i', (metadataVersion, broker, partitionVersion) => {
    const records = [level('metadata.version', metadataVersion), registerBroker(1, 1), topic('a', 1), partition(1, 0, [1])];

    expect(versionOf(RECORD_TYPE.RegisterBroker, records)).toBe(broker);
    expect(versionOf(RECORD_TYPE.Partition, records)).toBe(partitionVersion);
  });

  it('writes partitions in version 2 while the ELR feature is on', () => {
    const records = [level('metadata.version', 23), level('eligible.leader.replicas.version', 1), topic('a', 1), partition(1, 0, [1])];

    expect(versionOf(RECORD_TYPE.Partition, records)).toBe(2);
  });

  it('raises a version rather than lose what the log said', () => {
    const low = level('metadata.version', 7);
    const withDirectories = [low, topic('a', 1), partition(1, 0, [1], { directories: [uuidBytes(1)] })];
    const withElr = [low, topic('a', 1), partition(1, 0, [1], { lastKnownElr: { ids: [1] } })];

    expect(versionOf(RECORD_TYPE.Partition, withDirectories)).toBe(1);
    expect(versionOf(RECORD_TYPE.Partition, withElr)).toBe(2);
    expect(versionOf(RECORD_TYPE.RegisterBroker, [low, registerBroker(1, 1, { cordonedLogDirs: { ids: [] } })])).toBe(4);
    expect(versionOf(RECORD_TYPE.RegisterBroker, [registerBroker(1, 1, { logDirs: [uuidBytes(1)] })])).toBe(3);
  });

  it('is one record a step, so that a host can stop at any time and release', () => {
    const image = replay([topic('a', 1), ...Array.from({ length: 5000 }, (_, i) => partition(1, i, [i % 9]))]);
    const held = image.hold();
    const records = imageRecords(held);
    const part: RawRecord[] = [];
    for (let i = 0; i < 1000; i++) part.push(records.next().value as RawRecord);
    held.release();
    const before = image.store.topics.bytes;
    replay([partition(1, 5000, [1])], image);

    expect(part).toHaveLength(1000);
    expect(image.store.topics.bytes).toEqual(before);
  });

  it('loads in an image of another history to the same digest', () => {
    const image = replay([topic('a', 1), topic('b', 2), removeTopic(1), partition(2, 0, [1, 2]), topic('c', 3), partition(3, 0, [4])]);
    const loaded = new MetadataImage();
    for (const raw of imageRecords(image.hold())) loaded.applyRaw(raw, position(99));

    expect(loaded.digest()).toEqual(image.digest());
    expect(loaded.appliedOffset).toBe(100);
  });
});
