import { violated } from '../violation.js';

/** Whoever sees a topic sees all of it: a request that takes several batches is there whole or not at all (KIP-868). */
export class AtomicIsWhole {
  readonly #partitionCounts = new Map<string, number>();

  asked(topic: string, partitionCount: number): void {
    this.#partitionCounts.set(topic, partitionCount);
  }

  /** @param partitionsOf - how many partitions an image shows of a topic; undefined when it does not have it. */
  check(nodeId: number, partitionsOf: (topic: string) => number | undefined): void {
    for (const [topic, asked] of this.#partitionCounts) {
      const shown = partitionsOf(topic);
      if (shown !== undefined && shown !== asked) violated('atomic-is-whole', `node ${nodeId} shows ${shown} of the ${asked} partitions of topic ${topic}`);
    }
  }
}
