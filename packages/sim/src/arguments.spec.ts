import { describe, expect, it } from 'vitest';
import { parseArguments } from './arguments.js';

describe('parseArguments', () => {
  it('reads a replay, of the whole world or of a smaller one', () => {
    expect(parseArguments(['--seed', '12'], 2)).toMatchObject({ kind: 'replay', seed: 12 });
    expect(parseArguments(['--seed', '12', '--faults', 'loss,crash', '--clients', '1', '--faulty-ms', '400'], 2)).toMatchObject({
      kind: 'replay',
      limits: { faults: ['loss', 'crash'], clients: 1, faultyMs: 400 },
    });
    expect(parseArguments(['--seed', '12', '--faults', 'none'], 2)).toMatchObject({ limits: { faults: [] } });
  });

  it('reads a campaign; it takes no more processes than there are cores', () => {
    expect(parseArguments(['--seeds', '50', '--from', '9', '--jobs', '2', '--budget', '60'], 8)).toMatchObject({ kind: 'campaign', seeds: 50, from: 9, jobs: 2, budgetSeconds: 60, state: undefined });
    expect(parseArguments(['--seeds', '50', '--jobs', '20'], 8)).toMatchObject({ jobs: 8 });
    expect(parseArguments(['--short'], 2)).toMatchObject({ kind: 'campaign', seeds: 100 });
  });

  it('keeps the state of a long campaign without being asked', () => {
    expect(parseArguments(['--seeds', '200000'], 2)).toMatchObject({ state: '.quorate/sim-campaign' });
    expect(parseArguments(['--seeds', '50', '--state', 'there'], 2)).toMatchObject({ state: 'there' });
  });

  it('reads what known bugs are to be tried', () => {
    expect(parseArguments(['--bugs'], 2)).toMatchObject({ kind: 'bugs', seeds: 2000, only: undefined });
    expect(parseArguments(['--bugs', '--only', 'vote'], 2)).toMatchObject({ kind: 'bugs', only: 'vote' });
  });

  it('says what is wrong', () => {
    expect(parseArguments([], 2)).toContain('Which seeds');
    expect(parseArguments(['--seed', 'x'], 2)).toContain('takes a number');
    expect(parseArguments(['--fast'], 2)).toContain('--fast');
    expect(parseArguments(['--seed', '1', '--faults', 'floods'], 2)).toContain('no fault floods');
    expect(parseArguments(['--seeds', '9', '--clients', '1'], 2)).toContain('goes with --seed');
  });
});
