/** Uniform in [0, 1); decides what a crash leaves. */
export type Random = () => number;

/** Decides what a crash leaves of what was not synced. */
export interface CrashChoice {
  /** One of so many possibilities, from 0. */
  pick(count: number): number;
  /** A size that a file may have: the durable one, one of those it had since, or one in between. */
  size(durable: number, since: readonly number[]): number;
  /** Possibilities that look alike are one. */
  readonly onlyDistinct: boolean;
}

/** One outcome, at random. */
export function randomChoice(random: Random): CrashChoice {
  return {
    onlyDistinct: false,
    pick: (count) => Math.floor(random() * count),
    size: (durable, since) => {
      const sizes = [durable, ...since];
      const smallest = Math.min(...sizes);
      const largest = Math.max(...sizes);
      // The ends are what matters most, the middle is what is easily forgotten.
      const choice = random();
      if (choice < 0.4) return durable;
      if (choice < 0.8) return sizes.at(-1)!;
      return smallest + Math.floor(random() * (largest - smallest + 1));
    },
  };
}

const SIZE_STEP_BYTES = 512;

/** Every outcome, one after another: the choices are the digits of a number that counts up. */
export class EveryChoice implements CrashChoice {
  readonly onlyDistinct = true;
  private readonly digits: number[] = [];
  private readonly bases: number[] = [];
  private at = 0;

  /** Begins the next outcome; false when there is none. */
  next(): boolean {
    this.at = 0;
    while (this.digits.length > 0) {
      const last = this.digits.length - 1;
      if (++this.digits[last]! < this.bases[last]!) return true;
      this.digits.pop();
      this.bases.pop();
    }
    return false;
  }

  pick(count: number): number {
    if (count <= 1) return 0;
    if (this.at === this.digits.length) {
      this.digits.push(0);
      this.bases.push(count);
    }
    return this.digits[this.at++]!;
  }

  /** Of the sizes in between: each whole sector, and one byte less than the largest. */
  size(durable: number, since: readonly number[]): number {
    const sizes = new Set([durable, ...since]);
    const smallest = Math.min(...sizes);
    const largest = Math.max(...sizes);
    for (let size = Math.ceil((smallest + 1) / SIZE_STEP_BYTES) * SIZE_STEP_BYTES; size < largest; size += SIZE_STEP_BYTES) sizes.add(size);
    if (largest > smallest) sizes.add(largest - 1);
    return [...sizes][this.pick(sizes.size)]!;
  }
}
