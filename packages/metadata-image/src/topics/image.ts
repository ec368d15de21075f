import { ZERO_UUID, type NodeId, type Uuid } from '@quorate/records';
import { DirectoryTable } from '../columns/directory-table.js';
import { NodeSlots } from '../columns/node-slots.js';
import { PartitionDraft } from '../columns/partition-draft.js';
import { PartitionTable, type HeldPartitions } from '../columns/partition-table.js';
import { RowDigest, type DigestSum } from '../columns/row-digest.js';
import { TopicTable, type HeldTopics } from '../columns/topic-table.js';
import { UuidWords } from '../columns/uuid-words.js';
import { ROW_KIND } from '../digest.js';
import type { PartitionCondition, TopicStore } from '../store.js';
import type { PartitionRef, PartitionRow, TopicRow } from '../view.js';
import { PartitionIndex } from './partition-index.js';

/** What the pages of topics and partitions take. */
export interface TopicImageBytes {
  /** Topic rows, names, and both hash tables. */
  readonly topics: number;
  readonly partitionRows: number;
  /** Lists of partitions that do not fit into a row. */
  readonly partitionBlocks: number;
  readonly partitionHash: number;
  /** Which partitions each broker has, and which meet each condition. */
  readonly index: number;
}

/** Topics and partitions as they were when they were held. */
export interface HeldTopicImage {
  readonly topics: HeldTopics;
  readonly partitions: HeldPartitions;
  readonly directories: DirectoryTable;
  release(): void;
}

/**
 * Committed topics and partitions, in columns, with what is derived from them and kept up with each changed row: the index
 * by broker, the conditions, and the digest.
 */
export class TopicImage implements TopicStore {
  readonly directories = new DirectoryTable();
  readonly #nodes = new NodeSlots();
  readonly #topics = new TopicTable();
  readonly #partitions = new PartitionTable(this.#nodes);
  readonly #index = new PartitionIndex(this.#nodes);
  readonly #sum: DigestSum;
  readonly #digest = new RowDigest();
  readonly #id = new UuidWords();
  /** The row as it was, for what `savePartition` takes back; and one to read for callers. */
  readonly #old = new PartitionDraft();
  readonly #read = new PartitionDraft();
  /** Topic of the partition found last: partitions of one topic are found one behind the other. */
  #refTopicRow = -1;
  #refTopicId = ZERO_UUID;

  constructor(sum: DigestSum) {
    this.#sum = sum;
  }

  get topicCount(): number {
    return this.#topics.count;
  }

  get partitionCount(): number {
    return this.#partitions.count;
  }

  /** Bytes of all pages, by what they hold. */
  get bytes(): TopicImageBytes {
    const { rows, blocks, hash } = this.#partitions.bytes;
    return {
      topics: this.#topics.byteCount,
      partitionRows: rows,
      partitionBlocks: blocks,
      partitionHash: hash,
      index: this.#index.byteCount,
    };
  }

  byName(name: string): TopicRow | undefined {
    const row = this.#topics.findByName(name);
    return row < 0 ? undefined : this.#topics.read(row);
  }

  byId(id: Uuid): TopicRow | undefined {
    const row = this.#topics.findByUuid(id);
    return row < 0 ? undefined : this.#topics.read(row);
  }

