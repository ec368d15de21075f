import { violated } from '../violation.js';

/**
 * In a world whose faults disturb no majority, whoever is claimed leader first stays it: no node stands against a leader
 * that is heard (KIP-996, the reason for pre-votes).
 */
export class StableLeadership {
  readonly #isCalm: boolean;
  #first: { readonly nodeId: number; readonly epoch: number } | undefined;

  constructor(isCalm: boolean) {
    this.#isCalm = isCalm;
  }

  claimed(nodeId: number, epoch: number): void {
    if (!this.#isCalm) return;
    if (this.#first !== undefined) {
      violated('stable-leadership', `node ${nodeId} claims epoch ${epoch} in a calm world in which node ${this.#first.nodeId} leads epoch ${this.#first.epoch}`);
    }
    this.#first = { nodeId, epoch };
  }
}
