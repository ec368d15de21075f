import type { SimBroker } from '../broker.js';
import type { SimCache } from '../cache.js';
import type { FaultKind, FaultPlan } from '../fault-plan.js';
import type { Network } from '../network.js';
import type { SimNode } from '../node.js';
import type { Operator } from '../operator.js';
import type { Random } from '../random.js';
import type { Trace } from '../trace.js';
import type { World } from '../world.js';
import type { FaultAtlas } from './fault-atlas.js';

/** Whom faults happen to. */
export interface FaultTargets {
  readonly world: World;
  readonly network: Network;
  readonly nodes: readonly SimNode[];
  readonly brokers: readonly SimBroker[];
  readonly caches: readonly SimCache[];
  readonly trace: Trace;
  readonly operator: Operator;
}

/** What a fault has at hand when it happens. */
export interface FaultContext extends FaultTargets {
  readonly plan: FaultPlan;
  readonly random: Random;
  readonly atlas: FaultAtlas;
  /** Counts that it happened: called when it really does, for the atlas may refuse it. */
  readonly happened: (kind: FaultKind) => void;
  readonly note: (what: string) => void;
  /** Begins something and ends it after a while, unless everything has been healed by then. */
  readonly during: (what: string, begin: () => void, end: () => void) => void;
  /** Runs later, unless everything has been healed by then. */
  readonly later: (delayMs: number, run: () => void) => void;
}

/** Makes a fault happen, to this node if it needs one. */
export type FaultAction = (context: FaultContext, node: SimNode) => void;

export type FaultActions = Partial<Record<FaultKind, FaultAction>>;
