import type { LogShadow, ShadowBatch } from '../log-shadow.js';
import { violated } from '../violation.js';

/** Whoever wins an election holds everything that was committed before (Raft paper 5.4: leader completeness). */
export class LeaderIsComplete {
  elected(leaderId: number, log: LogShadow, lastCommitted: ShadowBatch | undefined): void {
    if (lastCommitted === undefined) return;
    const own = log.batchBefore(lastCommitted.endOffset);
    if (own?.checksum !== lastCommitted.checksum) {
      violated('leader-is-complete', `node ${leaderId} leads with a log that ends at ${log.endOffset} and lacks what is committed up to ${lastCommitted.endOffset}`);
    }
  }
}
