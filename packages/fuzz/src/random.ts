/** Numbers from a seed: equal seeds give equal inputs, on every machine. Not for secrets. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** One stream for each input of each target, so that every input can be made again by itself. */
  static forInput(seed: number, target: string, index: number): Random {
    let mixed = seed >>> 0;
    for (const text of [target, String(index)]) {
      for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x0100_0193) >>> 0;
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b_3c6d) >>> 0;
    }
    return new Random(mixed);
  }

  /** 0 to 2^32 - 1. */
  word(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** 0 to `end` - 1; 0 when `end` is 0. */
  below(end: number): number {
    return end <= 0 ? 0 : Math.floor((this.word() / 2 ** 32) * end);
  }

  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** Once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.word();
    return bytes;
  }
}
