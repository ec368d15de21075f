import type { LogShadow } from '../log-shadow.js';
import { violated } from '../violation.js';

/**
 * When a leader moves its high watermark, a majority of voters has the batch before it on disk, synced: no crash of any kind
 * can take it from them. This is where a leader that counts what it, or a follower, has only written is found.
 */
export class MajorityHoldsCommitted {
  leaderAdvanced(leaderId: number, highWatermark: number, logs: ReadonlyMap<number, LogShadow>): void {
    const batch = logs.get(leaderId)?.batchBefore(highWatermark);
    if (batch === undefined) violated('majority-holds-committed', `leader ${leaderId} commits ${highWatermark}, which its own log does not hold`);
    const holders = [...logs].filter(([, log]) => log.flushedEnd >= highWatermark && log.batchBefore(highWatermark)?.checksum === batch.checksum);
    if (2 * holders.length > logs.size) return;
    const states = [...logs].map(([id, log]) => `${id}: end ${log.endOffset}, flushed ${log.flushedEnd}`);
    violated('majority-holds-committed', `leader ${leaderId} commits ${highWatermark}; on disk at ${holders.length} of ${logs.size} voters (${states.join('; ')})`);
  }
}
