import { utf8Encode, type Uuid } from '@quorate/records';
import type { TopicRow } from '../view.js';
import { NameArena, areColliding, compareBytes, hashOfName, nameText } from './name-arena.js';
import { RowHash } from './row-hash.js';
import { RowPages, type HeldRows } from './row-pages.js';
import { SortedRows } from './sorted-rows.js';
import { UuidWords, hashOfUuid } from './uuid-words.js';

/**
 * Words of a row: name address, name bytes + 1 (0: free), partitions, highest partition id + 1, hash of the name, where the
 * run of partition rows begins and how long it is, id.
 */
const WORDS = 11;
const ADDRESS = 0;
const LENGTH = 1;
const PARTITIONS = 2;
const ID_LIMIT = 3;
const NAME_HASH = 4;
const RUN_START = 5;
const RUN_LENGTH = 6;
const ID = 7;

/** Topics as they were when they were held. */
export interface HeldTopics {
  readonly rows: HeldRows;
  /** The topic of a row, or undefined when the row is free. */
  read(row: number): { readonly id: Uuid; readonly name: string } | undefined;
  readId(row: number, into: UuidWords): UuidWords;
  release(): void;
}

/**
 * Topics: a row of eleven words each, names in an arena, found by name and by id through hash tables that hold row numbers.
 *
 * Names are hashed with `.` read as `_`, so that the table of names also answers which names collide.
 */
