import type { LogShadow } from '../log-shadow.js';
import { violated } from '../violation.js';

/** A log that comes back from a crash holds at least what was reported flushed, unchanged (design §5). */
export class RecoveredWhatWasFlushed {
  recovered(nodeId: number, before: LogShadow, after: LogShadow): void {
    const flushed = before.batchBefore(before.flushedEnd);
    if (flushed === undefined) return;
    if (!after.holds(flushed)) {
      violated('recovered-what-was-flushed', `node ${nodeId} had flushed up to ${before.flushedEnd}; its log came back with end ${after.endOffset}`);
    }
  }
}