  *collidingWith(name: string): Generator<TopicRow> {
    for (const row of this.#topics.findColliding(name)) yield this.#topics.read(row);
  }

  *all(): Generator<TopicRow> {
    for (const row of this.#topics.liveRows()) yield this.#topics.read(row);
  }

  /** Topics in the order of their names, beyond this one. */
  *sortedBeyond(name: string): Generator<TopicRow> {
    for (const row of this.#topics.rowsBeyond(name)) yield this.#topics.read(row);
  }

  /** How many partitions have this broker among their replicas; kept, not counted. */
  replicaCount(brokerId: NodeId): number {
    return this.#index.replicaCount(brokerId);
  }

  partition(topicId: Uuid, partitionId: number): PartitionRow | undefined {
    return this.loadPartition(topicId, partitionId, this.#read) ? this.#read.toRow(this.directories) : undefined;
  }

  hasPartition(topicId: Uuid, partitionId: number): boolean {
    const topicRow = this.#topics.findByUuid(topicId);
    return topicRow >= 0 && this.partitionRow(topicRow, partitionId) >= 0;
  }

  withReplica(brokerId: NodeId): Iterable<PartitionRef> {
    return this.#refs(brokerId, () => true);
  }

  ledBy(brokerId: NodeId): Iterable<PartitionRef> {
    return this.#refs(brokerId, (state) => state.leader === brokerId);
  }

  withIsr(brokerId: NodeId): Iterable<PartitionRef> {
    return this.#refs(brokerId, (state) => state.isr.has(brokerId));
  }

  *where(condition: PartitionCondition): Generator<PartitionRef> {
    for (const row of this.#index.rowsWhere(condition)) yield this.#ref(row);
  }

  countWhere(condition: PartitionCondition): number {
    return this.#index.countWhere(condition);
  }

  addTopic(id: Uuid, name: string): void {
    this.#topics.add(this.#id.setText(id), name);
    this.#sum.add(this.#digestTopic(this.#id, name));
  }

  /**
   * Adds a topic from what a record holds: the way of the decoders.
   *
   * @param name - ASCII; copied.
   * @returns false when the id or the name is taken; nothing has changed then.
   */
  addTopicBytes(id: UuidWords, name: Uint8Array): boolean {
    if (!this.#topics.addIfNew(id, name)) return false;
    // Of ASCII, bytes and text have the same digest.
    this.#sum.add(this.#digest.begin(ROW_KIND.topic).uuid(id).bytes(name));
    return true;
  }

  removeTopic(id: Uuid): void {
    const topicRow = this.#topics.findByUuid(id);
    // From the last to the first: freed rows are used again in the opposite order, and the next topic's lie side by side.
    for (let partitionId = this.#topics.partitionIdLimit(topicRow) - 1; partitionId >= 0; partitionId--) {
      const row = this.partitionRow(topicRow, partitionId);
      if (row < 0) continue;
      this.#forget(row, topicRow, partitionId);
      this.#partitions.remove(row, this.#topics.runRow(topicRow, partitionId) < 0);
    }
    if (this.#refTopicRow === topicRow) this.#refTopicRow = -1;
    this.#sum.subtract(this.#digestTopic(this.#id.setText(id), this.#topics.name(topicRow)));
    this.#topics.remove(topicRow);
  }

  /** The topic's row, or -1: the way of the decoders, which have the id as words. */
  topicRow(id: UuidWords): number {
    return this.#topics.findById(id);
  }

  /** The partition's row, or -1. */
  partitionRow(topicRow: number, partitionId: number): number {
    const row = this.#topics.runRow(topicRow, partitionId);
    return row >= 0 ? row : this.#partitions.findIndexed(topicRow, partitionId);
  }

  loadRow(row: number, into: PartitionDraft): void {
    this.#partitions.load(row, into);
  }

  loadPartition(topicId: Uuid, partitionId: number, into: PartitionDraft): boolean {
    const topicRow = this.#topics.findByUuid(topicId);
    const row = topicRow < 0 ? -1 : this.partitionRow(topicRow, partitionId);
    if (row >= 0) this.#partitions.load(row, into);
    return row >= 0;
  }

  savePartition(topicId: Uuid, partitionId: number, draft: PartitionDraft): void {
    const topicRow = this.#topics.findByUuid(topicId);
    this.saveRow(topicRow, partitionId, this.partitionRow(topicRow, partitionId), draft);
  }

  /** @param row - the partition's row, or -1 when it has none yet. */
  saveRow(topicRow: number, partitionId: number, row: number, draft: PartitionDraft): void {
    if (row < 0) {
      const added = this.#partitions.add(topicRow, partitionId);
      if (!this.#topics.addPartition(topicRow, partitionId, added)) this.#partitions.index(added);
      this.#partitions.store(added, draft);
      this.#index.add(added, draft);
      this.#sum.add(this.#digestPartition(topicRow, partitionId, draft));
      return;
    }
    this.#partitions.load(row, this.#old);
    this.changeRow(row, topicRow, partitionId, this.#old, draft);
  }

  /** @param before - what the row holds now. */
  changeRow(row: number, topicRow: number, partitionId: number, before: PartitionDraft, after: PartitionDraft): void {
    this.#sum.subtract(this.#digestPartition(topicRow, partitionId, before));
    this.#sum.add(this.#digestPartition(topicRow, partitionId, after));
    this.#partitions.store(row, after);
    this.#index.change(row, before, after);
  }

  hold(): HeldTopicImage {
    const topics = this.#topics.hold();
    const partitions = this.#partitions.hold();
    return {
      topics,
      partitions,
      directories: this.directories,
      release: () => {
        topics.release();
        partitions.release();
      },
    };
  }

  *#refs(brokerId: NodeId, matches: (state: PartitionDraft) => boolean): Generator<PartitionRef> {
    const state = new PartitionDraft();
    for (const row of this.#index.rowsOf(brokerId)) {
      this.#partitions.load(row, state);
      if (matches(state)) yield this.#ref(row);
    }
  }

  #ref(row: number): PartitionRef {
    const topicRow = this.#partitions.topicRow(row);
    if (topicRow !== this.#refTopicRow) {
      this.#refTopicRow = topicRow;
      this.#refTopicId = this.#topics.readId(topicRow, this.#id).toUuid();
    }
    return { topicId: this.#refTopicId, partitionId: this.#partitions.partitionId(row) };
  }

  #forget(row: number, topicRow: number, partitionId: number): void {
    this.#partitions.load(row, this.#old);
    this.#sum.subtract(this.#digestPartition(topicRow, partitionId, this.#old));
    this.#index.remove(row, this.#old);
  }

  #digestTopic(id: UuidWords, name: string): RowDigest {
    return this.#digest.begin(ROW_KIND.topic).uuid(id).text(name);
  }

  /** Of what the row says, not of how it is kept: slots and row numbers differ between images. */
  #digestPartition(topicRow: number, partitionId: number, state: PartitionDraft): RowDigest {
    const digest = this.#digest.begin(ROW_KIND.partition).uuid(this.#topics.readId(topicRow, this.#id)).word(partitionId);
    digest.word(state.leader).word(state.leaderRecoveryState).word(state.leaderEpoch).word(state.partitionEpoch);
    digest.list(state.replicas).list(state.isr);
    for (let i = 0; i < state.directories.length; i++) this.directories.digest(state.directories.values[i]!, digest);
    digest.list(state.removingReplicas).list(state.addingReplicas);
    return digest.list(state.eligibleLeaderReplicas).list(state.lastKnownElr);
  }
}

