import { violated } from '../violation.js';

/** Whoever leads has decided from its image: a snapshot never takes its place (kraft.md §10.1: LeaderNeverLoadSnapshot). */
export class LeaderNeverLoads {
  readonly #claimed = new Set<number>();

  claimed(nodeId: number): void {
    this.#claimed.add(nodeId);
  }

  renounced(nodeId: number): void {
    this.#claimed.delete(nodeId);
  }

  loads(nodeId: number, endOffset: number): void {
    if (this.#claimed.has(nodeId)) violated('leader-never-loads', `node ${nodeId} is made to load a snapshot that ends at ${endOffset}, and leads`);
  }
}
