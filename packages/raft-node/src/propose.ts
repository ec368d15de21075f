import { encodeBatch, MAX_WRITTEN_BATCH_BYTES, MAX_WRITTEN_BATCH_RECORDS } from '@quorate/records';
import type { EncodedBatch, Epoch } from '@quorate/records';
import type { LogStore } from './ports.js';
import type { Proposal, ProposeRefusal } from './state-machine.js';

/**
 * Makes the batch of a proposal, with the offset and chain that the log has now.
 *
 * @param leading - the epoch whose leadership the state machine was given; undefined when none.
 * @returns the batch, or why it cannot be written: a refusal is an answer, nothing has happened.
 */
export function encodeProposal(proposal: Proposal, log: LogStore, leading: Epoch | undefined): EncodedBatch | ProposeRefusal {
  if (leading === undefined) return 'not-leader';
  if (proposal.epoch !== leading) return 'wrong-epoch';
  if (proposal.expectedBaseOffset !== log.endOffset) return 'wrong-offset';
  if (proposal.records.length > MAX_WRITTEN_BATCH_RECORDS) return 'too-large';
  const batch = encodeBatch({
    baseOffset: log.endOffset,
    epoch: proposal.epoch,
    appendTimeMs: proposal.appendTimeMs,
    isControl: false,
    previousChecksum: log.endChecksum,
    records: proposal.records,
    requests: proposal.requests,
  });
  return batch.bytes.length > MAX_WRITTEN_BATCH_BYTES ? 'too-large' : batch;
}
