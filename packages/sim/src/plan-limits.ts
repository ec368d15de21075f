import { FAULT_KINDS } from './fault-plan.js';
import type { FaultKind, FaultPlan } from './fault-plan.js';

/** A world made smaller than its seed planned it; what is left out stays as planned. */
export interface PlanLimits {
  /** Only these kinds of fault are carried out. The others are drawn all the same, so that these come when they came before. */
  readonly faults?: readonly FaultKind[] | undefined;
  readonly faultyMs?: number | undefined;
  readonly clients?: number | undefined;
  readonly caches?: number | undefined;
  readonly brokers?: number | undefined;
  readonly voters?: number | undefined;
}

/** The numbers among the limits, as the command line names them. */
export const LIMIT_FLAGS = { faultyMs: '--faulty-ms', clients: '--clients', caches: '--caches', brokers: '--brokers', voters: '--voters' } as const;

export type NumericLimit = keyof typeof LIMIT_FLAGS;

/** The plan of a smaller world. Nothing is added to it, no check either. */
export function limitPlan(plan: FaultPlan, limits: PlanLimits): FaultPlan {
  const { network, feed } = plan;
  const muted = new Set([...plan.muted, ...(limits.faults === undefined ? [] : FAULT_KINDS.filter((kind) => !limits.faults!.includes(kind)))]);
  const probability = (kind: FaultKind, planned: number): number => (muted.has(kind) ? 0 : planned);
  return {
    ...plan,
    muted,
    faultyMs: Math.min(plan.faultyMs, limits.faultyMs ?? plan.faultyMs),
    clientCount: Math.min(plan.clientCount, limits.clients ?? plan.clientCount),
    cacheCount: Math.min(plan.cacheCount, limits.caches ?? plan.cacheCount),
    brokerCount: Math.min(plan.brokerCount, limits.brokers ?? plan.brokerCount),
    voterCount: Math.min(plan.voterCount, limits.voters ?? plan.voterCount),
    network: {
      ...network,
      ...(muted.has('latency') ? { minDelayMs: 0.2, maxDelayMs: 1 } : {}),
      lossProbability: probability('loss', network.lossProbability),
      duplicateProbability: probability('duplication', network.duplicateProbability),
      reorderProbability: probability('reordering', network.reorderProbability),
    },
    feed: {
      ...feed,
      lossProbability: probability('feed-loss', feed.lossProbability),
      duplicateProbability: probability('feed-reordering', feed.duplicateProbability),
      maxDelayMs: muted.has('feed-reordering') ? 1 : feed.maxDelayMs,
    },
    tearBytes: muted.has(plan.tearBytes === 512 ? 'torn-writes-512' : 'torn-writes-4096') ? Number.POSITIVE_INFINITY : plan.tearBytes,
    syncMs: muted.has('slow-disk') ? 0.3 : plan.syncMs,
  };
}

/** The one command that replays this world. */
export function commandFor(seed: number, limits: PlanLimits = {}): string {
  const numbers = Object.entries(LIMIT_FLAGS).flatMap(([name, flag]) => {
    const value = limits[name as NumericLimit];
    return value === undefined ? [] : [`${flag} ${value}`];
  });
  const faults = limits.faults === undefined ? [] : [`--faults ${limits.faults.join(',') || 'none'}`];
  return ['npm run sim --', `--seed ${seed}`, ...faults, ...numbers].join(' ');
}
