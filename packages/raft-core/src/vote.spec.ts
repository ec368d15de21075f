import type { Epoch, NodeId, Offset } from '@quorate/records';
import { describe, expect, test } from 'vitest';
import { directoryOf } from '../test/fake-host.js';
import { compareLogs, decideVote, type LogEnd, type VoterSituation } from './vote.js';

const log = (lastEpoch: number, endOffset: number): LogEnd => ({ lastEpoch: lastEpoch as Epoch, endOffset: endOffset as Offset });
const key = (id: number, disk = 0) => ({ id: id as NodeId, directoryId: directoryOf(id, disk) });
const candidate = (id: number, end = log(3, 10), disk = 0) => ({ ...key(id, disk), ...end });
const voter = (role: VoterSituation['role'], more: Partial<VoterSituation> = {}): VoterSituation => ({
  role, votedKey: undefined, knowsLeader: false, hearsLeader: false, recovering: false, log: log(3, 10), ...more,
});

describe('the vote table', () => {
  const granted = { granted: true };
  const no = (refusal: string) => ({ granted: false, refusal });
  const behind = candidate(2, log(3, 9));
  const rows: [string, VoterSituation, ReturnType<typeof candidate>, object, object][] = [
    // voter, candidate, real vote, pre-vote
    ['unattached, nothing given yet', voter('unattached'), candidate(2), granted, granted],
    ['unattached, candidate behind', voter('unattached'), behind, no('log-behind'), no('log-behind')],
    ['unattached, vote given to the same', voter('unattached', { votedKey: key(2) }), candidate(2), granted, granted],
    ['unattached, vote given to another', voter('unattached', { votedKey: key(3) }), candidate(2), no('already-voted'), granted],
    ['unattached, vote given to the same id on another disk', voter('unattached', { votedKey: key(2, 1) }), candidate(2), no('already-voted'), granted],
    ['unattached, vote stored without a disk', voter('unattached', { votedKey: { id: key(2).id, directoryId: undefined } }), candidate(2), granted, granted],
    ['unattached, leader known', voter('unattached', { knowsLeader: true }), candidate(2), no('knows-leader'), granted],
    ['prospective, nothing given yet', voter('prospective'), candidate(2), granted, granted],
    ['prospective, voted for another', voter('prospective', { votedKey: key(1) }), candidate(2), no('already-voted'), granted],
    ['prospective, leader known', voter('prospective', { knowsLeader: true }), candidate(2), no('knows-leader'), granted],
    ['candidate', voter('candidate', { votedKey: key(1) }), candidate(2), no('is-candidate'), granted],
    ['candidate, other candidate behind', voter('candidate', { votedKey: key(1) }), behind, no('is-candidate'), no('log-behind')],
    ['leader', voter('leader', { knowsLeader: true }), candidate(2), no('is-leader'), no('is-leader')],
    ['follower that hears its leader', voter('follower', { knowsLeader: true, hearsLeader: true }), candidate(2), no('knows-leader'), no('hears-leader')],
    ['follower that does not (any more, or not yet)', voter('follower', { knowsLeader: true }), candidate(2), no('knows-leader'), granted],
    ['follower that does not, candidate behind', voter('follower', { knowsLeader: true }), behind, no('knows-leader'), no('log-behind')],
    ['resigned', voter('resigned', { knowsLeader: true }), candidate(2), no('is-leader'), granted],
    ['resigned, candidate behind', voter('resigned', { knowsLeader: true }), behind, no('is-leader'), no('log-behind')],
    ['one that repairs its log', voter('unattached', { recovering: true }), candidate(2), no('recovering'), no('recovering')],
  ];

  test.each(rows)('%s', (_name, situation, asking, vote, preVote) => {
    expect(decideVote(situation, asking, false)).toEqual(vote);
    expect(decideVote(situation, asking, true)).toEqual(preVote);
  });
});

test('a log is more complete by its last epoch first, and by its length second', () => {
  expect(compareLogs(log(4, 1), log(3, 100))).toBeGreaterThan(0);
  expect(compareLogs(log(3, 11), log(3, 10))).toBeGreaterThan(0);
  expect(compareLogs(log(3, 10), log(3, 10))).toBe(0);
  expect(compareLogs(log(3, 9), log(3, 10))).toBeLessThan(0);
});
