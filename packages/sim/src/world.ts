/** One thing that will happen. */
export interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  cancelled: boolean;
  readonly run: () => void;
}

/**
 * Virtual time and the one queue of everything that will happen, in order of time, then of scheduling. Nothing else in the
 * simulator moves time, and nothing in it happens outside of an event of this queue.
 */
export class World {
  readonly #heap: Scheduled[] = [];
  #nowMs = 0;
  #order = 0;
  #eventCount = 0;

  /** Milliseconds since the simulation began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  get queueLength(): number {
    return this.#heap.length;
  }

  after(delayMs: number, run: () => void): Scheduled {
    return this.at(this.#nowMs + delayMs, run);
  }

  at(atMs: number, run: () => void): Scheduled {
    const scheduled: Scheduled = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, cancelled: false, run };
    this.#push(scheduled);
    return scheduled;
  }

  /** Runs the next event; false when none is left at or before `untilMs`. Time then stands at `untilMs`. */
  step(untilMs: number): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return false;
      }
      this.#pop();
      if (next.cancelled) continue;
      this.#nowMs = next.atMs;
      this.#eventCount += 1;
      next.run();
      return true;
    }
  }

  #push(entry: Scheduled): void {
    const heap = this.#heap;
    heap.push(entry);
    let child = heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[child] = heap[parent]!;
      child = parent;
    }
    heap[child] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let parent = 0;
    for (;;) {
      const left = 2 * parent + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const smaller = right < heap.length && isBefore(heap[right]!, heap[left]!) ? right : left;
      if (!isBefore(heap[smaller]!, last)) break;
      heap[parent] = heap[smaller]!;
      parent = smaller;
    }
    heap[parent] = last;
  }
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
