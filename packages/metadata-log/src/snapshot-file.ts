import {
  crc32c,
  crc32cOfBoth,
  encodeBatch,
  encodeControlRecord,
  encodedRecordSize,
  genesisChecksum,
  MAX_WRITTEN_BATCH_BYTES,
  MAX_WRITTEN_BATCH_RECORDS,
  type ControlRecord,
  type EncodedBatch,
  encodeRecord,
  type RawRecord,
  type RequestOutcome,
} from '@quorate/records';
import { kraftVersionRecord, VoterSet, votersRecord } from '@quorate/raft-core';
import type { SnapshotHead } from '@quorate/raft-node';
import { assert } from './assert.js';
import { writeU32 } from './bytes.js';
import type { FileHandle, FileSystem } from './file-system.js';
import { fileSystemError, isOutOfSpace } from './file-system-error.js';
import { LOG_DIRECTORY, snapshotPath } from './paths.js';
import { inSequence } from './steps.js';

/** Digest algorithm 1: one byte 1, then CRC-32C, big-endian, over every byte of the file before the footer's batch. */
export const DIGEST_CRC32C = 1;

export function encodeDigest(crc: number): Uint8Array {
  const digest = new Uint8Array(5);
  digest[0] = DIGEST_CRC32C;
  writeU32(digest, 1, crc);
  return digest;
}

/** The digest of all before a batch, taken on over the batch: from the batch's own checksum, which leaves out the first four bytes, itself. */
export function digestWith(digest: number, { bytes, checksum }: EncodedBatch): number {
  return crc32cOfBoth(crc32c(bytes, 0, CHECKSUM_BYTES, digest), checksum, bytes.length - CHECKSUM_BYTES);
}

const CHECKSUM_BYTES = 4;

/**
 * Writes one snapshot: header batch, data batches, footer batch, with offsets of its own from 0 and a chain of its own
 * from the cluster's genesis. Nobody sees it before `freeze` is done; a crash before leaves a `.part` file that the next
 * start removes.
 */
export class SnapshotWriter {
  private readonly fs: FileSystem;
  private readonly head: SnapshotHead;
  private readonly path: string;
  private readonly file: FileHandle;
  private position = 0;
  private nextOffset = 0;
  private previousChecksum: number;
  private digest = 0;
  private metadataRecords = 0;
  private hasRequests = false;
  private frozen = false;

