import type { FaultPlan } from '../fault-plan.js';

/** Leaders are cut off in the middle of their work, again and again. */
export const cutOff = (plan: FaultPlan): FaultPlan => ({
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
export const calm = (plan: FaultPlan): FaultPlan => ({ ...plan, voterCount: 5, kinds: new Set(), isCalm: true });

/** Processes die again and again, often because a sync failed. */
export const failingDisks = (plan: FaultPlan): FaultPlan => ({
  ...plan,
  isCalm: false,
  kinds: new Set(['crash', 'fsync-error']),
  meanBetweenFaultsMs: 200,
  thinkMs: 20,
});

/** Many ask for the same few things at once. */
export const crowded = (plan: FaultPlan): FaultPlan => ({ ...plan, clientCount: 6, thinkMs: 5, syncMs: 5 });
