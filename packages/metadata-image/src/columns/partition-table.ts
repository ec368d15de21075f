import { BlockArena, blockStart } from './block-arena.js';
import type { DirectoryTable } from './directory-table.js';
import type { IntList } from './int-list.js';
import type { NodeSlots } from './node-slots.js';
import { NO_LEADER, type PartitionDraft } from './partition-draft.js';
import { RowHash, mixWord } from './row-hash.js';
import { RowPages, type HeldRows } from './row-pages.js';

/**
 * Words of a row: 36 bytes. Replicas are broker slots and directories directory slots, 16 bits each; `META` holds the ISR
 * as a mask over the replicas, the leader as an index into them (255: none), their number, and the flags.
 */
const WORDS = 9;
const TOPIC = 0;
const PARTITION = 1;
const LEADER_EPOCH = 2;
const PARTITION_EPOCH = 3;
const REPLICAS = 4;
const DIRECTORIES = 6;
const META = 8;
/** Rows with more replicas, or with anything out of the ordinary, keep their lists in a block. */
const INLINE_REPLICAS = 4;
const LARGEST_SLOT = 0xffff;
const LEADER_SHIFT = 8;
const COUNT_SHIFT = 16;
const NO_INDEX = 255;
const LIVE = 1 << 24;
const RECOVERING = 1 << 25;
const IN_BLOCK = 1 << 26;
/** Of a row in a block: where the block stands, and its words. */
const BLOCK = 4;
const BLOCK_WORDS = 5;
const LIST_COUNT = 7;

interface RowReader {
  words(row: number): Int32Array;
  at(row: number): number;
}
interface BlockReader {
  words(address: number): Int32Array;
}

/** Partitions as they were when they were held. */
export interface HeldPartitions {
  readonly rows: HeldRows;
  /** The row's topic row, or -1 when it is free. */
  topicRow(row: number): number;
  partitionId(row: number): number;
  load(row: number, into: PartitionDraft): void;
  release(): void;
}

/**
 * Partitions as rows of nine words. Most lie in the run of their topic (see `TopicTable`); the others are found by (topic
 * row, partition id) through a hash table of row numbers.
 */
export class PartitionTable {
  readonly #rows = new RowPages(WORDS);
  readonly #blocks = new BlockArena();
  readonly #index = new RowHash((row) => hashOfKey(this.topicRow(row), this.partitionId(row)));
  readonly #nodes: NodeSlots;
  readonly #directories: DirectoryTable;

  constructor(nodes: NodeSlots, directories: DirectoryTable) {
    this.#nodes = nodes;
    this.#directories = directories;
  }

  get count(): number {
    return this.#rows.liveCount;
  }

  /** Bytes of the pages: rows, blocks of rows that do not fit, and the hash table. */
  get bytes(): { readonly rows: number; readonly blocks: number; readonly hash: number } {
    return { rows: this.#rows.byteCount, blocks: this.#blocks.byteCount, hash: this.#index.byteCount };
  }

  /** The row of a partition that was indexed, or -1. */
  findIndexed(topicRow: number, partitionId: number): number {
    for (let row = this.#index.first(hashOfKey(topicRow, partitionId)); row >= 0; row = this.#index.next()) {
      const words = this.#rows.words(row);
      const at = this.#rows.at(row);
      if (words[at] === topicRow && words[at + PARTITION] === partitionId) return row;
    }
    return -1;
  }

  /** A new row, to be stored next. The caller has made sure that the partition has none. */
  add(topicRow: number, partitionId: number): number {
    const row = this.#rows.add();
    const words = this.#rows.writable(row);
    const at = this.#rows.at(row);
    words[at + TOPIC] = topicRow;
    words[at + PARTITION] = partitionId;
    words[at + META] = LIVE;
    return row;
  }

  /** Lets `findIndexed` find the row. */
  index(row: number): void {
    this.#index.add(hashOfKey(this.topicRow(row), this.partitionId(row)), row);
  }

  /** @param indexed - whether the row was indexed. */
  remove(row: number, indexed: boolean): void {
    if (indexed) this.#index.remove(hashOfKey(this.topicRow(row), this.partitionId(row)), row);
    this.#freeBlock(row);
    this.#rows.remove(row);
  }

  topicRow(row: number): number {
    return this.#rows.words(row)[this.#rows.at(row) + TOPIC]!;
  }

  partitionId(row: number): number {
    return this.#rows.words(row)[this.#rows.at(row) + PARTITION]!;
  }

  load(row: number, into: PartitionDraft): void {
    loadRow(row, into, this.#rows, this.#blocks, this.#nodes);
  }

  /** @param draft - canonical; its lists are copied. */
  store(row: number, draft: PartitionDraft): void {
    this.#freeBlock(row);
    const words = this.#rows.writable(row);
    const at = this.#rows.at(row);
    words[at + LEADER_EPOCH] = draft.leaderEpoch;
    words[at + PARTITION_EPOCH] = draft.partitionEpoch;
    const recovering = draft.leaderRecoveryState === 1 ? RECOVERING : 0;
    if (fitsInline(draft)) this.#storeInline(words, at, draft, recovering);
    else this.#storeInBlock(words, at, draft, recovering);
  }

  hold(): HeldPartitions {
    const rows = this.#rows.hold();
    const blocks = this.#blocks.hold();
    return {
      rows,
      topicRow: (row) => ((rows.words(row)[rows.at(row) + META]! & LIVE) === 0 ? -1 : rows.words(row)[rows.at(row)]!),
      partitionId: (row) => rows.words(row)[rows.at(row) + PARTITION]!,
      load: (row, into) => loadRow(row, into, rows, blocks, this.#nodes),
      release: () => {
        rows.release();
        blocks.release();
      },
    };
  }

  #storeInline(words: Int32Array, at: number, draft: PartitionDraft, recovering: number): void {
    const { replicas, directories, isr } = draft;
    let isrMask = 0;
    words[at + REPLICAS] = words[at + REPLICAS + 1] = words[at + DIRECTORIES] = words[at + DIRECTORIES + 1] = 0;
    for (let i = 0; i < replicas.length; i++) {
      const slot = this.#nodes.slotOf(replicas.values[i]!);
      const directory = directories.values[i]!;
      if (slot > LARGEST_SLOT || directory > LARGEST_SLOT) {
        this.#storeInBlock(words, at, draft, recovering);
        return;
      }
      words[at + REPLICAS + (i >> 1)]! |= slot << ((i & 1) * 16);
      words[at + DIRECTORIES + (i >> 1)]! |= directory << ((i & 1) * 16);
      if (isr.has(replicas.values[i]!)) isrMask |= 1 << i;
    }
    const leader = draft.leader === NO_LEADER ? NO_INDEX : replicas.indexOf(draft.leader);
    words[at + META] = isrMask | (leader << LEADER_SHIFT) | (replicas.length << COUNT_SHIFT) | LIVE | recovering;
  }

  #storeInBlock(words: Int32Array, at: number, draft: PartitionDraft, recovering: number): void {
    const lists = listsOf(draft);
    let size = 1 + LIST_COUNT;
    for (const list of lists) size += list.length;
    const address = this.#blocks.allocate(size);
    const block = this.#blocks.writableWords(address);
    let to = blockStart(address);
    block[to++] = draft.leader;
    for (const list of lists) block[to++] = list.length;
    for (const list of lists) for (let i = 0; i < list.length; i++) block[to++] = list.values[i]!;
    words[at + BLOCK] = address;
    words[at + BLOCK_WORDS] = size;
    words[at + DIRECTORIES] = words[at + DIRECTORIES + 1] = 0;
    words[at + META] = LIVE | IN_BLOCK | recovering;
  }

  #freeBlock(row: number): void {
    const words = this.#rows.words(row);
    const at = this.#rows.at(row);
    if ((words[at + META]! & IN_BLOCK) !== 0) this.#blocks.free(words[at + BLOCK]! >>> 0, words[at + BLOCK_WORDS]!);
  }
}