  constructor(fs: FileSystem, clusterId: string, head: SnapshotHead) {
    this.fs = fs;
    this.head = head;
    this.path = snapshotPath(head.id);
    this.previousChecksum = genesisChecksum(clusterId);
    this.file = fs.open(`${this.path}.part`, { create: true });
    try {
      this.begin();
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  private begin(): void {
    const { head } = this;
    this.file.truncateSync(0);
    const imageDigest = head.imageDigest && { lastStableOffset: head.imageDigest.lastStableOffset, digestVersion: head.imageDigest.version, value: head.imageDigest.value };
    const header: ControlRecord = {
      kind: 'SnapshotHeader',
      version: 0,
      value: { version: 0, lastContainedLogTimestamp: head.lastContainedTimestampMs, chainChecksum: head.chainChecksum, imageDigest },
    };
    const controls = [header, kraftVersionRecord(head.kraftVersion), ...(head.voters === undefined ? [] : [votersRecord(new VoterSet(head.voters))])];
    this.write(controls.map(encodeControlRecord), true);
  }

  /** Bytes written so far. */
  get sizeBytes(): number {
    return this.position;
  }

  /** Adds metadata records, at least one, in as many batches as they need. */
  append(records: readonly RawRecord[]): void {
    assert(!this.frozen, 'append to a frozen snapshot');
    assert(!this.hasRequests, 'records behind the requests of a snapshot');
    let from = 0;
    let size = 0;
    for (let i = 0; i < records.length; i++) {
      const recordBytes = encodedRecordSize(records[i]!);
      if (i > from && (size + recordBytes > MAX_WRITTEN_BATCH_BYTES - BATCH_ROOM || i - from === MAX_WRITTEN_BATCH_RECORDS)) {
        this.write(records.slice(from, i), false);
        from = i;
        size = 0;
      }
      size += recordBytes;
    }
    if (from < records.length) this.write(records.slice(from), false);
    this.metadataRecords += records.length;
  }

  /**
   * Adds ids of requests and what became of them, all of batches appended at that time, after the last record: batches of
   * one NoOp record each that carry them in their requests section.
   */
  appendRequests(appendTimeMs: number, requests: readonly RequestOutcome[]): void {
    assert(!this.frozen, 'requests for a frozen snapshot');
    this.hasRequests = true;
    let from = 0;
    let size = 0;
    for (let i = 0; i < requests.length; i++) {
      const requestBytes = REQUEST_ROOM + requests[i]!.items.length * ITEM_ROOM;
      if (i > from && size + requestBytes > MAX_WRITTEN_BATCH_BYTES - BATCH_ROOM) {
        this.writeCarrier(appendTimeMs, requests.slice(from, i));
        from = i;
        size = 0;
      }
      size += requestBytes;
    }
    if (from < requests.length) this.writeCarrier(appendTimeMs, requests.slice(from));
  }

  /** Writes the footer and makes the snapshot durable under its name. The writer is done with then. */
  freeze(done: (error: Error | undefined) => void): void {
    assert(!this.frozen, 'snapshot frozen twice');
    this.frozen = true;
    const footer: ControlRecord = { kind: 'SnapshotFooter', version: 0, value: { version: 0, recordCount: this.metadataRecords, digest: encodeDigest(this.digest) } };
    inSequence(
      [
        (next) => {
          this.unlessFull(() => this.write([encodeControlRecord(footer)], true));
          // Even for want of room: after a failed sync nothing is known of the file.
          this.file.sync((error) => next(error && syncFailed(error)));
        },
        (next) => {
          this.unlessFull(() => this.fs.rename(`${this.path}.part`, this.path));
          this.file.close();
          this.fs.syncDirectory(LOG_DIRECTORY, (error) => next(error && syncFailed(error)));
        },
      ],
      done,
    );
  }

  /** A disk without room for it keeps nothing of the snapshot. @throws what the file system throws. */
  private unlessFull(io: () => void): void {
    try {
      io();
    } catch (error) {
      if (isOutOfSpace(error)) this.remove();
      throw error;
    }
  }

  /** Gives up: the file goes away. */
  discard(): void {
    assert(!this.frozen, 'a frozen snapshot cannot be discarded');
    this.frozen = true;
    this.remove();
  }

  private remove(): void {
    this.file.close();
    this.fs.unlink(`${this.path}.part`);
  }

  private writeCarrier(appendTimeMs: number, requests: readonly RequestOutcome[]): void {
    this.metadataRecords++;
    // Their records are elsewhere: none is in this batch.
    const outcomes = requests.map((request) => ({ ...request, firstRecord: 1 }));
    this.write([encodeRecord({ kind: 'NoOp', version: 0, value: {} })], false, appendTimeMs, outcomes);
  }

  private write(records: readonly RawRecord[], isControl: boolean, appendTimeMs = this.head.lastContainedTimestampMs, requests?: readonly RequestOutcome[]): void {
    const batch: EncodedBatch = encodeBatch({
      baseOffset: this.nextOffset,
      epoch: this.head.id.epoch,
      appendTimeMs,
      isControl,
      previousChecksum: this.previousChecksum,
      records,
      requests,
    });
    this.file.writeSync(batch.bytes, this.position);
    this.digest = digestWith(this.digest, batch);
    this.position += batch.bytes.length;
    this.nextOffset = batch.endOffset;
    this.previousChecksum = batch.checksum;
  }
}

/** No want of room, whatever the system calls it: that could be made good. */
function syncFailed(error: Error): Error {
  return fileSystemError('EIO', `a sync failed: ${error.message}`);
}

/** What a batch's header takes, and the carrier's record. */
const BATCH_ROOM = 64;
/** More than the bytes of a request without its items, and of an item. */
const REQUEST_ROOM = 40;
const ITEM_ROOM = 40;
