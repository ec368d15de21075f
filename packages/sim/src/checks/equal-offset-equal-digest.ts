import { violated } from '../violation.js';

/** Images that have applied the log up to the same offset have the same digest, on whatever node and in whatever life of it. */
export class EqualOffsetEqualDigest {
  readonly #digests = new Map<number, { readonly digest: string; readonly nodeId: number }>();

  observed(nodeId: number, stableOffset: number, digest: string): void {
    const known = this.#digests.get(stableOffset);
    if (known === undefined) this.#digests.set(stableOffset, { digest, nodeId });
    else if (known.digest !== digest) {
      violated('equal-offset-equal-digest', `at offset ${stableOffset} node ${nodeId} has digest ${digest}, node ${known.nodeId} had ${known.digest}`);
    }
  }
}
