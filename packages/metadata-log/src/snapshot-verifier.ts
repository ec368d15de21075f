import { bytesEqual, decodeControlRecord, genesisChecksum, readBatch, recordsOf, type ControlRecord, type EncodedBatch } from '@quorate/records';
import { votersFromRecord } from '@quorate/raft-core';
import type { SnapshotHead } from '@quorate/raft-node';
import { readU32 } from './bytes.js';
import type { SnapshotId } from './paths.js';
import { digestWith, encodeDigest } from './snapshot-file.js';

type FooterValue = Extract<ControlRecord, { kind: 'SnapshotFooter' }>['value'];

/** Which snapshot the bytes are said to be. */
export interface SnapshotClaim {
  readonly clusterId: string;
  readonly id: SnapshotId;
}

/**
 * Checks a snapshot as its bytes come, in order and in pieces of any size: every batch by itself and against the one
 * before it, then the footer's count and digest. Holds one batch at most, never the file.
 */
export class SnapshotVerifier {
  private readonly claim: SnapshotClaim;
  private problem: string | undefined;
  private head: SnapshotHead | undefined;
  private footer: FooterValue | undefined;
  private nextOffset = 0;
  private previousChecksum: number;
  private digest = 0;
  private recordCount = 0;
  private size = 0;
  /** The beginning of a batch whose rest has not come yet. */
  private carry = new Uint8Array(0);
  private carried = 0;

  constructor(claim: SnapshotClaim) {
    this.claim = claim;
    this.previousChecksum = genesisChecksum(claim.clusterId);
  }

  /** Bytes that came so far. */
  get sizeBytes(): number {
    return this.size;
  }

  /** Known as soon as the first batch has come and is sound. */
  get headSoFar(): SnapshotHead | undefined {
    return this.head;
  }

  /** Why the bytes so far can be no snapshot. */
  get problemSoFar(): string | undefined {
    return this.problem;
  }

  /** Takes the next bytes; keeps none of them beyond the call. */
  push(bytes: Uint8Array): void {
    const at = this.completeCarried(bytes);
    const rest = bytes.subarray(at);
    const taken = this.pushBatches(rest);
    if (this.problem === undefined) this.keep(rest.subarray(taken));
    this.size += rest.length - taken;
  }

  /**
   * Takes the whole batches at the beginning of `bytes`, and nothing of one that is cut off.
   *
   * @param onBatch - sees each batch that is sound, a view on `bytes`.
   * @returns how many bytes were taken; fewer than whole batches there are when a problem was found.
   */
  pushBatches(bytes: Uint8Array, onBatch: (batch: EncodedBatch) => void = () => {}): number {
    let at = 0;
    while (this.problem === undefined) {
      const read = readBatch(bytes, at);
      if (read.kind === 'damaged') this.problem = `no batch at byte ${this.size}: ${read.problem}`;
      if (read.kind !== 'batch') break;
      this.take(read.batch);
      if (this.problem === undefined) onBatch(read.batch);
      this.size += read.nextAt - at;
      at = read.nextAt;
    }
    return at;
  }

  /** All has come. @returns what the snapshot says of itself, or why it is none. */
  end(): SnapshotHead | string {
    if (this.problem !== undefined) return this.problem;
    if (this.carried > 0) return `the file ends within a batch, ${this.carried} bytes behind its beginning`;
    if (this.head === undefined) return 'it does not begin with a snapshot header';
    if (this.footer === undefined) return 'it has no footer: it is incomplete';
    return this.head;
  }

  /** Adds to the batch that the last piece began. @returns how much of `bytes` belonged to it. */
  private completeCarried(bytes: Uint8Array): number {
    let at = 0;
    while (this.carried > 0 && this.problem === undefined && at < bytes.length) {
      const wanted = this.carried < LENGTH_KNOWN_BYTES ? LENGTH_KNOWN_BYTES : readU32(this.carry, 4);
      const piece = bytes.subarray(at, at + wanted - this.carried);
      this.keep(piece);
      at += piece.length;
      this.size += piece.length;
      const read = readBatch(this.carry.subarray(0, this.carried), 0);
      if (read.kind === 'damaged') this.problem = `a batch is damaged: ${read.problem}`;
      if (read.kind !== 'batch') continue;
      this.carried = 0;
      this.take(read.batch);
    }
    return at;
  }

