import type { Offset } from '@quorate/records';
import { expect, test } from 'vitest';
import { voterOf } from '../test/fake-host.js';
import { RaftInvariantError } from './errors.js';
import { VoterSetHistory } from './voter-set-history.js';
import { VoterSet } from './voter-set.js';

const voters = (...ids: number[]) => ids.map((id) => voterOf(id));
const at = (offset: number) => offset as Offset;
const idsOf = (history: VoterSetHistory) => history.latest.voters.map((voter) => voter.id);

test('the newest set is in force from the moment it is appended', () => {
  const history = new VoterSetHistory([{ offset: undefined, voters: voters(1) }]);
  history.append(at(2), new VoterSet(voters(1, 2)));

  expect(idsOf(history)).toEqual([1, 2]);
  expect(history.latestOffset).toBe(2);
});

test('a cut brings the set before it back', () => {
  const history = new VoterSetHistory([{ offset: undefined, voters: voters(1) }, { offset: at(2), voters: voters(1, 2) }]);
  history.append(at(9), new VoterSet(voters(1, 2, 3)));

  history.truncate(at(10));
  expect(idsOf(history)).toEqual([1, 2, 3]);
  history.truncate(at(9));
  expect(idsOf(history)).toEqual([1, 2]);
  history.truncate(at(0));
  expect(idsOf(history)).toEqual([1]);
  expect(history.latestOffset).toBeUndefined();
});

test('knows nobody before the first set is read, and again when that is cut off', () => {
  const history = new VoterSetHistory([]);
  expect(idsOf(history)).toEqual([]);

  history.append(at(2), new VoterSet(voters(1, 2)));
  expect(idsOf(history)).toEqual([1, 2]);
  history.truncate(at(2));
  expect(idsOf(history)).toEqual([]);
});

test('tells the set as of any end of the log', () => {
  const history = new VoterSetHistory([{ offset: undefined, voters: voters(1) }, { offset: at(2), voters: voters(1, 2) }, { offset: at(9), voters: voters(1, 2, 3) }]);

  expect([0, 2, 3, 9, 10].map((end) => history.asOf(at(end)).set.size)).toEqual([1, 1, 2, 2, 3]);
  expect(new VoterSetHistory([{ offset: at(4), voters: voters(1) }]).asOf(at(4)).set.size).toBe(0);
});

test('needs offsets that rise', () => {
  const history = new VoterSetHistory([{ offset: at(4), voters: voters(1) }]);
  expect(() => history.append(at(4), new VoterSet(voters(1, 2)))).toThrow(RaftInvariantError);
});
