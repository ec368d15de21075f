import type { NodeId } from '@quorate/records';
import { describe, expect, test } from 'vitest';
import { directoryOf, voterOf } from '../test/fake-host.js';
import { RaftInvariantError } from './errors.js';
import { NO_VOTERS, VoterSet } from './voter-set.js';
import { votersFromRecord, votersRecord } from './voters-record.js';

const set = (...ids: number[]) => new VoterSet(ids.map((id) => voterOf(id)));

test('a majority is more than half', () => {
  expect([1, 2, 3, 4, 5].map((size) => set(...Array.from({ length: size }, (_, index) => index)).majority)).toEqual([1, 2, 2, 3, 3]);
});

describe('membership', () => {
  test('is of a node together with its disk', () => {
    expect(set(1, 2).has({ id: 2 as NodeId, directoryId: directoryOf(2) })).toBe(true);
    expect(set(1, 2).has({ id: 2 as NodeId, directoryId: directoryOf(2, 1) })).toBe(false);
    expect(set(1, 2).has({ id: 2 as NodeId, directoryId: undefined })).toBe(false);
    expect(set(1, 2).has({ id: undefined, directoryId: undefined })).toBe(false);
  });

  test('alone is only a voter that is the only one', () => {
    expect(set(1).isOnly({ id: 1 as NodeId, directoryId: directoryOf(1) })).toBe(true);
    expect(set(1).isOnly({ id: 1 as NodeId, directoryId: directoryOf(1, 1) })).toBe(false);
    expect(set(1, 2).isOnly({ id: 1 as NodeId, directoryId: directoryOf(1) })).toBe(false);
  });
});

test('holds each id once', () => {
  expect(() => new VoterSet([voterOf(1), voterOf(1, 1)])).toThrow(RaftInvariantError);
});

test('is equal to another when every entry says the same, in any order', () => {
  expect(set(1, 2, 3).equals(set(3, 1, 2))).toBe(true);
  expect(set(1, 2).equals(set(1, 2, 3))).toBe(false);
  expect(set(1, 2).equals(new VoterSet([voterOf(1), voterOf(2, 1)]))).toBe(false);
  expect(set(1, 2).equals(set(1, 2).withEntry({ ...voterOf(2), endpoints: [] }))).toBe(false);
});

test('goes through its record unchanged', () => {
  const record = votersRecord(set(1, 2, 3));

  expect(record.kind).toBe('KRaftVoters');
  if (record.kind === 'KRaftVoters') expect(votersFromRecord(record.value)).toEqual(set(1, 2, 3).voters);
});

test('a set of nobody has no member and no only member', () => {
  expect(NO_VOTERS.size).toBe(0);
  expect(NO_VOTERS.has({ id: 1 as NodeId, directoryId: directoryOf(1) })).toBe(false);
  expect(NO_VOTERS.isOnly({ id: 1 as NodeId, directoryId: directoryOf(1) })).toBe(false);
});

test('counts the replicas that two sets do not share', () => {
  expect(set(1, 2).difference(set(1, 2))).toBe(0);
  expect(set(1, 2).difference(set(1, 2, 3))).toBe(1);
  expect(set(1, 2).difference(set(1))).toBe(1);
  expect(set(1, 2).difference(set(1, 3))).toBe(2);
  expect(set(1, 2).difference(new VoterSet([voterOf(1), voterOf(2, 1)]))).toBe(2);
});