  private keep(bytes: Uint8Array): void {
    const needed = this.carried + bytes.length;
    if (needed > this.carry.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.carry.length));
      larger.set(this.carry.subarray(0, this.carried));
      this.carry = larger;
    }
    this.carry.set(bytes, this.carried);
    this.carried = needed;
  }

  private take(batch: EncodedBatch): void {
    this.problem = this.orderProblem(batch) ?? (batch.isControl ? this.takeControl(batch) : this.takeRecords(batch));
    this.digest = digestWith(this.digest, batch);
    this.nextOffset = batch.endOffset;
    this.previousChecksum = batch.checksum;
  }

  private orderProblem(batch: EncodedBatch): string | undefined {
    if (this.footer !== undefined) return 'something stands behind its footer';
    if (batch.baseOffset !== this.nextOffset) return `a batch begins at ${batch.baseOffset}, expected ${this.nextOffset}`;
    if (batch.previousChecksum !== this.previousChecksum) {
      return this.nextOffset === 0 ? `it is not of cluster ${this.claim.clusterId}` : `the batch at ${this.nextOffset} does not chain to the one before it`;
    }
    if (batch.epoch !== this.claim.id.epoch) return `it was written as a snapshot of epoch ${batch.epoch}`;
    return undefined;
  }

  private takeRecords(batch: EncodedBatch): string | undefined {
    this.recordCount += batch.recordCount;
    return this.head === undefined ? 'it does not begin with a snapshot header' : undefined;
  }

  private takeControl(batch: EncodedBatch): string | undefined {
    if (this.head === undefined) {
      const head = readHead(batch, this.claim.id);
      if (typeof head === 'string') return head;
      this.head = head;
      return undefined;
    }
    const footer = readFooter(batch);
    if (typeof footer === 'string') return footer;
    if (footer.recordCount !== this.recordCount) return `its footer counts ${footer.recordCount} records, there are ${this.recordCount}`;
    if (!bytesEqual(footer.digest, encodeDigest(this.digest))) return 'its digest is not that of its footer';
    this.footer = footer;
    return undefined;
  }
}

/** Bytes of a batch that say how long it is. */
const LENGTH_KNOWN_BYTES = 8;

/** What the first batch says, or why it is no snapshot's. */
export function readHead(batch: EncodedBatch, id: SnapshotId): SnapshotHead | string {
  const controls = controlRecords(batch);
  if (typeof controls === 'string') return controls;
  const header = controls[0];
  const version = controls.find((record) => record.kind === 'KRaftVersion');
  const voters = controls.find((record) => record.kind === 'KRaftVoters');
  if (header?.kind !== 'SnapshotHeader') return 'it does not begin with a snapshot header';
  const { lastContainedLogTimestamp, chainChecksum, imageDigest } = header.value;
  return unlessBroken(() => ({
    id,
    lastContainedTimestampMs: lastContainedLogTimestamp,
    chainChecksum,
    imageDigest:
      imageDigest === undefined
        ? undefined
        : { lastStableOffset: imageDigest.lastStableOffset as SnapshotId['endOffset'], version: imageDigest.digestVersion, value: Uint8Array.from(imageDigest.value) },
    kraftVersion: version?.value.kraftVersion ?? 0,
    voters: voters === undefined ? undefined : votersFromRecord(voters.value),
  }));
}

/** What the last batch says, or why it is no footer. */
export function readFooter(batch: EncodedBatch): FooterValue | string {
  const controls = controlRecords(batch);
  if (typeof controls === 'string') return controls;
  const footer = controls[0];
  return footer?.kind === 'SnapshotFooter' ? footer.value : `a control batch with ${footer?.kind ?? 'nothing'} stands where the footer should`;
}

function controlRecords(batch: EncodedBatch): ControlRecord[] | string {
  return batch.isControl ? unlessBroken(() => recordsOf(batch).map(decodeControlRecord)) : 'it does not begin with a snapshot header';
}

/** Whatever decoding throws is the fault of the bytes, which come from a disk or from another node. */
function unlessBroken<T>(decode: () => T): T | string {
  try {
    return decode();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
