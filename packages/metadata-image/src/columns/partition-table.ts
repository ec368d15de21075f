import { BlockArena, blockStart } from './block-arena.js';
import type { NodeSlots } from './node-slots.js';
import type { PartitionDraft } from './partition-draft.js';
import {
  BLOCK,
  BLOCK_WORDS,
  IN_BLOCK,
  LEADER_EPOCH,
  LIVE,
  META,
  PARTITION,
  PARTITION_EPOCH,
  PARTITION_WORDS,
  RECOVERING,
  TOPIC,
  blockSize,
  loadBlock,
  loadInline,
  recoveringFlag,
  storeBlock,
  storeInline,
} from './partition-row.js';
import { RowHash, mixWord } from './row-hash.js';
import { RowPages, type HeldRows } from './row-pages.js';

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
  readonly #rows = new RowPages(PARTITION_WORDS);
  readonly #blocks = new BlockArena();
  readonly #index = new RowHash((row) => hashOfKey(this.topicRow(row), this.partitionId(row)));
  readonly #nodes: NodeSlots;

  constructor(nodes: NodeSlots) {
    this.#nodes = nodes;
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
    if (storeInline(words, at, draft, this.#nodes)) return;
    const size = blockSize(draft);
    const address = this.#blocks.allocate(size);
    storeBlock(this.#blocks.writableWords(address), blockStart(address), draft);
    words[at + BLOCK] = address;
    words[at + BLOCK_WORDS] = size;
    words[at + META] = LIVE | IN_BLOCK | recoveringFlag(draft);
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
    const address = words[at + BLOCK]! >>> 0;
    loadBlock(blocks.words(address), blockStart(address), into);
    return;
  }
  loadInline(words, at, into, nodes);
}

function hashOfKey(topicRow: number, partitionId: number): number {
  return mixWord(Math.imul(topicRow, 0x9e3779b1) ^ partitionId);
}
