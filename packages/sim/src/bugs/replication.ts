/* eslint-disable @typescript-eslint/no-explicit-any -- each bug replaces a part of some module by hand */

import type { KnownBug } from './known-bug.js';
import { cutOff } from './worlds-that-show.js';

/** What is copied, counted, committed and cut. */
export const replicationBugs: readonly KnownBug[] = [
  {
    title: 'logs are compared by their length alone',
    module: 'raft-core/vote',
    change: (original) => ({
      ...original,
      decideVote: (voter: any, candidate: any, preVote: boolean) =>
        original.decideVote({ ...voter, log: { ...voter.log, lastEpoch: 0 } }, { ...candidate, lastEpoch: 0 }, preVote),
    }),
    adjust: cutOff,
    foundBy: /leader-is-complete|below the high watermark|committed-is-never-cut|logs-agree/,
  },
  {
    title: 'a leader commits records of an older epoch by counting copies',
    module: 'raft-core/high-watermark',
    change: (original) => ({
      ...original,
      nextHighWatermark: (input: any) => original.nextHighWatermark({ ...input, epochStartOffset: -1 }),
    }),
    foundBy: /commits-begin-in-own-epoch/,
  },
  {
    title: 'a node counts, and acknowledges, what it has only written',
    module: 'raft-core/replicated-log',
    change: (original) => ({
      ...original,
      ReplicatedLog: class extends original.ReplicatedLog {
        get flushedOffset(): number {
          return this['endOffset'] as number;
        }
        get isFlushed(): boolean {
          return true;
        }
      },
    }),
    foundBy: /flushed-before-acknowledged|majority-holds-committed/,
  },
  {
    title: 'a follower never cuts what its leader does not have',
    module: 'raft-core/fetch',
    change: (original) => ({
      ...original,
      validateFetch: (...args: unknown[]) => {
        const verdict = original.validateFetch(...args);
        return verdict.kind === 'diverging' ? { kind: 'valid' } : verdict;
      },
    }),
    foundBy: /majority-holds-committed|logs-agree|not equal|no active controller|beyond the high watermark|nothing readable|read/,
  },
  {
    title: 'what was sent to a follower counts as what it has',
    module: 'raft-core/replica-progress',
    change: (original) => ({
      ...original,
      recordFetch: (progress: any, fetch: any) => {
        original.recordFetch(progress, fetch);
        progress.endOffset = fetch.leaderEnd;
      },
    }),
    foundBy: /majority-holds-committed/,
  },
  {
    title: 'a truncation forgets no epochs',
    module: 'raft-core/epoch-history',
    change: (original) => ({
      ...original,
      EpochHistory: class extends original.EpochHistory {
        truncate(): void {}
      },
    }),
    foundBy: /does not follow epoch|logs-agree|leader-is-complete|not equal/,
  },
];
