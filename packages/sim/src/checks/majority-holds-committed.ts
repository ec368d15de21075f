import type { LogShadow } from '../log-shadow.js';
import { violated } from '../violation.js';

/**
 * When a leader moves its high watermark, a majority of voters has the batch before it on disk, synced: no crash of any kind
 * can take it from them. This is where a leader that counts what it, or a follower, has only written is found.
 */
export class MajorityHoldsCommitted {
  /** @param ofVoters - the log of each voter that the leader counts; undefined where the voter's disk is gone. */
  leaderAdvanced(leaderId: number, highWatermark: number, ofLeader: LogShadow | undefined, ofVoters: ReadonlyMap<number, LogShadow | undefined>): void {
    const batch = ofLeader?.batchBefore(highWatermark);
    if (batch === undefined) violated('majority-holds-committed', `leader ${leaderId} commits ${highWatermark}, which its own log does not hold`);
    const holders = [...ofVoters].filter(([, log]) => log !== undefined && log.flushedEnd >= highWatermark && log.holds(batch));
    if (2 * holders.length > ofVoters.size) return;
    const states = [...ofVoters].map(([id, log]) => (log === undefined ? `${id}: gone` : `${id}: end ${log.endOffset}, flushed ${log.flushedEnd}`));
    violated('majority-holds-committed', `leader ${leaderId} commits ${highWatermark}; on disk at ${holders.length} of ${ofVoters.size} voters (${states.join('; ')})`);
  }
}
