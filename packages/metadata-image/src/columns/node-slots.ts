/** Broker ids by a small number each, so that a replica takes two bytes in the columns. Ids are only added. */
export class NodeSlots {
  readonly #slots = new Map<number, number>();
  readonly #ids: number[] = [];

  slotOf(id: number): number {
    const slot = this.#slots.get(id);
    return slot ?? this.#add(id);
  }

  /** The slot of an id seen before, or undefined. */
  find(id: number): number | undefined {
    return this.#slots.get(id);
  }

  id(slot: number): number {
    return this.#ids[slot]!;
  }

  #add(id: number): number {
    const slot = this.#ids.length;
    this.#ids.push(id);
    this.#slots.set(id, slot);
    return slot;
  }
}
