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

test('needs a first set, and offsets that rise', () => {
  expect(() => new VoterSetHistory([])).toThrow(RaftInvariantError);
  const history = new VoterSetHistory([{ offset: at(4), voters: voters(1) }]);
  expect(() => history.append(at(4), new VoterSet(voters(1, 2)))).toThrow(RaftInvariantError);
});
