import type { FaultPlan } from '../fault-plan.js';
import type { KnownBug } from './known-bug.js';

/** Disks are replaced and voters removed while nodes come and go. */
const changing = (plan: FaultPlan): FaultPlan => ({
  ...plan,
  voterCount: 3,
  isCalm: false,
  kinds: new Set(['wiped-disk', 'voter-removed', 'crash', 'partition-symmetric']),
  meanBetweenFaultsMs: 250,
  maxFaultMs: 1500,
  faultyMs: 8000,
  thinkMs: 20,
});

/** Who is a voter, and for how long. */
export const voterBugs: readonly KnownBug[] = [
  {
    title: 'a voter is known by its node id alone, whatever disk it has',
    module: 'raft-core/voter-set',
    change: (original) => ({
      ...original,
      VoterSet: class extends original.VoterSet {
        has({ id }: { readonly id: number }): boolean {
          return super['find'](id) !== undefined;
        }
      },
    }),
    adjust: changing,
    foundBy: /majority-holds-committed|leader-is-complete|one-vote|one-leader|cannot|below the high watermark|voter|not equal/,
  },
  {
    title: 'a voter set that is cut off stays in force',
    module: 'raft-core/voter-set-history',
    change: (original) => ({
      ...original,
      VoterSetHistory: class extends original.VoterSetHistory {
        truncate(): void {}
      },
    }),
    adjust: (plan) => ({ ...changing(plan), kinds: new Set(['voter-removed', 'isolate-leaders', 'crash-mid-write']) }),
    foundBy: /one-voter-change-at-a-time|majority-holds-committed|rise|voter|leader-is-complete|not equal/,
  },
];
