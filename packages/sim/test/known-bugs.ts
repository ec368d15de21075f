/* eslint-disable @typescript-eslint/no-explicit-any -- each bug replaces a part of some module by hand */

import type { FaultPlan } from '../src/fault-plan.js';

/** One bug, known from the literature or from our own past, as a change of one module's exports. */
export interface KnownBug {
  readonly title: string;
  /** The module, as seen from this folder. */
  readonly file: string;
  readonly change: (original: any) => Record<string, unknown>;
  /** Faults that bring it out, where the usual mixture would need many worlds. */
  readonly adjust?: (plan: FaultPlan) => FaultPlan;
  /** What the simulator's finding says: the check, or the assertion of the code itself that fell over it. */
  readonly foundBy: RegExp;
}

/** Leaders are cut off in the middle of their work, again and again. */
const cutOff = (plan: FaultPlan): FaultPlan => ({
  ...plan,
  voterCount: 3,
  isCalm: false,
  kinds: new Set(['isolate-leaders']),
  meanBetweenFaultsMs: 500,
  maxFaultMs: 1000,
  faultyMs: 8000,
  clientCount: 3,
  thinkMs: 10,
});

/** Nothing disturbs anybody; only some nodes start later than others. */
const calm = (plan: FaultPlan): FaultPlan => ({ ...plan, voterCount: 5, kinds: new Set(), isCalm: true });

/** Processes die again and again, often because a sync failed. */
const failingDisks = (plan: FaultPlan): FaultPlan => ({
  ...plan,
  isCalm: false,
  kinds: new Set(['crash', 'fsync-error']),
  meanBetweenFaultsMs: 200,
  thinkMs: 20,
});

/** Many ask for the same few things at once. */
const crowded = (plan: FaultPlan): FaultPlan => ({ ...plan, clientCount: 6, thinkMs: 5, syncMs: 5 });

const raftCore = (name: string): string => `../../raft-core/src/${name}.ts`;
const raftNode = (name: string): string => `../../raft-node/src/${name}.ts`;
const controllerNode = (name: string): string => `../../controller-node/src/${name}.ts`;
const metadataLog = (name: string): string => `../../metadata-log/src/${name}.ts`;
const metadataImage = (name: string): string => `../../metadata-image/src/${name}.ts`;

