/* eslint-disable @typescript-eslint/no-explicit-any -- each bug replaces a part of some module by hand */

import type { KnownBug } from './known-bug.js';
import { cutOff, failingDisks } from './worlds-that-show.js';

/** What is on disk, and what a restart makes of it. */
export const storageBugs: readonly KnownBug[] = [
  {
    title: 'a truncation does not lower the flushed marker first',
    module: 'metadata-log/truncation',
    change: (original) => ({
      ...original,
      cutSegments: (fs: any, cut: any, done: any) => original.cutSegments(fs, { ...cut, marker: { ...cut.marker, endOffset: cut.segments.at(-1).marker.endOffset, checksum: cut.segments.at(-1).marker.checksum } }, done),
    }),
    adjust: (plan) => ({ ...cutOff(plan), kinds: new Set(['isolate-leaders', 'crash']) }),
    foundBy: /cannot start/,
  },
  {
    title: 'fdatasync is left out',
    module: 'sim/disk',
    change: (original) => ({ ...original, SimDisk: diskWithout(original.SimDisk, 'sync') }),
    // Votes are forgotten as well as batches: which of the two shows first is chance.
    foundBy: /recovered-what-was-flushed|cannot start|epochs-never-fall/,
  },
  {
    title: 'the directory is not synced after a file was made',
    module: 'sim/disk',
    change: (original) => ({ ...original, SimDisk: diskWithout(original.SimDisk, 'syncDirectory') }),
    foundBy: /recovered-what-was-flushed|cannot start/,
  },
  {
    title: 'what recovery finds readable counts as durable',
    module: 'metadata-log/recovery-repair',
    change: (original) => ({
      ...original,
      makeDurable: (fs: any, plan: any, done: any) => original.makeDurable(fs, { ...plan, unproved: undefined }, done),
    }),
    adjust: failingDisks,
    foundBy: /recovered-what-was-flushed|cannot start/,
  },
  {
    title: 'the election state is reported durable before it is written',
    module: 'metadata-log/election-file',
    change: (original) => ({
      ...original,
      DiskElectionStore: class extends original.DiskElectionStore {
        persist(_state: unknown, done: () => void): void {
          done();
        }
      },
    }),
    foundBy: /epochs-never-fall|one-vote-per-epoch|one-leader-per-epoch/,
  },
];

/** A disk whose syncs take their time and do nothing. */
function diskWithout(SimDisk: any, operation: 'sync' | 'syncDirectory'): unknown {
  return class extends SimDisk {
    get files(): any {
      const real = super['files'];
      const idle = (_path: unknown, done: (error: undefined) => void): void => done(undefined);
      return new Proxy(real, {
        get: (target, name) => {
          if (operation === 'syncDirectory' && name === 'syncDirectory' && !this['isFormatting']) return idle;
          if (operation === 'sync' && name === 'open' && !this['isFormatting']) return (path: string, options: unknown) => ({ ...target.open(path, options), sync: (done: (error: undefined) => void) => done(undefined) });
          const value = target[name];
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    }
  };
}
