import type { FaultPlan } from '../fault-plan.js';

/** One bug, known from the literature or from our own past, as a change of one module's exports. */
export interface KnownBug {
  readonly title: string;
  /** The module: package, then file without its ending (`raft-core/vote`). */
  readonly module: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a module's exports, whichever it is
  readonly change: (original: any) => Record<string, unknown>;
  /** Faults that bring it out, where the usual mixture would need many worlds. */
  readonly adjust?: (plan: FaultPlan) => FaultPlan;
  /** What the simulator's finding says: the check, or the assertion of the code itself that fell over it. */
  readonly foundBy: RegExp;
}
