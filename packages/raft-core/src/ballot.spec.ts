import type { Epoch, NodeId, Offset } from '@quorate/records';
import { describe, expect, test } from 'vitest';
import { voterOf } from '../test/fake-host.js';
import { Ballot } from './ballot.js';
import type { VoteRefusal } from './core-event.js';
import { VoterSet } from './voter-set.js';

const ownLog = { lastEpoch: 0 as Epoch, endOffset: 0 as Offset };
const ballot = (voters: number) => new Ballot(new VoterSet(Array.from({ length: voters }, (_, index) => voterOf(index + 1))), { ...voterOf(1), log: ownLog }, 100);
const say = (to: Ballot, id: number, refusal?: VoteRefusal, nowMs = 101) => to.record(id as NodeId, { refusal, log: ownLog }, nowMs);

describe('a tally', () => {
  test('of one voter is won from the start', () => {
    expect(ballot(1).result).toBe('won');
  });

  test('counts no vote of a node that is not one of the voters, nor of another disk of one', () => {
    expect(new Ballot(new VoterSet([voterOf(2)]), { ...voterOf(1), log: ownLog }, 100).result).toBe('open');
    expect(new Ballot(new VoterSet([voterOf(1, 1)]), { ...voterOf(1), log: ownLog }, 100).result).toBe('open');
  });

  test('of two needs both', () => {
    const two = ballot(2);
    expect(two.result).toBe('open');
    say(two, 2);
    expect(two.result).toBe('won');
  });

  test('of three is won with one more, and lost with two refusals', () => {
    const won = ballot(3);
    say(won, 3);
    expect(won.result).toBe('won');

    const lost = ballot(3);
    say(lost, 2, 'log-behind');
    expect(lost.result).toBe('open');
    say(lost, 3, 'unreachable');
    expect(lost.result).toBe('lost');
  });

  test('of four needs three', () => {
    const four = ballot(4);
    say(four, 2);
    expect(four.result).toBe('open');
    say(four, 3, 'hears-leader');
    say(four, 4, 'hears-leader');
    expect(four.result).toBe('lost');
  });
});

test('only the first answer of a voter counts, and whoever is no voter does not', () => {
  const three = ballot(3);
  say(three, 2, 'hears-leader');
  say(three, 2);
  say(three, 9);

  expect(three.result).toBe('open');
  expect(three.entries.map((entry) => entry.voterId)).toEqual([1, 2]);
});

test('says who answered what, how late, and who did not', () => {
  const three = ballot(3);
  say(three, 2, 'log-behind', 107);
  three.close(200);

  expect(three.entries).toEqual([
    { voterId: 1, granted: true, refusal: undefined, lastEpoch: 0, endOffset: 0, afterMs: 0 },
    { voterId: 2, granted: false, refusal: 'log-behind', lastEpoch: 0, endOffset: 0, afterMs: 7 },
    { voterId: 3, granted: false, refusal: 'timed-out', lastEpoch: undefined, endOffset: undefined, afterMs: 100 },
  ]);
});
