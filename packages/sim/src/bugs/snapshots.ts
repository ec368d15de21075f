/* eslint-disable @typescript-eslint/no-explicit-any -- each bug replaces a part of some module by hand */

import type { FaultPlan } from '../fault-plan.js';
import type { KnownBug } from './known-bug.js';

/** Snapshots all the time, nothing before them kept, and nodes that fall behind. */
const snapshotting = (plan: FaultPlan): FaultPlan => ({
  ...plan,
  voterCount: 3,
  isCalm: false,
  kinds: new Set(['crash', 'partition-symmetric', 'cache-restart']),
  meanBetweenFaultsMs: 300,
  thinkMs: 20,
  cacheCount: 2,
  snapshots: { maxRecords: 5, retentionBytes: 1, cleaningIntervalMs: 50, fetchMaxBytes: 4000 },
});

/** Snapshots that are made, loaded, fetched, installed, and what they let go. */
export const snapshotBugs: readonly KnownBug[] = [
  {
    title: 'a snapshot ends in the middle of a batch (KAFKA-14618)',
    module: 'raft-node/make-snapshot',
    change: (original) => ({
      ...original,
      SnapshotMaker: class extends original.SnapshotMaker {
        create(at: any): unknown {
          return super['create']({ ...at, endOffset: at.endOffset - 1 });
        }
      },
    }),
    adjust: snapshotting,
    foundBy: /snapshot-at-log-start|cannot start|read/,
  },
  {
    title: 'a snapshot forgets which requests were carried out',
    module: 'controller-node/request-window',
    change: (original) => ({
      ...original,
      RequestWindow: class extends original.RequestWindow {
        load(): void {}
      },
    }),
    adjust: (plan) => ({ ...snapshotting(plan), kinds: new Set(['crash', 'loss', 'isolate-leaders']), network: { ...plan.network, lossProbability: 0.1 } }),
    foundBy: /request-applied-once/,
  },
  {
    title: 'a snapshot is loaded without its last records',
    module: 'metadata-image/image-load',
    change: (original) => ({
      ...original,
      ImageLoad: class extends original.ImageLoad {
        constructor(from: any) {
          super({ ...from, digest: undefined });
        }
        add(batch: any): void {
          if (batch.recordCount < 9) super['add'](batch);
        }
      },
    }),
    adjust: snapshotting,
    foundBy: /equal-offset-equal-digest|snapshot-equals-replay|replay-equals-image|opic|roker/,
  },
  {
    title: 'the log is deleted up to an offset at which no snapshot ends',
    module: 'raft-node/retention',
    change: (original) => ({
      ...original,
      nextCleaningStep: (kept: any, ...rest: unknown[]) => {
        const step = original.nextCleaningStep(kept, ...rest);
        return step === undefined ? undefined : { ...step, startOffset: step.startOffset - 1 };
      },
    }),
    adjust: snapshotting,
    foundBy: /snapshot-at-log-start|no snapshot ends at|cannot begin at/,
  },
  {
    title: 'the newest snapshot goes with the oldest',
    module: 'metadata-log/snapshot-store',
    change: (original) => ({
      ...original,
      DiskSnapshotStore: class extends original.DiskSnapshotStore {
        deleteSnapshotsBefore(startOffset: number): void {
          super['deleteSnapshotsBefore'](startOffset + 1);
        }
      },
    }),
    adjust: snapshotting,
    foundBy: /snapshot-at-log-start|cannot start|no snapshot/,
  },
  {
    title: 'a follower below the log start is sent the log all the same',
    module: 'raft-core/fetch',
    change: (original) => ({
      ...original,
      validateFetch: (...args: unknown[]) => {
        const verdict = original.validateFetch(...args);
        return verdict.kind === 'snapshot' ? { kind: 'valid' } : verdict;
      },
    }),
    adjust: snapshotting,
    foundBy: /majority-holds-committed|not equal|no active controller|nothing|read|below|committed-is-never-cut|delivered-in-order|begins at/,
  },
  {
    title: 'a snapshot that was fetched takes the place of the log before it is whole',
    module: 'metadata-log/received-snapshot',
    change: (original) => ({
      ...original,
      ReceivedSnapshot: class extends original.ReceivedSnapshot {
        freeze(done: (error?: unknown) => void): void {
          done(undefined);
        }
      },
    }),
    adjust: snapshotting,
    foundBy: /cannot start|snapshot-at-log-start|is gone|cannot open|no such file/,
  },
  {
    title: 'a follower is told to cut its log to nothing where it diverges',
    module: 'raft-core/fetch',
    change: (original) => ({
      ...original,
      truncationPoint: () => 0,
    }),
    adjust: (plan) => ({ ...plan, voterCount: 3, isCalm: false, kinds: new Set(['isolate-leaders']), meanBetweenFaultsMs: 500, maxFaultMs: 1000, faultyMs: 8000, clientCount: 3, thinkMs: 10 }),
    foundBy: /committed-is-never-cut|below the high watermark/,
  },
];
