import type { NodeId } from '@quorate/records';

/** Replicas of a partition while they may be changing (KIP-455). */
export interface ReassigningReplicas {
  /** Target plus those being removed. */
  readonly replicas: readonly NodeId[];
  readonly adding: readonly NodeId[];
  readonly removing: readonly NodeId[];
}

/**
 * The partition after its reassignment, when the ISR allows it to be over: somebody in sync remains, and all added
 * replicas are in sync; where fewer are added than removed the whole target must be, else the partition would end with
 * fewer in sync than asked for. Before 4.3 Kafka always wanted the whole target, which could block for ever (KAFKA-19975).
 *
 * @returns undefined when no reassignment is going on or it cannot end yet.
 */
export function completeReassignment(
  { replicas, adding, removing }: ReassigningReplicas,
  isr: readonly NodeId[],
): { readonly replicas: readonly NodeId[]; readonly isr: readonly NodeId[] } | undefined {
  if (adding.length === 0 && removing.length === 0) return undefined;
  const target = without(replicas, removing);
  const remainingIsr = without(isr, removing);
  if (remainingIsr.length === 0) return undefined;
  const mustBeInSync = adding.length < removing.length ? target : adding;
  return mustBeInSync.every((id) => remainingIsr.includes(id)) ? { replicas: target, isr: remainingIsr } : undefined;
}

function without(ids: readonly NodeId[], removed: readonly NodeId[]): readonly NodeId[] {
  return removed.length === 0 ? ids : ids.filter((id) => !removed.includes(id));
}
