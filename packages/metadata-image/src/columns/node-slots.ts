/** Ids below this are looked up in an array; others are legal, but rare. */
const SMALL_IDS = 65_536;

/** Broker ids by a small number each, so that a replica takes two bytes in the columns. Ids are only added. */
export class NodeSlots {
  /** Slot + 1 by id. */
  #small = new Int32Array(256);
  readonly #large = new Map<number, number>();
  readonly #ids: number[] = [];

  slotOf(id: number): number {
    const small = id >= 0 && id < this.#small.length ? this.#small[id]! : 0;
    return small > 0 ? small - 1 : (this.find(id) ?? this.#add(id));
  }

  /** The slot of an id seen before, or undefined. */
  find(id: number): number | undefined {
    if (id < 0 || id >= SMALL_IDS) return this.#large.get(id);
    const slot = this.#small[id] ?? 0;
    return slot > 0 ? slot - 1 : undefined;
  }

  id(slot: number): number {
    return this.#ids[slot]!;
  }

  #add(id: number): number {
    const slot = this.#ids.length;
    this.#ids.push(id);
    if (id < 0 || id >= SMALL_IDS) this.#large.set(id, slot);
    else this.#setSmall(id, slot);
    return slot;
  }

  #setSmall(id: number, slot: number): void {
    while (id >= this.#small.length) {
      const larger = new Int32Array(this.#small.length * 2);
      larger.set(this.#small);
      this.#small = larger;
    }
    this.#small[id] = slot + 1;
  }
}
