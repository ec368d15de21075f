import type { SupervisedProcess } from './supervised-process.js';
import type { ProcessKind } from './shape.js';

/** A running process and what it is. */
export interface Running {
  readonly kind: ProcessKind | 'nats';
  readonly nodeId: number | undefined;
  readonly process: SupervisedProcess;
}

/** One step after the other; the processes of a step stop together. */
export function stopOrder(running: readonly Running[], leaderId: number | undefined): readonly (readonly Running[])[] {
  const of = (kind: Running['kind']): readonly Running[] => running.filter((entry) => entry.kind === kind);
  const controllers = of('controller');
  const isLeader = (entry: Running): boolean => leaderId !== undefined && entry.nodeId === leaderId;
  return [
    of('broker'),
    of('exporter'),
    of('gateway'),
    // Followers first: the leader has nobody left to hand over to, and needs to elect nobody.
    controllers.filter((entry) => !isLeader(entry)),
    controllers.filter(isLeader),
    of('nats'),
  ].filter((step) => step.length > 0);
}
