import { violated } from '../violation.js';

/** A snapshot holds what a replay of the log up to its end gives, byte for byte, whoever made it (design §1). */
export class SnapshotEqualsReplay {
  /** @param replayed - digest of the replay of what was committed up to `endOffset`. */
  check(nodeId: number, endOffset: number, digest: string, replayed: string | undefined): void {
    if (replayed === undefined) violated('snapshot-equals-replay', `node ${nodeId} has a snapshot that ends at ${endOffset}, where no replay can end`);
    if (digest !== replayed) violated('snapshot-equals-replay', `node ${nodeId} has a snapshot that ends at ${endOffset} with digest ${digest}; a replay gives ${replayed}`);
  }
}
