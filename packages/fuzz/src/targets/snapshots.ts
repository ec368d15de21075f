import { crc32c, encodeBatch, encodeControlRecord, genesisChecksum, concatBytes, type EncodedBatch, type Epoch, type Offset, type RawRecord } from '@quorate/records';
import { kraftVersionRecord, VoterSet, votersRecord } from '@quorate/raft-core';
import { SnapshotAssembly } from '@quorate/metadata-follower';
import { readSnapshot } from '@quorate/metadata-log';
import { SnapshotVerifier } from '@quorate/metadata-log/decoders';
import type { Random } from '../random.js';
import { repairBatches } from '../repair-batches.js';
import type { FuzzTarget } from '../target.js';
import { CLUSTER_ID, metadataRecords, voter } from './made.js';

/** A whole snapshot file: header, batches, footer with count and digest. */
export const snapshotTarget: FuzzTarget = {
  name: 'snapshot',
  shape: 'bytes',
  valid: snapshot,
  repair: (bytes, random) => withDigest(repairBatches(bytes, 0, random.oneIn(3)), random),
  decode: (bytes) => {
    const whole = readSnapshot(bytes, CLUSTER_ID);
    const verdict = inPieces(bytes);
    if (verdict === 'read' && typeof whole === 'string') throw new Error(`read in pieces, and refused as a whole: ${whole}`);
    const byFollower = asFollowersTakeIt(bytes);
    if (verdict === 'read' && byFollower !== 'read') throw new Error('read by a replica, and refused by those who follow without a log');
    return verdict;
  },
  // The beginning of a batch whose rest has not come is kept apart, in a buffer that doubles: by a replica, and by a follower.
  buffersPerByte: 8,
};

/** As they come from another node or off a disk; sizes that fall on no edge of anything. */
function inPieces(bytes: Uint8Array): 'read' | 'refused' {
  const verifier = new SnapshotVerifier({ clusterId: CLUSTER_ID, id: { endOffset: 9 as Offset, epoch: 3 as Epoch } });
  const size = bytes.length < 4096 ? 37 : 4093;
  for (let at = 0; at < bytes.length && verifier.problemSoFar === undefined; at += size) verifier.push(bytes.subarray(at, at + size));
  return typeof verifier.end() === 'string' ? 'refused' : 'read';
}

/** As brokers, gateway and exporter take it, which keep no file of it. */
function asFollowersTakeIt(bytes: Uint8Array): 'read' | 'refused' {
  const assembly = new SnapshotAssembly({ endOffset: 9 as Offset, epoch: 3 as Epoch }, genesisChecksum(CLUSTER_ID));
  const size = bytes.length < 4096 ? 41 : 4091;
  for (let at = 0; at < bytes.length; at += size) {
    if (assembly.push(bytes.subarray(at, at + size)).kind === 'damaged') return 'refused';
  }
  return assembly.isWhole ? 'read' : 'refused';
}

function snapshot(random: Random): Uint8Array {
  const made: EncodedBatch[] = [];
  const add = (records: readonly RawRecord[], isControl: boolean): void => {
    const last = made.at(-1);
    made.push(encodeBatch({ baseOffset: last?.endOffset ?? 0, epoch: 3, appendTimeMs: 1_700_000_000_000, isControl, previousChecksum: last?.checksum ?? genesisChecksum(CLUSTER_ID), records }));
  };
  add(
    [
      encodeControlRecord({ kind: 'SnapshotHeader', version: 0, value: { version: 0, lastContainedLogTimestamp: 1_700_000_000_000, chainChecksum: random.word(), imageDigest: undefined } }),
      encodeControlRecord(kraftVersionRecord(1)),
      ...(random.oneIn(3) ? [] : [encodeControlRecord(votersRecord(new VoterSet([voter(random)])))]),
    ],
    true,
  );
  for (let i = random.below(3); i > 0; i--) add(metadataRecords(random), false);
  const recordCount = made.reduce((sum, batch) => sum + (batch.isControl ? 0 : batch.recordCount), 0);
  const digest = digestOf(concatBytes(made.map((batch) => batch.bytes)));
  add([encodeControlRecord({ kind: 'SnapshotFooter', version: 0, value: { version: 0, recordCount, digest } })], true);
  return concatBytes(made.map((batch) => batch.bytes));
}

function digestOf(bytes: Uint8Array): Uint8Array {
  const digest = new Uint8Array(5);
  digest[0] = 1;
  new DataView(digest.buffer).setUint32(1, crc32c(bytes));
  return digest;
}

/** The footer's digest is the last five bytes of a footer as we write it. */
function withDigest(bytes: Uint8Array, random: Random): Uint8Array {
  let footerAt = 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 48 <= bytes.length; ) {
    const length = view.getUint32(at + 4);
    if (length < 48 || at + length > bytes.length) return bytes;
    footerAt = at;
    at += length;
  }
  if (random.oneIn(5) || bytes.length - footerAt < 60) return bytes;
  bytes.set(digestOf(bytes.subarray(0, footerAt)), bytes.length - 5);
  return repairBatches(bytes, footerAt, false);
}
