import { RESERVED_DIRECTORY, type Uuid } from '@quorate/records';
import { RowDigest } from './row-digest.js';
import { UuidWords, hashOfUuid } from './uuid-words.js';

/** The slot of MIGRATING, which every image has: the replica predates directory ids (KIP-858). */
export const MIGRATING_SLOT = 0;

/**
 * Directory ids by a small number each, so that a replica's directory takes two bytes in the columns. Ids are only added:
 * there is one for each log directory of each broker, and those of past brokers stay until the image is loaded anew.
 */
export class DirectoryTable {
  readonly #texts: (Uuid | undefined)[] = [];
  /** Slot + 1 by hash, open addressing. */
  #slots = new Int32Array(64);
  /** Four words a slot. */
  #words = new Int32Array(64);
  /** Two words a slot. */
  #digests = new Int32Array(32);
  readonly #row = new RowDigest();
  #count = 0;
  readonly #key = new UuidWords();

  constructor() {
    this.slotOfText(RESERVED_DIRECTORY.MIGRATING);
  }

  get count(): number {
    return this.#count;
  }

  slotOfText(uuid: Uuid): number {
    return this.slotOf(this.#key.setText(uuid));
  }

  /** @param bytes - holds 16 bytes from `at` on; they are copied. */
  slotOfBytes(bytes: Uint8Array, at: number): number {
    return this.slotOf(this.#key.setBytes(bytes, at));
  }

  slotOf(key: UuidWords): number {
    const mask = this.#slots.length - 1;
    let at = hashOfUuid(key.a, key.b, key.c, key.d) & mask;
    for (let slot = this.#slots[at]! - 1; slot >= 0; slot = this.#slots[at]! - 1) {
      if (key.equalsWords(this.#words, slot * 4)) return slot;
      at = (at + 1) & mask;
    }
    return this.#add(key, at);
  }

  text(slot: number): Uuid {
    return (this.#texts[slot] ??= new UuidWords().setWords(this.#words, slot * 4).toUuid());
  }

  writeBytes(slot: number, bytes: Uint8Array, at: number): void {
    this.#key.setWords(this.#words, slot * 4).writeBytes(bytes, at);
  }

  /** Adds the id to the digest: two words of it, mixed from all four. */
  digest(slot: number, into: RowDigest): void {
    into.word(this.#digests[slot * 2]!).word(this.#digests[slot * 2 + 1]!);
  }

  #add(key: UuidWords, at: number): number {
    const slot = this.#count;
    if ((slot + 1) * 4 > this.#words.length) this.#words = twice(this.#words);
    key.writeWords(this.#words, slot * 4);
    this.#row.begin(0).uuid(key);
    if ((slot + 1) * 2 > this.#digests.length) this.#digests = twice(this.#digests);
    this.#digests[slot * 2] = this.#row.a;
    this.#digests[slot * 2 + 1] = this.#row.b;
    this.#texts.push(undefined);
    this.#slots[at] = slot + 1;
    this.#count += 1;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return slot;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    const words = this.#words;
    for (let slot = 0; slot < this.#count; slot++) {
      const w = slot * 4;
      let at = hashOfUuid(words[w]!, words[w + 1]!, words[w + 2]!, words[w + 3]!) & mask;
      while (slots[at] !== 0) at = (at + 1) & mask;
      slots[at] = slot + 1;
    }
    this.#slots = slots;
  }
}

function twice(words: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(words.length * 2);
  larger.set(words);
  return larger;
}
