/** A list of 32-bit integers that is filled again and again without allocating. */
export class IntList {
  values = new Int32Array(8);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) this.#grow();
    this.values[this.length] = value;
    this.length += 1;
  }

  has(value: number): boolean {
    return this.indexOf(value) >= 0;
  }

  indexOf(value: number): number {
    for (let i = 0; i < this.length; i++) if (this.values[i] === value) return i;
    return -1;
  }

  clear(): void {
    this.length = 0;
  }

  set(values: Iterable<number>): void {
    this.length = 0;
    for (const value of values) this.push(value);
  }

  copyFrom(other: IntList): void {
    this.length = 0;
    for (let i = 0; i < other.length; i++) this.push(other.values[i]!);
  }

  equals(other: IntList): boolean {
    if (this.length !== other.length) return false;
    for (let i = 0; i < this.length; i++) if (this.values[i] !== other.values[i]) return false;
    return true;
  }

  /** A new array, the caller's own. */
  toArray<T extends number = number>(): T[] {
    // An array that grows by `push` has room for 17: six times what a list of replicas needs.
    const array = new Array<T>(this.length);
    for (let i = 0; i < this.length; i++) array[i] = this.values[i] as T;
    return array;
  }

  #grow(): void {
    const larger = new Int32Array(this.values.length * 2);
    larger.set(this.values);
    this.values = larger;
  }
}
