import { violated } from '../violation.js';

/** Sizes of what can grow in a node. */
export type QueueSizes = Readonly<Record<string, number>>;

/** Nothing in a node grows without bound, whatever is done to it. */
export class QueueBounds {
  readonly #bounds: QueueSizes;

  constructor(bounds: QueueSizes) {
    this.#bounds = bounds;
  }

  check(nodeId: number, sizes: QueueSizes): void {
    for (const [name, size] of Object.entries(sizes)) {
      const bound = this.#bounds[name];
      if (bound !== undefined && size > bound) violated('queue-bounds', `node ${nodeId} has ${size} ${name}, more than ${bound}`);
    }
  }
}
