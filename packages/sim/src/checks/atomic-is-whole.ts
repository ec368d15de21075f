import type { TopicCall } from '../history/topic-model.js';
import { violated } from '../violation.js';

/** Whoever sees a topic sees all of it: a request that takes several batches is there whole or not at all (KIP-868). */
export class AtomicIsWhole {
  readonly #partitionCounts = new Map<string, Set<number>>();

  /** Once it is done, the topic may have as many partitions as were asked for here. */
  asked(topic: string, call: TopicCall): void {
    if (call.kind !== 'create' && call.kind !== 'grow') return;
    const counts = this.#partitionCounts.get(topic) ?? new Set();
    this.#partitionCounts.set(topic, counts.add(call.kind === 'create' ? call.partitions : call.total));
  }

  /** @param partitionsOf - how many partitions an image shows of a topic; undefined when it does not have it. */
  check(nodeId: number, partitionsOf: (topic: string) => number | undefined): void {
    for (const [topic, counts] of this.#partitionCounts) {
      const shown = partitionsOf(topic);
      if (shown !== undefined && !counts.has(shown)) violated('atomic-is-whole', `node ${nodeId} shows ${shown} partitions of topic ${topic}; ${[...counts].join(' or ')} were asked for`);
    }
  }
}
