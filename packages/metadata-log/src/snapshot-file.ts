import {
  crc32c,
  encodeBatch,
  encodeControlRecord,
  encodedRecordSize,
  genesisChecksum,
  MAX_WRITTEN_BATCH_BYTES,
  MAX_WRITTEN_BATCH_RECORDS,
  type ControlRecord,
  type EncodedBatch,
  type RawRecord,
} from '@quorate/records';
import { kraftVersionRecord, VoterSet, votersRecord, type Voter } from '@quorate/raft-core';
import { assert } from './assert.js';
import { writeU32 } from './bytes.js';
import type { FileHandle, FileSystem } from './file-system.js';
import { LOG_DIRECTORY, snapshotPath, type SnapshotId } from './paths.js';
import { inSequence } from './steps.js';

type HeaderValue = Extract<ControlRecord, { kind: 'SnapshotHeader' }>['value'];

/** What a snapshot says of itself and of Raft, besides its metadata records. */
export interface SnapshotHead {
  readonly clusterId: string;
  readonly id: SnapshotId;
  /** Append time of the last batch it contains, milliseconds since 1970; 0 in the bootstrap snapshot. */
  readonly lastContainedTimestampMs: number;
  /** Checksum of the log's batch that ends at `id.endOffset`; of the genesis at 0. */
  readonly chainChecksum: number;
  readonly imageDigest?: HeaderValue['imageDigest'];
  /** As of the snapshot's end offset. */
  readonly kraftVersion: number;
  /** As of the snapshot's end offset; left out when none were set. */
  readonly voters: readonly Voter[] | undefined;
}

/** Digest algorithm 1: one byte 1, then CRC-32C, big-endian, over every byte of the file before the footer's batch. */
export const DIGEST_CRC32C = 1;

export function encodeDigest(crc: number): Uint8Array {
  const digest = new Uint8Array(5);
  digest[0] = DIGEST_CRC32C;
  writeU32(digest, 1, crc);
  return digest;
}

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
  private frozen = false;

  constructor(fs: FileSystem, head: SnapshotHead) {
    this.fs = fs;
    this.head = head;
    this.path = snapshotPath(head.id);
    this.previousChecksum = genesisChecksum(head.clusterId);
    this.file = fs.open(`${this.path}.part`, { create: true });
    this.file.truncateSync(0);
    const { imageDigest } = head;
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

  /** Writes the footer and makes the snapshot durable under its name. The writer is done with then. */
  freeze(done: (error: Error | undefined) => void): void {
    assert(!this.frozen, 'snapshot frozen twice');
    this.frozen = true;
    const footer: ControlRecord = { kind: 'SnapshotFooter', version: 0, value: { version: 0, recordCount: this.metadataRecords, digest: encodeDigest(this.digest) } };
    inSequence(
      [
        (next) => {
          this.write([encodeControlRecord(footer)], true);
          this.file.sync(next);
        },
        (next) => {
          this.file.close();
          this.fs.rename(`${this.path}.part`, this.path);
          this.fs.syncDirectory(LOG_DIRECTORY, next);
        },
      ],
      done,
    );
  }

  /** Gives up: the file goes away. */
  discard(): void {
    assert(!this.frozen, 'a frozen snapshot cannot be discarded');
    this.frozen = true;
    this.file.close();
    this.fs.unlink(`${this.path}.part`);
  }

  private write(records: readonly RawRecord[], isControl: boolean): void {
    const batch: EncodedBatch = encodeBatch({
      baseOffset: this.nextOffset,
      epoch: this.head.id.epoch,
      appendTimeMs: this.head.lastContainedTimestampMs,
      isControl,
      previousChecksum: this.previousChecksum,
      records,
    });
    this.file.writeSync(batch.bytes, this.position);
    this.digest = crc32c(batch.bytes, 0, batch.bytes.length, this.digest);
    this.position += batch.bytes.length;
    this.nextOffset = batch.endOffset;
    this.previousChecksum = batch.checksum;
  }
}

/** What a batch's header takes. */
const BATCH_ROOM = 48;
