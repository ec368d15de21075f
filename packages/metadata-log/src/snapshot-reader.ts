import { BATCH_HEADER_BYTES, parseBatchHeader, type EncodedBatch } from '@quorate/records';
import type { SnapshotHead, SnapshotReader } from '@quorate/raft-node';
import { LogDamageError } from './errors.js';
import type { FileHandle } from './file-system.js';
import { readFirstBatch } from './snapshot-scan.js';
import { readHead, SnapshotVerifier, type SnapshotClaim } from './snapshot-verifier.js';

/**
 * Reads a snapshot in slices, never the whole. It was verified wholly before (when it was written, installed or found at
 * the start); all of it is checked once more as it goes by: each batch, the chain, and the footer at the end.
 */
export class DiskSnapshotReader implements SnapshotReader {
  readonly head: SnapshotHead;
  private readonly file: FileHandle;
  private readonly sizeBytes: number;
  private readonly verifier: SnapshotVerifier;
  private position = 0;
  private buffer = new Uint8Array(0);
  private closed = false;

  /** @param file - the reader's own; closed by `close`. @throws LogDamageError when the beginning is no snapshot's. */
  constructor(file: FileHandle, claim: SnapshotClaim) {
    this.file = file;
    this.sizeBytes = file.sizeSync();
    this.verifier = new SnapshotVerifier(claim);
    const first = readFirstBatch(file, this.sizeBytes);
    const head = typeof first === 'string' ? first : readHead(first, claim.id);
    if (typeof head === 'string') throw new LogDamageError(file.path, 0, head);
    this.head = head;
  }

  next(maxBytes: number): readonly EncodedBatch[] {
    for (;;) {
      if (this.position >= this.sizeBytes) {
        this.check(this.verifier.end());
        return [];
      }
      const batches = this.readSlice(maxBytes);
      if (batches.length > 0) return batches;
    }
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.file.close();
  }

  /** The next batches, those of metadata records; none when only control batches came. */
  private readSlice(maxBytes: number): EncodedBatch[] {
    const batches: EncodedBatch[] = [];
    const collect = (batch: EncodedBatch) => void (batch.isControl || batches.push(batch));
    const slice = this.read(Math.max(maxBytes, BATCH_HEADER_BYTES));
    let taken = this.verifier.pushBatches(slice, collect);
    const first = taken === 0 ? parseBatchHeader(slice, 0) : undefined;
    if (first !== undefined && this.verifier.problemSoFar === undefined) taken = this.verifier.pushBatches(this.read(first.sizeBytes), collect);
    this.check(this.verifier.problemSoFar ?? (taken === 0 ? 'the file ends within a batch' : undefined));
    this.position += taken;
    return batches;
  }

  private read(wantedBytes: number): Uint8Array {
    const sizeBytes = Math.min(wantedBytes, this.sizeBytes - this.position);
    if (sizeBytes > this.buffer.length) this.buffer = new Uint8Array(sizeBytes);
    const into = this.buffer.subarray(0, sizeBytes);
    return into.subarray(0, this.file.readSync(into, this.position));
  }

  private check(problem: SnapshotHead | string | undefined): void {
    if (typeof problem === 'string') throw new LogDamageError(this.file.path, this.position, problem);
  }
}
