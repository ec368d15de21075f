/* eslint-disable @typescript-eslint/no-explicit-any -- each bug replaces a part of some module by hand */

import type { KnownBug } from './known-bug.js';
import { calm } from './worlds-that-show.js';

/** Votes and elections. */
export const electionBugs: readonly KnownBug[] = [
  {
    title: 'a vote is sent before it is on disk',
    module: 'raft-node/run-effect',
    change: (original) => ({
      ...original,
      runEffect: (effect: any, host: any) => {
        if (effect.kind !== 'persistElectionState') return original.runEffect(effect, host);
        host.pause()();
        host.elections.persist(effect.state, () => {});
      },
    }),
    foundBy: /vote-persisted-before-sent|still being written/,
  },
  {
    title: 'a replica votes twice in one epoch',
    module: 'raft-core/vote',
    change: (original) => ({
      ...original,
      decideVote: (voter: any, candidate: any, preVote: boolean) => original.decideVote({ ...voter, votedKey: undefined }, candidate, preVote),
    }),
    foundBy: /one-vote-per-epoch|one-leader-per-epoch|vote-persisted-before-sent/,
  },
  {
    title: 'a vote does not look at how complete the log is',
    module: 'raft-core/vote',
    change: (original) => ({
      ...original,
      decideVote: (voter: any, candidate: any, preVote: boolean) =>
        original.decideVote({ ...voter, log: { lastEpoch: 0, endOffset: 0 } }, candidate, preVote),
    }),
    foundBy: /leader-is-complete|below the high watermark|committed-is-never-cut|logs-agree/,
  },
  {
    title: 'a pre-vote is granted against a leader that is heard',
    module: 'raft-core/vote',
    change: (original) => ({
      ...original,
      decideVote: (voter: any, candidate: any, preVote: boolean) =>
        preVote ? { granted: true } : original.decideVote({ ...voter, role: 'unattached', knowsLeader: false }, candidate, preVote),
    }),
    adjust: calm,
    foundBy: /stable-leadership|leader-is-complete|vote-persisted-before-sent|does not vote/,
  },
  {
    title: 'half of the voters count as a majority',
    module: 'raft-core/high-watermark',
    change: (original) => {
      const offsetHeldByMajority = (offsets: readonly (number | undefined)[]): number | undefined =>
        [...offsets].sort((a, b) => (b ?? -1) - (a ?? -1))[Math.max(0, Math.floor(offsets.length / 2) - 1)];
      return {
        ...original,
        offsetHeldByMajority,
        nextHighWatermark: ({ durableOffsets, epochStartOffset, current }: any) => {
          const held = offsetHeldByMajority(durableOffsets);
          return held === undefined || held <= epochStartOffset || held <= (current ?? 0) ? current : held;
        },
      };
    },
    foundBy: /majority-holds-committed/,
  },
  {
    title: 'a vote is not written at all',
    module: 'raft-core/outbox',
    change: (original) => ({
      ...original,
      Outbox: class extends original.Outbox {
        electionStateChanged(): void {}
      },
    }),
    foundBy: /vote-persisted-before-sent|one-leader-per-epoch/,
  },
  {
    title: 'half of the votes win an election',
    module: 'raft-core/voter-set',
    change: (original) => ({
      ...original,
      VoterSet: class extends original.VoterSet {
        get majority(): number {
          return Math.max(1, Math.floor((this as unknown as { size: number }).size / 2));
        }
      },
    }),
    foundBy: /one-leader-per-epoch|leader-is-complete|two leaders|stable-leadership/,
  },
  {
    title: 'a refusal counts as a vote',
    module: 'raft-core/ballot',
    change: (original) => ({
      ...original,
      Ballot: class extends original.Ballot {
        record(voterId: number, answer: any, nowMs: number): void {
          super['record'](voterId, answer.log === undefined ? answer : { ...answer, refusal: undefined }, nowMs);
        }
      },
    }),
    foundBy: /one-leader-per-epoch|leader-is-complete|two leaders|stable-leadership/,
  },
];
