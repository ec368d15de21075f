import type { MetadataRecord, RawRecord } from '@quorate/records';
import { encodeRecords } from '@quorate/records';
import type { Decision } from '@quorate/controller-core';
import { BatchBuilder, recordsBytes, requestBytes } from './batch-builder.js';
import type { BatchLimits } from './batch-builder.js';

/** A record in both forms: as it is replayed, and as it is written. */
export interface PlannedRecord {
  readonly record: MetadataRecord;
  readonly raw: RawRecord;
}

/** How the records of a decision are to be written. */
export type RecordPlan =
  /** They fit one batch. */
  | { readonly kind: 'one-batch'; readonly records: readonly PlannedRecord[]; readonly bytes: number }
  /** They may stand in several batches, in order. */
  | { readonly kind: 'split'; readonly records: readonly PlannedRecord[] }
  /** All or nothing, and too many for a batch: Begin and End stand among `records`. */
  | { readonly kind: 'transaction'; readonly records: readonly PlannedRecord[] }
  /** No batch can hold one of the records, or the outcomes. */
  | { readonly kind: 'too-large'; readonly message: string };

/**
 * Decides, before anything is replayed, how a decision's records get into the log (we write batches of at most
 * 768 KiB and 10,000 records; a larger atomic operation is a metadata transaction).
 */
export function planRecords(decision: Decision, name: string, limits: BatchLimits): RecordPlan {
  const records = planned(decision.records);
  const ofRequest = requestBytes(decision.outcomes);
  const problem = tooLarge(records, ofRequest, limits);
  if (problem !== undefined) return { kind: 'too-large', message: problem };
  const bytes = recordsBytes(records.map(({ raw }) => raw)) + ofRequest;
  if (emptyBatch(limits).hasRoomFor(records.length, bytes)) return { kind: 'one-batch', records, bytes };
  // A decision that brings its own marks (bootstrap, Abort) is whole by them; transactions do not nest.
  const isMarked = decision.records.some(({ kind }) => kind === 'BeginTransaction' || kind === 'AbortTransaction');
  if (!decision.atomic || isMarked) return { kind: 'split', records };
  return { kind: 'transaction', records: [...planned([beginTransaction(name)]), ...records, ...planned([END_TRANSACTION])] };
}

function planned(records: readonly MetadataRecord[]): readonly PlannedRecord[] {
  return encodeRecords(records).map((raw, index) => ({ record: records[index]!, raw }));
}

function tooLarge(records: readonly PlannedRecord[], ofRequest: number, limits: BatchLimits): string | undefined {
  const empty = emptyBatch(limits);
  for (const { record, raw } of records) {
    const bytes = recordsBytes([raw]) + ofRequest;
    if (!empty.hasRoomFor(1, bytes)) return `a ${record.kind} record of ${raw.payload.length} bytes does not fit a batch of ${limits.maxBytes}`;
  }
  return undefined;
}

function emptyBatch(limits: BatchLimits): BatchBuilder {
  return new BatchBuilder(0 as BatchBuilder['baseOffset'], 0, limits);
}

function beginTransaction(name: string): MetadataRecord {
  return { kind: 'BeginTransaction', version: 0, value: { name } };
}

const END_TRANSACTION: MetadataRecord = { kind: 'EndTransaction', version: 0, value: {} };
