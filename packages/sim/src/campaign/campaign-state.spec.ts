import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CampaignState, mergeRanges } from './campaign-state.js';

const identity = { commit: 'abc', from: 1, seeds: 100 };
const failure = { seed: 7, kind: 'safety', message: 'logs-agree: no', command: 'npm run sim -- --seed 7' } as const;

describe('CampaignState', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'sim-campaign-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('cuts what is left into pieces', () => {
    const state = CampaignState.open(identity, undefined);
    state.finished({ from: 31, to: 61 });

    expect(state.remaining(30)).toEqual([
      { from: 1, to: 31 },
      { from: 61, to: 91 },
      { from: 91, to: 101 },
    ]);
  });

  it('goes on where the same campaign was left', () => {
    const before = CampaignState.open(identity, folder);
    before.finished({ from: 1, to: 41 });
    before.summary.worlds = 40;
    before.keepFailure(failure, 'the account');
    before.save();

    const after = CampaignState.open(identity, folder);

    expect(after.remaining(1000)).toEqual([{ from: 41, to: 101 }]);
    expect(after.summary).toMatchObject({ worlds: 40, failures: [failure] });
    expect(readFileSync(path.join(folder, 'failures', 'seed-7.txt'), 'utf8')).toBe('the account');
  });

  it('begins anew when the commit or the seeds are others, and keeps what failed', () => {
    const before = CampaignState.open(identity, folder);
    before.finished({ from: 1, to: 41 });
    before.keepFailure(failure, 'the account');
    before.save();

    for (const other of [{ ...identity, commit: 'abd' }, { ...identity, seeds: 200 }, { ...identity, from: 2 }]) {
      expect(CampaignState.open(other, folder).summary.worlds).toBe(0);
      expect(CampaignState.open(other, folder).remaining(1000)).toHaveLength(1);
    }
    expect(existsSync(path.join(folder, 'failures', 'seed-7.txt'))).toBe(true);
  });
});

describe('mergeRanges', () => {
  it('joins what touches or overlaps', () => {
    expect(mergeRanges([{ from: 5, to: 9 }, { from: 1, to: 3 }, { from: 3, to: 5 }, { from: 20, to: 21 }, { from: 4, to: 6 }])).toEqual([
      { from: 1, to: 9 },
      { from: 20, to: 21 },
    ]);
  });
});
