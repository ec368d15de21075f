import { violated } from '../violation.js';

/** A node's epoch never falls, neither while it runs nor, on disk, across crashes (kraft.md §1.1). */
export class EpochsNeverFall {
  readonly #persisted = new Map<number, number>();
  readonly #running = new Map<number, number>();

  /** The epoch of a running node. */
  runs(nodeId: number, epoch: number): void {
    check('runs', this.#running, nodeId, epoch);
  }

  /** The election state that a node has on disk. */
  persisted(nodeId: number, epoch: number): void {
    check('persisted', this.#persisted, nodeId, epoch);
  }

  /** The disk that knew it is gone. */
  forgotten(nodeId: number): void {
    this.#persisted.delete(nodeId);
    this.#running.delete(nodeId);
  }

  /** What only stood in memory may be forgotten; what was persisted may not. */
  restarted(nodeId: number, epoch: number): void {
    check('restarted with', this.#persisted, nodeId, epoch);
    this.#running.set(nodeId, epoch);
  }
}

function check(what: string, seen: Map<number, number>, nodeId: number, epoch: number): void {
  const before = seen.get(nodeId) ?? 0;
  if (epoch < before) violated('epochs-never-fall', `node ${nodeId} ${what} epoch ${epoch} after ${before}`);
  seen.set(nodeId, epoch);
}
