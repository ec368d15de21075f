import type { Offset } from '@quorate/records';

interface Entry {
  /** Of the KRaftVersion record; -1 for the level that the node began with. */
  readonly offset: number;
  readonly level: number;
}

const FROM_THE_FIRST = -1;

/** Levels of `kraft.version`, oldest first: in force from the record on that set them, committed or not, like voter sets (KIP-853). */
export class KRaftVersionHistory {
  #entries: Entry[];

  /** @param level - in force when the node began; all that it had recovered is taken to be of that level. */
  constructor(level: number) {
    this.#entries = [{ offset: FROM_THE_FIRST, level }];
  }

  get latest(): number {
    return this.asOf(Infinity);
  }

  /** The level in force for what lies before `endOffset`. */
  asOf(endOffset: number): number {
    return (this.#entries.findLast(({ offset }) => offset < endOffset) ?? this.#entries[0])?.level ?? 0;
  }

  append(offset: Offset, level: number): void {
    this.#entries.push({ offset, level });
  }

  /** Forgets the records at or after `endOffset`. */
  truncate(endOffset: Offset): void {
    this.#entries = this.#entries.filter((entry, index) => index === 0 || entry.offset < endOffset);
  }

  /** Forgets everything but this level, which a snapshot holds. */
  beginAt(level: number): void {
    this.#entries = [{ offset: FROM_THE_FIRST, level }];
  }
}
