import type { FeedSettings } from './feed.js';
import type { NetworkSettings } from './network.js';
import type { Random } from './random.js';

/** The kinds of fault that a seed may switch on. */
export const FAULT_KINDS = [
  'loss',
  'duplication',
  'reordering',
  'latency',
  'clogged-links',
  'one-way-loss',
  'partition-symmetric',
  'partition-one-way',
  'partition-bridge',
  'isolate-leaders',
  'crash',
  'crash-all',
  'crash-mid-write',
  'torn-writes-512',
  'torn-writes-4096',
  'graceful-stop',
  'rolling-restart',
  'transfer',
  'pause',
  'suspend',
  'clock-rate',
  'wall-clock-jump',
  'slow-disk',
  'fsync-error',
  'read-error',
  'disk-full',
  'bit-rot',
  'lost-write',
  'misdirected-write',
  'wiped-disk',
  'old-disk-image',
  'foreign-disk',
  'oversize-batch',
  'voter-removed',
  'silent-broker',
  'feed-loss',
  'feed-reordering',
  'cache-restart',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** Faults that give no node a reason to doubt a leader. */
const HARMLESS: ReadonlySet<FaultKind> = new Set(['duplication', 'clock-rate', 'wall-clock-jump', 'oversize-batch', 'torn-writes-512', 'torn-writes-4096', 'silent-broker', 'feed-loss', 'feed-reordering', 'cache-restart']);

/** When nodes make snapshots, how much they keep, and how they hand them on. */
export interface SnapshotPlan {
  /** Undefined: none are made. */
  readonly maxRecords: number | undefined;
  readonly retentionBytes: number | undefined;
  readonly cleaningIntervalMs: number;
  /** Of one FetchSnapshot. */
  readonly fetchMaxBytes: number;
}

/** Everything about one world that its seed decides at the beginning. */
export interface FaultPlan {
  readonly voterCount: number;
  readonly brokerCount: number;
  readonly clientCount: number;
  readonly cacheCount: number;
  readonly feed: FeedSettings;
  readonly kinds: ReadonlySet<FaultKind>;
  /** Of those, the ones that are drawn and not carried out: a shrunk world leaves faults out without moving the others. */
  readonly muted: ReadonlySet<FaultKind>;
  /** Nothing in this world disturbs a leader. */
  readonly isCalm: boolean;
  readonly network: NetworkSettings;
  /** Mean time between two faults, in milliseconds. */
  readonly meanBetweenFaultsMs: number;
  /** How long a fault lasts at most: partition, pause, time down. */
  readonly maxFaultMs: number;
  /** How long faults happen. */
  readonly faultyMs: number;
  /** Usual time of an fdatasync. */
  readonly syncMs: number;
  /** Limits of a batch; small ones make metadata transactions of ordinary requests. */
  readonly maxBatchRecords: number;
  readonly maxBatchBytes: number;
  readonly segmentBytes: number;
  readonly snapshots: SnapshotPlan;
  /** What a crash in the middle of a write leaves whole: sectors, pages, or everything that was written at a time. */
  readonly tearBytes: number;
  /** Mean time a client waits between two operations. */
  readonly thinkMs: number;
}

/**
 * Swarm testing: each seed switches a random part of the faults off, since a fault that always happens hides the bugs that
 * need it not to.
 */
export function planFaults(random: Random): FaultPlan {
  const isCalm = random.chance(0.06);
  const kinds = new Set(FAULT_KINDS.filter((kind) => random.chance(0.4) && (!isCalm || HARMLESS.has(kind))));
  const has = (kind: FaultKind): boolean => kinds.has(kind);
  const slow = has('latency');
  return {
    voterCount: random.pick([1, 3, 3, 3, 3, 5, 5]),
    brokerCount: random.pick([1, 3, 3]),
    clientCount: 1 + random.below(3),
    cacheCount: random.pick([0, 1, 2]),
    feed: {
      isThere: random.chance(0.7),
      lossProbability: has('feed-loss') ? random.pick([0.01, 0.3]) : 0,
      duplicateProbability: has('feed-reordering') ? 0.1 : 0,
      maxDelayMs: has('feed-reordering') ? 50 : 1,
    },
    kinds,
    muted: new Set(),
    isCalm: [...kinds].every((kind) => HARMLESS.has(kind)),
    network: {
      minDelayMs: slow ? 2 : 0.2,
      maxDelayMs: slow ? random.pick([10, 30, 80]) : 1,
      lossProbability: has('loss') ? random.pick([0.001, 0.01, 0.1]) : 0,
      duplicateProbability: has('duplication') ? random.pick([0.01, 0.1]) : 0,
      reorderProbability: has('reordering') ? random.pick([0.02, 0.2]) : 0,
      reorderDelayMs: random.pick([5, 50, 500]),
    },
    meanBetweenFaultsMs: random.pick([200, 600, 2000]),
    maxFaultMs: random.pick([300, 1500, 5000]),
    faultyMs: random.pick([4000, 8000]),
    syncMs: has('slow-disk') ? random.pick([5, 40]) : 0.3,
    maxBatchRecords: random.pick([4, 20, 10_000]),
    maxBatchBytes: has('oversize-batch') ? 2_000 : random.pick([2_000, 768 * 1024]),
    segmentBytes: random.pick([4_000, 64_000, 8 * 1024 * 1024]),
    snapshots: {
      maxRecords: random.pick([undefined, 5, 40, 200]),
      retentionBytes: random.pick([undefined, 1, 20_000]),
      cleaningIntervalMs: random.pick([50, 500]),
      fetchMaxBytes: random.pick([200, 4000, 1024 * 1024]),
    },
    tearBytes: has('torn-writes-512') ? 512 : has('torn-writes-4096') ? 4096 : Number.POSITIVE_INFINITY,
    thinkMs: random.pick([20, 80, 200]),
  };
}