export const bugs: readonly KnownBug[] = [
  {
    title: 'a vote is sent before it is on disk',
    file: raftNode('run-effect'),
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
    file: raftCore('vote'),
    change: (original) => ({
      ...original,
      decideVote: (voter: any, candidate: any, preVote: boolean) => original.decideVote({ ...voter, votedKey: undefined }, candidate, preVote),
    }),
    foundBy: /one-vote-per-epoch|one-leader-per-epoch|vote-persisted-before-sent/,
  },
  {
    title: 'a vote does not look at how complete the log is',
    file: raftCore('vote'),
    change: (original) => ({
      ...original,
      decideVote: (voter: any, candidate: any, preVote: boolean) =>
        original.decideVote({ ...voter, log: { lastEpoch: 0, endOffset: 0 } }, candidate, preVote),
    }),
    foundBy: /leader-is-complete|below the high watermark|committed-is-never-cut|logs-agree/,
  },
  {
    title: 'a pre-vote is granted against a leader that is heard',
    file: raftCore('vote'),
    change: (original) => ({
      ...original,
      decideVote: (voter: any, candidate: any, preVote: boolean) =>
        preVote ? { granted: true } : original.decideVote({ ...voter, role: 'unattached', knowsLeader: false }, candidate, preVote),
    }),
    adjust: calm,
    foundBy: /stable-leadership|leader-is-complete|vote-persisted-before-sent|does not vote/,
  },
  {
    title: 'logs are compared by their length alone',
    file: raftCore('vote'),
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
    file: raftCore('high-watermark'),
    change: (original) => ({
      ...original,
      nextHighWatermark: (input: any) => original.nextHighWatermark({ ...input, epochStartOffset: -1 }),
    }),
    foundBy: /commits-begin-in-own-epoch/,
  },
  {
    title: 'half of the voters count as a majority',
    file: raftCore('high-watermark'),
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
    title: 'a node counts, and acknowledges, what it has only written',
    file: raftCore('replicated-log'),
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
    file: raftCore('fetch'),
    change: (original) => ({
      ...original,
      validateFetch: (...args: unknown[]) => {
        const verdict = original.validateFetch(...args);
        return verdict.kind === 'diverging' ? { kind: 'valid' } : verdict;
      },
    }),
    foundBy: /majority-holds-committed|logs-agree|not equal|beyond the high watermark|nothing readable|read/,
  },
  {
    title: 'a vote is not written at all',
    file: raftCore('outbox'),
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
    file: raftCore('voter-set'),
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
    file: raftCore('ballot'),
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
  {
    title: 'what was sent to a follower counts as what it has',
    file: raftCore('replica-progress'),
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
    file: raftCore('epoch-history'),
    change: (original) => ({
      ...original,
      EpochHistory: class extends original.EpochHistory {
        truncate(): void {}
      },
    }),
    foundBy: /does not follow epoch|logs-agree|leader-is-complete|not equal/,
  },
  {
    title: 'a reader is sent what is not committed',
    file: raftNode('fetch-replies'),
    change: (original) => ({
      ...original,
      FetchReplies: class extends original.FetchReplies {
        reply(effect: any): void {
          super['reply']({ ...effect, upTo: Number.MAX_SAFE_INTEGER });
        }
      },
    }),
    adjust: (plan) => ({ ...plan, cacheCount: 2 }),
    foundBy: /caches-are-prefixes/,
  },
  {
    title: 'a cache takes whatever the feed brings next',
    file: '../../metadata-follower/src/feed-position.ts',
    change: (original) => ({
      ...original,
      AppliedTail: class extends original.AppliedTail {
        place(batch: any): string {
          const placed = super['place'](batch) as string;
          return placed === 'gap' ? 'continues' : placed;
        }
      },
    }),
    adjust: (plan) => ({ ...plan, cacheCount: 2, feed: { isThere: true, lossProbability: 0.1, duplicateProbability: 0.1, maxDelayMs: 20 } }),
    foundBy: /caches-are-prefixes|does not continue/,
  },
  {
    title: 'a truncation does not lower the flushed marker first',
    file: metadataLog('truncation'),
    change: (original) => ({
      ...original,
      cutSegments: (fs: any, cut: any, done: any) => original.cutSegments(fs, { ...cut, marker: { ...cut.marker, endOffset: cut.segments.at(-1).marker.endOffset, checksum: cut.segments.at(-1).marker.checksum } }, done),
    }),
    adjust: (plan) => ({ ...cutOff(plan), kinds: new Set(['isolate-leaders', 'crash']) }),
    foundBy: /cannot start/,
  },
  {
    title: 'an atomic request is written like any other',
    file: controllerNode('plan-records'),
    change: (original) => ({
      ...original,
      planRecords: (decision: any, name: string, limits: unknown) => original.planRecords({ ...decision, atomic: false }, name, limits),
    }),
    adjust: (plan) => ({ ...plan, voterCount: 3, isCalm: false, kinds: new Set(['crash-mid-write', 'crash']), maxBatchRecords: 4, thinkMs: 20 }),
    foundBy: /atomic-is-whole|request-applied-once/,
  },
  {
    title: 'the window of requests is not rebuilt from the log',
    file: controllerNode('request-window'),
    change: (original) => ({
      ...original,
      RequestWindow: class extends original.RequestWindow {
        observe(): void {}
      },
    }),
    foundBy: /request-applied-once/,
  },
  {
    title: 'fdatasync is left out',
    file: '../src/disk.ts',
    change: (original) => ({ ...original, SimDisk: diskWithout(original.SimDisk, 'sync') }),
    foundBy: /recovered-what-was-flushed|cannot start/,
  },
  {
    title: 'the directory is not synced after a file was made',
    file: '../src/disk.ts',
    change: (original) => ({ ...original, SimDisk: diskWithout(original.SimDisk, 'syncDirectory') }),
    foundBy: /recovered-what-was-flushed|cannot start/,
  },
  {
    title: 'what recovery finds readable counts as durable',
    file: metadataLog('recovery-repair'),
    change: (original) => ({
      ...original,
      makeDurable: (fs: any, plan: any, done: any) => original.makeDurable(fs, { ...plan, unproved: undefined }, done),
    }),
    adjust: failingDisks,
    foundBy: /recovered-what-was-flushed|cannot start/,
  },
  {
    title: 'the election state is reported durable before it is written',
    file: metadataLog('election-file'),
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
  {
    title: 'an answer is given before what it speaks of is committed',
    file: controllerNode('pending-replies'),
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
    file: controllerNode('pending-replies'),
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
    file: controllerNode('request-window'),
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
  {
    title: 'the committed image is not told of aborted transactions',
    file: metadataImage('batch-fold'),
    change: (original) => ({
      ...original,
      BatchFold: class extends original.BatchFold {
        get transactionOpen(): boolean {
          return false;
        }
      },
    }),
    foundBy: /transaction/i,
  },
  {
    title: 'a batch is delivered to the state machine twice',
    file: raftNode('deliver-committed'),
    change: (original) => ({
      ...original,
      CommittedDelivery: class extends original.CommittedDelivery {
        constructor(options: any) {
          const { listener } = options;
          let times = 0;
          const twice = { ...bound(listener), committed: (batches: unknown, highWatermark: unknown) => {
            listener.committed(batches, highWatermark);
            if (times++ === 20) listener.committed(batches, highWatermark);
          } };
          super({ ...options, listener: twice });
        }
      },
    }),
    foundBy: /delivered-in-order/,
  },
  {
    title: 'leadership is claimed before everything committed was delivered',
    file: raftNode('deliver-committed'),
    change: (original) => ({
      ...original,
      CommittedDelivery: class extends original.CommittedDelivery {
        readonly #listener: any;
        constructor(options: any) {
          super(options);
          this.#listener = options.listener;
        }
        leadershipReady({ epoch, epochStartOffset }: any): void {
          this.#listener.claim(epoch, epochStartOffset);
        }
      },
    }),
    foundBy: /delivered-in-order/,
  },
  {
    title: 'an uncommitted overlay outlives the records it was made from',
    file: metadataImage('overlay'),
    change: (original) => ({
      ...original,
      Overlay: class extends original.Overlay {
        foldTo(): void {
          super['dropAll']();
        }
      },
    }),
    adjust: crowded,
    foundBy: /Topic|topic|Partition|broker/,
  },
];

function bound(listener: any): Record<string, unknown> {
  return {
    claim: listener.claim.bind(listener),
    renounce: listener.renounce.bind(listener),
    flushed: listener.flushed.bind(listener),
  };
}

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
