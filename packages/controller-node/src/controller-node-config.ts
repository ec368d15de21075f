import { MAX_WRITTEN_BATCH_BYTES, MAX_WRITTEN_BATCH_RECORDS } from '@quorate/records';
import type { BatchLimits } from './batch-builder.js';

/** Settings of the controller's loop, already checked by `config`. */
export interface ControllerNodeConfig {
  /** `metadata.max.idle.interval.ms`: a NoOp record follows when nothing was written for so long (KIP-835); 0 disables. */
  readonly maxIdleIntervalMs: number;
  /** `metadata.log.max.batch.bytes` and our limit of records. */
  readonly batchLimits: BatchLimits;
  /** Batches proposed and not yet committed before the next one waits. */
  readonly maxUncommittedBatches: number;
  /** Commands that may wait to be decided; one more is refused at once. */
  readonly maxQueuedCommands: number;
}

export const DEFAULT_CONTROLLER_NODE_CONFIG: ControllerNodeConfig = {
  maxIdleIntervalMs: 500,
  batchLimits: { maxRecords: MAX_WRITTEN_BATCH_RECORDS, maxBytes: MAX_WRITTEN_BATCH_BYTES },
  maxUncommittedBatches: 8,
  maxQueuedCommands: 20_000,
};