export class TopicTable {
  readonly #rows = new RowPages(WORDS);
  readonly #names = new NameArena();
  readonly #byName = new RowHash((row) => this.#word(row, NAME_HASH));
  readonly #byId = new RowHash((row) => {
    const words = this.#rows.words(row);
    const at = this.#rows.at(row) + ID;
    return hashOfUuid(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
  });
  readonly #key = new UuidWords();
  #lastFound = -1;
  /** Made when somebody first asks for topics in order; many processes never do. */
  #sorted: SortedRows | undefined;

  get count(): number {
    return this.#rows.liveCount;
  }

  get byteCount(): number {
    return this.#rows.byteCount + this.#names.byteCount + this.#byName.byteCount + this.#byId.byteCount;
  }

  /** The caller has made sure that neither name nor id is taken. */
  add(id: UuidWords, name: string): number {
    const bytes = utf8Encode(name);
    return this.#add(id, bytes, hashOfName(bytes));
  }

  /** @returns false when the id or the name is taken; nothing has changed then. */
  addIfNew(id: UuidWords, name: Uint8Array): boolean {
    const hash = hashOfName(name);
    if (this.findById(id) >= 0 || this.#find(name, hash) >= 0) return false;
    this.#add(id, name, hash);
    return true;
  }

  #add(id: UuidWords, bytes: Uint8Array, hash: number): number {
    const row = this.#rows.add();
    const words = this.#rows.writable(row);
    const at = this.#rows.at(row);
    words[at + ADDRESS] = this.#names.add(bytes);
    words[at + LENGTH] = bytes.length + 1;
    words[at + NAME_HASH] = hash;
    id.writeWords(words, at + ID);
    this.#byName.add(hash, row);
    this.#byId.add(hashOfUuid(id.a, id.b, id.c, id.d), row);
    this.#sorted?.add(row);
    // Its partitions come next.
    this.#lastFound = row;
    return row;
  }

  remove(row: number): void {
    this.#sorted?.remove(row);
    const words = this.#rows.words(row);
    const at = this.#rows.at(row);
    this.#byName.remove(words[at + NAME_HASH]!, row);
    this.#byId.remove(hashOfUuid(words[at + ID]!, words[at + ID + 1]!, words[at + ID + 2]!, words[at + ID + 3]!), row);
    this.#names.remove(words[at + ADDRESS]!, words[at + LENGTH]! - 1);
    this.#rows.remove(row);
  }

  /** The row of the topic, or -1. */
  findByName(name: string): number {
    const bytes = utf8Encode(name);
    return this.#find(bytes, hashOfName(bytes));
  }

  #find(bytes: Uint8Array, hash: number): number {
    for (let row = this.#byName.first(hash); row >= 0; row = this.#byName.next()) {
      if (this.#word(row, NAME_HASH) === hash && compareBytes(this.#nameBytes(row), bytes) === 0) return row;
    }
    return -1;
  }

  /** Rows of topics whose names are equal after mapping `.` to `_`. */
  findColliding(name: string): number[] {
    const bytes = utf8Encode(name);
    const rows: number[] = [];
    const hash = hashOfName(bytes);
    for (let row = this.#byName.first(hash); row >= 0; row = this.#byName.next()) {
      if (this.#word(row, NAME_HASH) === hash && areColliding(this.#nameBytes(row), bytes)) rows.push(row);
    }
    return rows;
  }

  /** The row of the topic, or -1. */
  findById(id: UuidWords): number {
    // Records of one topic come one behind the other. A row that was freed has no such id any more, or another topic's.
    const last = this.#lastFound;
    if (last >= 0 && this.#word(last, LENGTH) !== 0 && id.equalsWords(this.#rows.words(last), this.#rows.at(last) + ID)) return last;
    for (let row = this.#byId.first(hashOfUuid(id.a, id.b, id.c, id.d)); row >= 0; row = this.#byId.next()) {
      if (!id.equalsWords(this.#rows.words(row), this.#rows.at(row) + ID)) continue;
      this.#lastFound = row;
      return row;
    }
    return -1;
  }

  findByUuid(id: Uuid): number {
    return this.findById(this.#key.setText(id));
  }

  read(row: number): TopicRow {
    return { topicId: this.readId(row, this.#key).toUuid(), name: this.name(row), partitionCount: this.partitionCount(row) };
  }

  name(row: number): string {
    return nameText(this.#nameBytes(row));
  }

  readId(row: number, into: UuidWords): UuidWords {
    return into.setWords(this.#rows.words(row), this.#rows.at(row) + ID);
  }

  partitionCount(row: number): number {
    return this.#word(row, PARTITIONS);
  }

  /** Highest partition id ever added, plus one. */
  partitionIdLimit(row: number): number {
    return this.#word(row, ID_LIMIT);
  }

  /** The row of a partition that lies in the topic's run, or -1: partitions 0, 1, 2 … created together lie in rows side by side. */
  runRow(row: number, partitionId: number): number {
    const words = this.#rows.words(row);
    const at = this.#rows.at(row);
    return partitionId < words[at + RUN_LENGTH]! ? words[at + RUN_START]! + partitionId : -1;
  }

  /**
   * Counts a new partition in.
   *
   * @returns whether it continues the topic's run: `runRow` finds it then, and no other index is needed.
   */
  addPartition(row: number, partitionId: number, partitionRow: number): boolean {
    const words = this.#rows.writable(row);
    const at = this.#rows.at(row);
    words[at + PARTITIONS]! += 1;
    if (partitionId >= words[at + ID_LIMIT]!) words[at + ID_LIMIT] = partitionId + 1;
    const length = words[at + RUN_LENGTH]!;
    if (partitionId !== length) return false;
    if (length === 0) words[at + RUN_START] = partitionRow;
    if (partitionRow !== words[at + RUN_START]! + length) return false;
    words[at + RUN_LENGTH] = length + 1;
    return true;
  }

  /** Live rows, by rising row number. */
  *liveRows(): Generator<number> {
    for (let row = 0; row < this.#rows.rowCount; row++) if (this.#word(row, LENGTH) !== 0) yield row;
  }

  /**
   * Live rows in the order of their names' bytes, from the first one on whose name stands beyond this one. The first call
   * sorts all names; from then on the order is kept up.
   */
  rowsBeyond(name: string): Generator<number> {
    this.#sorted ??= new SortedRows(this.liveRows(), (a, b) => compareBytes(this.#nameBytes(a), this.#nameBytes(b)));
    const bytes = utf8Encode(name);
    return this.#sorted.beyond((row) => compareBytes(this.#nameBytes(row), bytes));
  }

  hold(): HeldTopics {
    const rows = this.#rows.hold();
    const names = this.#names.hold();
    const readId = (row: number, into: UuidWords): UuidWords => into.setWords(rows.words(row), rows.at(row) + ID);
    return {
      rows,
      readId,
      read: (row) => {
        const words = rows.words(row);
        const at = rows.at(row);
        if (words[at + LENGTH] === 0) return undefined;
        return { id: readId(row, new UuidWords()).toUuid(), name: nameText(names.bytes(words[at + ADDRESS]!, words[at + LENGTH]! - 1)) };
      },
      release: () => {
        rows.release();
        names.release();
      },
    };
  }

  #word(row: number, word: number): number {
    return this.#rows.words(row)[this.#rows.at(row) + word]!;
  }

  /** A view on the arena. */
  #nameBytes(row: number): Uint8Array {
    return this.#names.bytes(this.#word(row, ADDRESS), this.#word(row, LENGTH) - 1);
  }
}
