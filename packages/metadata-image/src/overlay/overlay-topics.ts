import type { NodeId, Uuid } from '@quorate/records';
import type { PartitionDraft } from '../columns/partition-draft.js';
import type { PartitionCondition, TopicStore } from '../store.js';
import { conditionsOf, holds } from '../topics/conditions.js';
import type { PartitionRef, PartitionRow, TopicRow } from '../view.js';
import type { Journal } from './journal.js';
import { OverlayCells } from './overlay-cells.js';

interface OverlaidPartition {
  readonly ref: PartitionRef;
  readonly row: PartitionRow;
  readonly conditions: number;
}

/** Topics and partitions over those of the base. Removing a topic hides its partitions without touching them. */
export class OverlayTopics implements TopicStore {
  readonly #base: TopicStore;
  readonly #journal: Journal;
  readonly #topics: OverlayCells<Uuid, TopicRow>;
  readonly #names: OverlayCells<string, Uuid>;
  /** Topics added here, removed ones among them, by name with `.` as `_`. */
  readonly #collisions: OverlayCells<string, readonly Uuid[]>;
  readonly #partitions: OverlayCells<string, OverlaidPartition>;

  constructor(base: TopicStore, journal: Journal) {
    this.#base = base;
    this.#journal = journal;
    this.#topics = new OverlayCells(journal);
    this.#names = new OverlayCells(journal);
    this.#collisions = new OverlayCells(journal);
    this.#partitions = new OverlayCells(journal);
  }

  get topicCount(): number {
    return this.#base.topicCount + this.#journal.topicDelta;
  }

  get partitionCount(): number {
    return this.#base.partitionCount + this.#journal.partitionDelta;
  }

  get directories(): TopicStore['directories'] {
    return this.#base.directories;
  }

  byId(id: Uuid): TopicRow | undefined {
    const cell = this.#topics.get(id);
    return cell === undefined ? this.#base.byId(id) : cell.value;
  }

  byName(name: string): TopicRow | undefined {
    const cell = this.#names.get(name);
    if (cell === undefined) return this.#latest(this.#base.byName(name));
    return cell.value === undefined ? undefined : this.byId(cell.value);
  }

  *collidingWith(name: string): Generator<TopicRow> {
    const added = this.#collisions.get(normalized(name))?.value ?? [];
    for (const id of added) {
      const topic = this.byId(id);
      if (topic !== undefined) yield topic;
    }
    for (const topic of this.#base.collidingWith(name)) {
      const latest = this.#latest(topic);
      if (latest !== undefined) yield latest;
    }
  }

  *all(): Generator<TopicRow> {
    for (const topic of this.#base.all()) if (!this.#topics.has(topic.topicId)) yield topic;
    for (const [, { value }] of this.#topics.entries()) if (value !== undefined) yield value;
  }

  partition(topicId: Uuid, partitionId: number): PartitionRow | undefined {
    if (this.#isRemoved(topicId)) return undefined;
    const cell = this.#partitions.get(keyOf(topicId, partitionId));
    return cell?.value === undefined ? this.#base.partition(topicId, partitionId) : cell.value.row;
  }

  hasPartition(topicId: Uuid, partitionId: number): boolean {
    if (this.#isRemoved(topicId)) return false;
    return this.#partitions.has(keyOf(topicId, partitionId)) || this.#base.hasPartition(topicId, partitionId);
  }

  withReplica(brokerId: NodeId): Iterable<PartitionRef> {
    return this.#either(this.#base.withReplica(brokerId), ({ row }) => row.replicas.includes(brokerId));
  }

  ledBy(brokerId: NodeId): Iterable<PartitionRef> {
    return this.#either(this.#base.ledBy(brokerId), ({ row }) => row.leader === brokerId);
  }

  withIsr(brokerId: NodeId): Iterable<PartitionRef> {
    return this.#either(this.#base.withIsr(brokerId), ({ row }) => row.isr.includes(brokerId));
  }

  where(condition: PartitionCondition): Iterable<PartitionRef> {
    return this.#either(this.#base.where(condition), ({ conditions }) => holds(conditions, condition));
  }

  addTopic(id: Uuid, name: string): void {
    this.#topics.write(id, { topicId: id, name, partitionCount: 0 }, 1, 0);
    this.#names.write(name, id);
    const key = normalized(name);
    this.#collisions.write(key, [...(this.#collisions.get(key)?.value ?? []), id]);
  }

  removeTopic(id: Uuid): void {
    const topic = this.byId(id)!;
    this.#topics.write(id, undefined, -1, -topic.partitionCount);
    this.#names.write(topic.name, undefined);
  }

  loadPartition(topicId: Uuid, partitionId: number, into: PartitionDraft): boolean {
    if (this.#isRemoved(topicId)) return false;
    const overlaid = this.#partitions.get(keyOf(topicId, partitionId))?.value;
    if (overlaid === undefined) return this.#base.loadPartition(topicId, partitionId, into);
    into.setRow(overlaid.row, this.directories);
    return true;
  }

  savePartition(topicId: Uuid, partitionId: number, draft: PartitionDraft): void {
    const key = keyOf(topicId, partitionId);
    if (!this.#partitions.has(key) && !this.#base.hasPartition(topicId, partitionId)) {
      const topic = this.byId(topicId)!;
      this.#topics.write(topicId, { ...topic, partitionCount: topic.partitionCount + 1 }, 0, 1);
    }
    const row = draft.toRow(this.directories);
    this.#partitions.write(key, { ref: { topicId, partitionId }, row, conditions: conditionsOf(draft) });
  }

  clear(): void {
    this.#topics.clear();
    this.#names.clear();
    this.#collisions.clear();
    this.#partitions.clear();
  }

  /** What the base found, unless it is hidden here; then what is found here. */
  *#either(found: Iterable<PartitionRef>, matches: (overlaid: OverlaidPartition) => boolean): Generator<PartitionRef> {
    for (const ref of found) {
      if (!this.#isRemoved(ref.topicId) && !this.#partitions.has(keyOf(ref.topicId, ref.partitionId))) yield ref;
    }
    for (const [, { value }] of this.#partitions.entries()) {
      if (value !== undefined && !this.#isRemoved(value.ref.topicId) && matches(value)) yield value.ref;
    }
  }

  #latest(topic: TopicRow | undefined): TopicRow | undefined {
    return topic === undefined ? undefined : this.byId(topic.topicId);
  }

  #isRemoved(topicId: Uuid): boolean {
    const cell = this.#topics.get(topicId);
    return cell !== undefined && cell.value === undefined;
  }
}

/** A topic id has 22 characters always, so that the two parts cannot be mistaken. */
function keyOf(topicId: Uuid, partitionId: number): string {
  return topicId + partitionId;
}

function normalized(name: string): string {
  return name.replaceAll('.', '_');
}