function loadRow(row: number, into: PartitionDraft, rows: RowReader, blocks: BlockReader, nodes: NodeSlots): void {
  const words = rows.words(row);
  const at = rows.at(row);
  const meta = words[at + META]!;
  into.clear();
  into.leaderEpoch = words[at + LEADER_EPOCH]!;
  into.partitionEpoch = words[at + PARTITION_EPOCH]!;
  into.leaderRecoveryState = (meta & RECOVERING) === 0 ? 0 : 1;
  if ((meta & IN_BLOCK) !== 0) {
    loadBlock(words[at + BLOCK]! >>> 0, into, blocks);
    return;
  }
  const count = (meta >>> COUNT_SHIFT) & 0xff;
  for (let i = 0; i < count; i++) {
    const id = nodes.id((words[at + REPLICAS + (i >> 1)]! >>> ((i & 1) * 16)) & 0xffff);
    into.replicas.push(id);
    into.directories.push((words[at + DIRECTORIES + (i >> 1)]! >>> ((i & 1) * 16)) & 0xffff);
    if (((meta >>> i) & 1) !== 0) into.isr.push(id);
  }
  const leader = (meta >>> LEADER_SHIFT) & 0xff;
  into.leader = leader === NO_INDEX ? NO_LEADER : into.replicas.values[leader]!;
}

function loadBlock(address: number, into: PartitionDraft, blocks: BlockReader): void {
  const block = blocks.words(address);
  let from = blockStart(address);
  into.leader = block[from++]!;
  let counts = from;
  from += LIST_COUNT;
  for (const list of listsOf(into)) {
    for (let left = block[counts++]!; left > 0; left--) list.push(block[from++]!);
  }
}

/** The order in which a block holds them. */
function listsOf(draft: PartitionDraft): readonly IntList[] {
  return [
    draft.replicas,
    draft.isr,
    draft.removingReplicas,
    draft.addingReplicas,
    draft.directories,
    draft.eligibleLeaderReplicas,
    draft.lastKnownElr,
  ];
}

function fitsInline(draft: PartitionDraft): boolean {
  const { replicas } = draft;
  if (replicas.length > INLINE_REPLICAS) return false;
  if (draft.removingReplicas.length + draft.addingReplicas.length > 0) return false;
  if (draft.eligibleLeaderReplicas.length + draft.lastKnownElr.length > 0) return false;
  if (draft.leader !== NO_LEADER && !replicas.has(draft.leader)) return false;
  return hasNoTwice(replicas) && isSubset(draft.isr, replicas);
}

function hasNoTwice(list: IntList): boolean {
  for (let i = 1; i < list.length; i++) if (list.indexOf(list.values[i]!) < i) return false;
  return true;
}

function isSubset(part: IntList, whole: IntList): boolean {
  for (let i = 0; i < part.length; i++) if (!whole.has(part.values[i]!)) return false;
  return true;
}

function hashOfKey(topicRow: number, partitionId: number): number {
  return mixWord(Math.imul(topicRow, 0x9e3779b1) ^ partitionId);
}
