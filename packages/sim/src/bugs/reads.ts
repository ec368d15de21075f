/* eslint-disable @typescript-eslint/no-explicit-any -- each bug replaces a part of some module by hand */

import type { KnownBug } from './known-bug.js';
import { cutOff } from './worlds-that-show.js';

/** What is read, and from whom. */
export const readBugs: readonly KnownBug[] = [
  {
    title: 'a leader answers reads, refusals and dry runs without asking whether it still leads',
    module: 'raft-core/read-rounds',
    change: (original) => ({
      ...original,
      takeRead: (core: any, token: unknown) => {
        if (core.role.kind !== 'leader' || core.role.highWatermark === undefined) return original.takeRead(core, token);
        core.outbox.emit({ kind: 'readReady', token, index: core.role.highWatermark });
      },
    }),
    adjust: (plan) => ({ ...cutOff(plan), clientCount: 6 }),
    foundBy: /linearizable/,
  },
  {
    title: 'a read that asks for an offset is answered at once',
    module: 'raft-node/waiters',
    change: (original) => ({
      ...original,
      Waiters: class extends original.Waiters {
        wait(offset: number, _deadlineMs: unknown, done: (outcome: string, offset: number) => void): void {
          done('reached', Math.max(0, offset - 1));
        }
      },
    }),
    foundBy: /reads-are-fresh|linearizable/,
  },
];
