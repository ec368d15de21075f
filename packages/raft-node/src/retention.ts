import type { Offset } from '@quorate/records';
import type { SnapshotInfo } from './snapshot-ports.js';

/** How much history is kept. Soft limits: they are looked at now and then, and what a restart needs always stays. */
export interface SnapshotRetention {
  /** `metadata.max.retention.bytes`: of log and snapshots together; undefined = no limit. */
  readonly maxBytes: number | undefined;
  /** `metadata.max.retention.ms`: of a snapshot's last contained append time; undefined = no limit. */
  readonly maxMs: number | undefined;
  /** How often they are looked at; left out: every minute. */
  readonly intervalMs?: number;
}

/** How often it is looked whether something may go, besides each time that a snapshot is made. Kafka's value. */
export const CLEANING_INTERVAL_MS = 60_000;

export interface Kept {
  /** Oldest first. */
  readonly snapshots: readonly SnapshotInfo[];
  readonly logStartOffset: Offset;
  /** Bytes of all segments. */
  readonly logBytes: number;
}

export interface CleaningStep {
  /** Everything before it may go; a snapshot ends exactly there. */
  readonly startOffset: Offset;
  readonly reason: 'size' | 'age';
}

/**
 * The next step of cleaning: the oldest snapshot goes, and the log before the one that follows it. Nothing goes unless two
 * snapshots are there, so that the newest always stays. First by size, then by age; ask again after each step.
 * Source: KIP-630.
 *
 * @param wallMs - milliseconds since 1970.
 */
export function nextCleaningStep({ snapshots, logStartOffset, logBytes }: Kept, retention: SnapshotRetention, wallMs: number): CleaningStep | undefined {
  const [oldest, next] = snapshots;
  if (oldest === undefined || next === undefined || next.id.endOffset <= logStartOffset) return undefined;
  const startOffset = next.id.endOffset;
  const totalBytes = snapshots.reduce((sum, { sizeBytes }) => sum + sizeBytes, logBytes);
  if (retention.maxBytes !== undefined && totalBytes > retention.maxBytes) return { startOffset, reason: 'size' };
  const isOld = retention.maxMs !== undefined && wallMs - oldest.lastContainedTimestampMs > retention.maxMs;
  return isOld ? { startOffset, reason: 'age' } : undefined;
}
