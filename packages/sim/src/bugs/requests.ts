/* eslint-disable @typescript-eslint/no-explicit-any -- each bug replaces a part of some module by hand */

import type { KnownBug } from './known-bug.js';

/** What clients are told. */
export const requestBugs: readonly KnownBug[] = [
  {
    title: 'an atomic request is written like any other',
    module: 'controller-node/plan-records',
    change: (original) => ({
      ...original,
      planRecords: (decision: any, name: string, limits: unknown) => original.planRecords({ ...decision, atomic: false }, name, limits),
    }),
    adjust: (plan) => ({ ...plan, voterCount: 3, isCalm: false, kinds: new Set(['crash-mid-write', 'crash']), maxBatchRecords: 4, thinkMs: 20 }),
    foundBy: /atomic-is-whole|request-applied-once/,
  },
  {
    title: 'the window of requests is not rebuilt from the log',
    module: 'controller-node/request-window',
    change: (original) => ({
      ...original,
      RequestWindow: class extends original.RequestWindow {
        observe(): void {}
      },
    }),
    foundBy: /request-applied-once/,
  },
  {
    title: 'an answer is given before what it speaks of is committed',
    module: 'controller-node/pending-replies',
    change: (original) => ({
      ...original,
      PendingReplies: class extends original.PendingReplies {
        takeStable(): unknown {
          return super['takeStable'](Number.MAX_SAFE_INTEGER);
        }
      },
    }),
    foundBy: /replies-are-committed/,
  },
  {
    title: 'a refusal is given before what it was decided from is committed',
    module: 'controller-node/pending-replies',
    change: (original) => ({
      ...original,
      PendingReplies: class extends original.PendingReplies {
        add(reply: any): void {
          super['add'](reply.firstOffset === undefined ? { ...reply, endOffset: reply.endOffset, reply: reply.reply } : reply);
        }
        takeStable(stableOffset: number): unknown {
          return super['takeStable'](stableOffset + 1);
        }
      },
    }),
    foundBy: /replies-are-committed/,
  },
  {
    title: 'repeated requests are not remembered',
    module: 'controller-node/request-window',
    change: (original) => ({
      ...original,
      RequestWindow: class extends original.RequestWindow {
        lookUp(): unknown {
          return { kind: 'new' };
        }
      },
    }),
    foundBy: /request-applied-once/,
  },
];
