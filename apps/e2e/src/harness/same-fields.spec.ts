import { describe, expect, it } from 'vitest';
import { differences } from './same-fields.js';

const documented = {
  topics: [{ name: 'orders', topicId: 'AAAA', partitionCount: 2 }],
  offset: '17',
  votes: [{ voterId: 1, granted: true, endOffset: '0' }, { voterId: 2, granted: false }],
};

describe('comparing an answer with the documented one', () => {
  it('takes other ids, offsets and ballots for the same', () => {
    expect(differences(documented, { ...documented, topics: [{ name: 'orders', topicId: 'BBBB', partitionCount: 2 }], offset: '18', votes: [...documented.votes].reverse() })).toEqual([]);
  });

  it('takes a field that only some runs have for the same', () => {
    expect(differences({ elections: [{ outcome: 'won' }] }, { elections: [{ outcome: 'won', previousLeaderId: 2 }] })).toEqual([]);
    expect(differences({ observers: [{ lastCaughtUpAgeMs: 4 }] }, { observers: [{}] })).toEqual([]);
  });

  it.each([
    ['another value', { ...documented, topics: [{ name: 'payments', topicId: 'AAAA', partitionCount: 2 }] }, '$.topics[0].name: "orders" in the documentation, "payments" here'],
    ['another type', { ...documented, offset: 17 }, '$.offset: string in the documentation, number here'],
    ['a missing field', { ...documented, offset: undefined }, '$.offset: string in the documentation, undefined here'],
    ['a field too many', { ...documented, more: 1 }, '$.more: not in the documentation'],
    ['a missing entry', { ...documented, topics: [] }, '$.topics: 1 entries in the documentation, 0 here'],
    ['a field that no ballot has', { ...documented, votes: [{ voterId: 1, granted: true }] }, '$.votes[].endOffset: only in the documentation'],
  ])('finds %s', (_what, actual, difference) => {
    expect(differences(documented, actual)).toEqual([difference]);
  });
});
