import { IntList } from '../columns/int-list.js';
import type { NodeSlots } from '../columns/node-slots.js';
import type { PartitionDraft } from '../columns/partition-draft.js';
import { RowSets } from '../columns/row-sets.js';
import type { PartitionCondition } from '../store.js';
import { CONDITION, CONDITION_COUNT, conditionsOf } from './conditions.js';

/** Row sets below this number are conditions; above, brokers by slot. */
const FIRST_BROKER_SET = 8;

/**
 * Which partition rows each broker has, and for which each condition holds: so that fencing a broker looks at its own
 * partitions and not at the world's. Kept up with each changed row.
 */
export class PartitionIndex {
  readonly #nodes: NodeSlots;
  readonly #sets = new RowSets();
  readonly #noReplicas = new IntList();

  constructor(nodes: NodeSlots) {
    this.#nodes = nodes;
  }

  get byteCount(): number {
    return this.#sets.byteCount;
  }

  /** Rows that have the broker among their replicas. The caller may change the rows it is given. */
  rowsOf(brokerId: number): Iterable<number> {
    const slot = this.#nodes.find(brokerId);
    return slot === undefined ? [] : this.#sets.rows(FIRST_BROKER_SET + slot);
  }

  /** Kept, not counted. */
  replicaCount(brokerId: number): number {
    const slot = this.#nodes.find(brokerId);
    return slot === undefined ? 0 : this.#sets.sizeOf(FIRST_BROKER_SET + slot);
  }

  rowsWhere(condition: PartitionCondition): Iterable<number> {
    return this.#sets.rows(CONDITION[condition]);
  }

  /** Kept, not counted. */
  countWhere(condition: PartitionCondition): number {
    return this.#sets.sizeOf(CONDITION[condition]);
  }

  add(row: number, state: PartitionDraft): void {
    this.#moveReplicas(row, this.#noReplicas, state.replicas);
    this.#moveConditions(row, 0, conditionsOf(state));
  }

  change(row: number, before: PartitionDraft, after: PartitionDraft): void {
    if (!before.replicas.equals(after.replicas)) this.#moveReplicas(row, before.replicas, after.replicas);
    this.#moveConditions(row, conditionsOf(before), conditionsOf(after));
  }

  remove(row: number, state: PartitionDraft): void {
    this.#moveReplicas(row, state.replicas, this.#noReplicas);
    this.#moveConditions(row, conditionsOf(state), 0);
  }

  /** A replica that a damaged list names twice counts once. */
  #moveReplicas(row: number, from: IntList, to: IntList): void {
    for (let i = 0; i < from.length; i++) {
      const id = from.values[i]!;
      if (from.indexOf(id) === i && !to.has(id)) this.#sets.remove(FIRST_BROKER_SET + this.#nodes.slotOf(id), row);
    }
    for (let i = 0; i < to.length; i++) {
      const id = to.values[i]!;
      if (to.indexOf(id) === i && !from.has(id)) this.#sets.add(FIRST_BROKER_SET + this.#nodes.slotOf(id), row);
    }
  }

  #moveConditions(row: number, from: number, to: number): void {
    if (from === to) return;
    for (let set = 0; set < CONDITION_COUNT; set++) {
      const was = (from >>> set) & 1;
      const is = (to >>> set) & 1;
      if (was === 1 && is === 0) this.#sets.remove(set, row);
      if (was === 0 && is === 1) this.#sets.add(set, row);
    }
  }
}
