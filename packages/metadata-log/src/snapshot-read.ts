import { bytesEqual, crc32c, decodeControlRecord, genesisChecksum, readBatches, RecordFormatError, recordsOf, type ControlRecord, type EncodedBatch } from '@quorate/records';
import { votersFromRecord, type Voter } from '@quorate/raft-core';
import { encodeDigest } from './snapshot-file.js';

type HeaderValue = Extract<ControlRecord, { kind: 'SnapshotHeader' }>['value'];

/** A snapshot that is whole: every check of its footer has passed. */
export interface SnapshotContent {
  readonly header: HeaderValue;
  readonly kraftVersion: number | undefined;
  readonly voters: readonly Voter[] | undefined;
  /** Batches with metadata records, views on the input. */
  readonly batches: readonly EncodedBatch[];
}

/** @returns the content, or a sentence that says why these bytes are no whole snapshot of this cluster. */
export function readSnapshot(bytes: Uint8Array, clusterId: string): SnapshotContent | string {
  const { batches, problem } = readBatches(bytes);
  if (problem !== undefined) return problem;
  const chainProblem = checkChain(batches, clusterId);
  if (chainProblem !== undefined) return chainProblem;
  const first = batches[0];
  const last = batches.at(-1);
  if (first === undefined || last === undefined || !first.isControl) return 'it does not begin with a snapshot header';
  try {
    const controls = recordsOf(first).map(decodeControlRecord);
    const header = controls[0];
    if (header?.kind !== 'SnapshotHeader') return 'it does not begin with a snapshot header';
    const footerProblem = checkFooter(bytes, batches);
    if (footerProblem !== undefined) return footerProblem;
    const version = controls.find((record) => record.kind === 'KRaftVersion');
    const voters = controls.find((record) => record.kind === 'KRaftVoters');
    return {
      header: header.value,
      kraftVersion: version?.value.kraftVersion,
      voters: voters === undefined ? undefined : votersFromRecord(voters.value),
      batches: batches.filter((batch) => !batch.isControl),
    };
  } catch (error) {
    if (error instanceof RecordFormatError || error instanceof RangeError) return error.message;
    throw error;
  }
}

function checkChain(batches: readonly EncodedBatch[], clusterId: string): string | undefined {
  let offset = 0;
  let checksum = genesisChecksum(clusterId);
  for (const batch of batches) {
    if (batch.baseOffset !== offset) return `a batch begins at ${batch.baseOffset}, expected ${offset}`;
    if (batch.previousChecksum !== checksum) return offset === 0 ? `it is not of cluster ${clusterId}` : `the batch at ${offset} does not chain to the one before it`;
    offset = batch.endOffset;
    checksum = batch.checksum;
  }
  return undefined;
}

function checkFooter(bytes: Uint8Array, batches: readonly EncodedBatch[]): string | undefined {
  const last = batches.at(-1)!;
  const footer = last.isControl ? recordsOf(last).map(decodeControlRecord)[0] : undefined;
  if (footer?.kind !== 'SnapshotFooter') return 'it has no footer: it is incomplete';
  const count = batches.reduce((sum, batch) => sum + (batch.isControl ? 0 : batch.recordCount), 0);
  if (footer.value.recordCount !== count) return `its footer counts ${footer.value.recordCount} records, there are ${count}`;
  const digest = encodeDigest(crc32c(bytes, 0, bytes.length - last.bytes.length));
  return bytesEqual(footer.value.digest, digest) ? undefined : 'its digest is not that of its footer';
}
