import type { SnapshotStart } from './ports.js';
import { copyBytes, crc32c, decodeControlRecord, readBatch, RecordFormatError, recordsOf } from '@quorate/records';
import type { ControlRecord, EncodedBatch, Epoch, Offset } from '@quorate/records';

/** What a piece of a snapshot brought. */
export type AssemblyStep =
  /** Batches of metadata records that are whole now, views on the pieces; `start` comes once, before the first of them. */
  | { readonly kind: 'batches'; readonly start: SnapshotStart | undefined; readonly batches: readonly EncodedBatch[] }
  | { readonly kind: 'damaged'; readonly problem: string };

/** With what the footer's digest begins: CRC-32C over every byte before the footer's batch (metadata-log/FORMAT.md). */
const DIGEST_CRC32C = 1;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * Puts a snapshot together again from pieces that end anywhere, and checks it as it comes: the header first, each batch and
 * its place in the chain, the footer last, with record count and digest. Keeps no more than one unfinished batch.
 */
export class SnapshotAssembly {
  readonly #id: { readonly endOffset: Offset; readonly epoch: Epoch };
  #position = 0;
  readonly #rest = new Unfinished();
  #nextOffset = 0;
  #chain: number;
  #crc = 0;
  #recordCount = 0;
  #hasHeader = false;
  #hasFooter = false;

  constructor(id: { readonly endOffset: Offset; readonly epoch: Epoch }, genesisChecksum: number) {
    this.#id = id;
    this.#chain = genesisChecksum;
  }

  /** Bytes taken so far: where the next piece has to begin. */
  get position(): number {
    return this.#position;
  }

  /** Whether the footer has come, and nothing behind it: all that was taken can be believed. */
  get isWhole(): boolean {
    return this.#hasFooter && this.#rest.isEmpty;
  }

  /** @param piece - borrowed, like the batches that come back, until the next call. */
  push(piece: Uint8Array): AssemblyStep {
    this.#position += piece.length;
    const bytes = this.#rest.with(piece);
    const batches: EncodedBatch[] = [];
    let start: SnapshotStart | undefined;
    let at = 0;
    for (;;) {
      const read = readBatch(bytes, at);
      if (read.kind === 'damaged') return this.#damaged(read.problem);
      if (read.kind !== 'batch') break;
      const problem = this.#chainProblem(read.batch);
      if (problem !== undefined) return this.#damaged(problem);
      if (read.batch.isControl) {
        const control = this.#takeControl(read.batch);
        if (typeof control === 'string') return this.#damaged(control);
        start ??= control;
      } else batches.push(read.batch);
      this.#take(read.batch);
      at = read.nextAt;
    }
    this.#rest.keep(bytes, at);
    return { kind: 'batches', start, batches };
  }

  #chainProblem(batch: EncodedBatch): string | undefined {
    if (this.#hasFooter) return 'something stands behind its footer';
    if (!this.#hasHeader && !batch.isControl) return 'it does not begin with a header';
    if (batch.baseOffset !== this.#nextOffset) return `a batch begins at ${batch.baseOffset}, expected ${this.#nextOffset}`;
    if (batch.previousChecksum === this.#chain) return undefined;
    return this.#nextOffset === 0 ? 'it is of another cluster' : `the batch at ${batch.baseOffset} does not chain to the one before it`;
  }

  #take(batch: EncodedBatch): void {
    this.#nextOffset = batch.endOffset;
    this.#chain = batch.checksum;
    this.#crc = crc32c(batch.bytes, 0, batch.bytes.length, this.#crc);
    if (!batch.isControl) this.#recordCount += batch.recordCount;
  }

  /** Header or footer; anything else says what is wrong. */
  #takeControl(batch: EncodedBatch): SnapshotStart | undefined | string {
    let records: ControlRecord[];
    try {
      records = recordsOf(batch).map(decodeControlRecord);
    } catch (error) {
      if (error instanceof RecordFormatError) return error.message;
      throw error;
    }
    const first = records[0];
    if (!this.#hasHeader) {
      if (first?.kind !== 'SnapshotHeader') return 'it does not begin with a header';
      this.#hasHeader = true;
      return this.#startOf(first.value);
    }
    if (first?.kind !== 'SnapshotFooter') return 'a control batch stands among its records';
    if (first.value.recordCount !== this.#recordCount) return `its footer counts ${first.value.recordCount} records, there are ${this.#recordCount}`;
    if (!isDigest(first.value.digest, this.#crc)) return 'its digest is not that of its footer';
    this.#hasFooter = true;
    return undefined;
  }

  #startOf({ lastContainedLogTimestamp, chainChecksum, imageDigest }: Extract<ControlRecord, { kind: 'SnapshotHeader' }>['value']): SnapshotStart {
    return {
      ...this.#id,
      timestampMs: lastContainedLogTimestamp,
      chainChecksum,
      digest: imageDigest === undefined ? undefined : { version: imageDigest.digestVersion, value: copyBytes(imageDigest.value) },
    };
  }

  #damaged(problem: string): AssemblyStep {
    const { endOffset, epoch } = this.#id;
    return { kind: 'damaged', problem: `the snapshot that ends at offset ${endOffset} (epoch ${epoch}) is damaged: ${problem}` };
  }
}

/** The beginning of a batch whose end has not come. Its buffer doubles, so that a batch in many pieces is not copied for each. */
class Unfinished {
  #buffer = NO_BYTES;
  #from = 0;
  #to = 0;

  get isEmpty(): boolean {
    return this.#from === this.#to;
  }

  /** What is kept, and the piece behind it, as one; valid until the next call. */
  with(piece: Uint8Array): Uint8Array {
    if (this.isEmpty) return piece;
    this.#makeRoom(piece.length);
    this.#buffer.set(piece, this.#to);
    this.#to += piece.length;
    return this.#buffer.subarray(this.#from, this.#to);
  }

  /** Of what `with` gave, everything from there on is kept. Nothing is moved now: batches may still be read from before it. */
  keep(bytes: Uint8Array, at: number): void {
    if (!this.isEmpty) {
      this.#from += at;
      return;
    }
    this.#from = 0;
    this.#to = 0;
    const left = bytes.subarray(at);
    if (left.length === 0) return;
    this.#makeRoom(left.length);
    this.#buffer.set(left);
    this.#to = left.length;
  }

  #makeRoom(more: number): void {
    const kept = this.#to - this.#from;
    if (this.#to + more <= this.#buffer.length) return;
    if (kept + more <= this.#buffer.length) this.#buffer.copyWithin(0, this.#from, this.#to);
    else {
      const larger = new Uint8Array(Math.max(kept + more, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(this.#from, this.#to));
      this.#buffer = larger;
    }
    this.#from = 0;
    this.#to = kept;
  }
}

function isDigest(digest: Uint8Array, crc: number): boolean {
  return digest.length === 5 && digest[0] === DIGEST_CRC32C && ((digest[1]! << 24) | (digest[2]! << 16) | (digest[3]! << 8) | digest[4]!) >>> 0 === crc >>> 0;
}
