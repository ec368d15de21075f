import type { BeginQuorumEpochResponse, EndQuorumEpochResponse, FetchResponse, FetchSnapshotResponse, VoteResponse } from '@quorate/raft-core';
import { concatBytes, readBatches, type EncodedBatch, type Offset } from '@quorate/records';
import type * as wire from '@quorate/records/gen/quorate/raft/v1/raft';
import { raftErrorFromWire, raftErrorToWire, refusalFromWire, refusalToWire } from './raft-enums.js';
import { leaderFromWire, leaderToWire, offsetAndEpochFromWire, snapshotIdFromWire } from './raft-parts.js';
import { optional, readBytePosition, readEpoch, readOffset } from './read-fields.js';
import { WireFormatError } from './wire-format-error.js';

/** Raft answers to the wire and back; each pair is its own inverse (raft-wire.spec.ts). */

export function voteResponseToWire(response: VoteResponse): wire.VoteResponse {
  return {
    errorCode: raftErrorToWire(response.error),
    leader: leaderToWire(response),
    granted: response.granted,
    refusal: refusalToWire(response.refusal),
    lastEpoch: response.lastEpoch,
    endOffset: response.endOffset,
  };
}

export function voteResponseFromWire(message: wire.VoteResponse): VoteResponse {
  return {
    kind: 'vote',
    error: raftErrorFromWire(message.errorCode),
    ...leaderFromWire('leader', message.leader),
    granted: message.granted,
    refusal: refusalFromWire(message.refusal),
    lastEpoch: readEpoch('last_epoch', message.lastEpoch),
    endOffset: readOffset('end_offset', message.endOffset),
  };
}

export function beginResponseToWire(response: BeginQuorumEpochResponse): wire.BeginQuorumEpochResponse {
  return { errorCode: raftErrorToWire(response.error), leader: leaderToWire(response) };
}

export function beginResponseFromWire(message: wire.BeginQuorumEpochResponse): BeginQuorumEpochResponse {
  return { kind: 'beginQuorumEpoch', error: raftErrorFromWire(message.errorCode), ...leaderFromWire('leader', message.leader) };
}

export function endResponseToWire(response: EndQuorumEpochResponse): wire.EndQuorumEpochResponse {
  return { errorCode: raftErrorToWire(response.error), leader: leaderToWire(response) };
}

export function endResponseFromWire(message: wire.EndQuorumEpochResponse): EndQuorumEpochResponse {
  return { kind: 'endQuorumEpoch', error: raftErrorFromWire(message.errorCode), ...leaderFromWire('leader', message.leader) };
}

/** @param wrongImageAt - the asker's image is wrong there, as most voters see it. */
export function fetchResponseToWire(response: FetchResponse, wrongImageAt?: Offset): wire.FetchResult {
  return {
    errorCode: raftErrorToWire(response.error),
    leader: leaderToWire(response),
    highWatermark: response.highWatermark,
    logStartOffset: response.logStartOffset,
    diverging: response.diverging,
    snapshotId: response.snapshotId,
    batches: joinedBatches(response.batches),
    readRound: response.readRound,
    feedPublishedOffset: response.feedPublishedOffset,
    feedKey: response.feedKey,
    wrongImageAt,
  };
}

/** @param damaged - told when the batches do not read to their end; what stands before the damage is kept. */
export function fetchResponseFromWire(message: wire.FetchResult, damaged: (problem: string) => void): FetchResponse {
  const { batches, problem } = readBatches(message.batches);
  if (problem !== undefined) damaged(problem);
  return {
    kind: 'fetch',
    error: raftErrorFromWire(message.errorCode),
    ...leaderFromWire('result.leader', message.leader),
    highWatermark: optional('result.high_watermark', message.highWatermark, readOffset),
    logStartOffset: readOffset('result.log_start_offset', message.logStartOffset),
    diverging: optional('result.diverging', message.diverging, offsetAndEpochFromWire),
    snapshotId: optional('result.snapshot_id', message.snapshotId, offsetAndEpochFromWire),
    batches,
    readRound: message.readRound,
    feedPublishedOffset: optional('result.feed_published_offset', message.feedPublishedOffset, readOffset),
    feedKey: message.feedKey,
  };
}

export function fetchSnapshotResponseToWire(response: FetchSnapshotResponse): wire.FetchSnapshotResult {
  return {
    errorCode: raftErrorToWire(response.error),
    leader: leaderToWire(response),
    snapshotId: response.snapshotId,
    size: response.size,
    position: response.position,
    unalignedRecords: response.bytes,
    chainChecksum: response.chainChecksum,
  };
}

/** The bytes are a view on the frame that they came in. */
export function fetchSnapshotResponseFromWire(message: wire.FetchSnapshotResult): FetchSnapshotResponse {
  const error = raftErrorFromWire(message.errorCode);
  const size = readBytePosition('result.size', message.size);
  const position = readBytePosition('result.position', message.position);
  const bytes = message.unalignedRecords;
  if (error === 'NONE' && position + bytes.length > size) {
    throw new WireFormatError('result.unaligned_records', `must end within the snapshot's ${size} bytes, got ${bytes.length} at ${position}`);
  }
  return {
    kind: 'fetchSnapshot',
    error,
    ...leaderFromWire('result.leader', message.leader),
    snapshotId: snapshotIdFromWire('result.snapshot_id', message.snapshotId),
    size,
    position,
    bytes,
    chainChecksum: message.chainChecksum,
  };
}

/** A hundred observers at one offset get the same list of batches: its bytes are joined once. */
const joined = new WeakMap<readonly EncodedBatch[], Uint8Array>();
const NO_BYTES = new Uint8Array(0);

function joinedBatches(batches: readonly EncodedBatch[]): Uint8Array {
  if (batches.length === 0) return NO_BYTES;
  if (batches.length === 1) return batches[0]!.bytes;
  let bytes = joined.get(batches);
  if (bytes === undefined) {
    bytes = concatBytes(batches.map((batch) => batch.bytes));
    joined.set(batches, bytes);
  }
  return bytes;
}
