import { NO_LEADER, type PartitionDraft } from '../columns/partition-draft.js';
import type { PartitionCondition } from '../store.js';

/** Bit of each condition; also the number of its row set. */
export const CONDITION: { readonly [C in PartitionCondition]: number } = {
  withoutLeader: 0,
  underReplicated: 1,
  withElr: 2,
  reassigning: 3,
  notPreferredLeader: 4,
};
export const CONDITION_COUNT = 5;

/** Which conditions hold, one bit each. */
export function conditionsOf(state: PartitionDraft): number {
  const { replicas } = state;
  let bits = 0;
  if (state.leader === NO_LEADER) bits |= 1 << CONDITION.withoutLeader;
  if (state.isr.length < replicas.length) bits |= 1 << CONDITION.underReplicated;
  if (state.eligibleLeaderReplicas.length + state.lastKnownElr.length > 0) bits |= 1 << CONDITION.withElr;
  if (state.removingReplicas.length + state.addingReplicas.length > 0) bits |= 1 << CONDITION.reassigning;
  if (replicas.length > 0 && state.leader !== replicas.values[0]) bits |= 1 << CONDITION.notPreferredLeader;
  return bits;
}

export function holds(bits: number, condition: PartitionCondition): boolean {
  return ((bits >>> CONDITION[condition]) & 1) === 1;
}
