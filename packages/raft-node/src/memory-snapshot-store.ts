import type { SnapshotId } from '@quorate/raft-core';
import { concatBytes, copyBytes, encodeBatch, genesisChecksum, readBatches, utf8Decode, utf8Encode } from '@quorate/records';
import type { BatchInput, EncodedBatch, Offset, RawRecord } from '@quorate/records';
import { assert } from './assert.js';
import type { InstallResult, SnapshotChunk, SnapshotHead, SnapshotInfo, SnapshotReader, SnapshotSink, SnapshotStore } from './snapshot-ports.js';

const NO_OP_TYPE = 20;

interface Stored {
  readonly info: SnapshotInfo;
  readonly bytes: Uint8Array;
}

/** What a log in memory does for its snapshots. */
export interface SnapshotLog {
  /** Begins anew, empty, at the end of that snapshot. */
  beginAt(head: SnapshotHead, generation: number): void;
  deleteBefore(startOffset: Offset): void;
}

/**
 * Snapshots in memory, for tests of whoever makes, serves, fetches or loads them. Its bytes are its own: a length, the head as
 * JSON, then the batches.
 */
export class MemorySnapshotStore implements SnapshotStore {
  /** Whether `freeze` and `install` are done at once; else with `release`. */
  immediate = true;
  readonly #log: SnapshotLog;
  #stored: Stored[] = [];
  #received: { readonly id: SnapshotId; readonly chunks: Uint8Array[] } | undefined;
  #held: (() => void)[] = [];

  constructor(log: SnapshotLog = { beginAt: () => {}, deleteBefore: () => {} }) {
    this.#log = log;
  }

  list(): readonly SnapshotInfo[] {
    return this.#stored.map(({ info }) => info);
  }

  read(id: SnapshotId, position: number, maxBytes: number): SnapshotChunk {
    const found = this.#find(id);
    if (found === undefined) return { kind: 'not-found' };
    const { sizeBytes: size, chainChecksum } = found.info;
    if (position < 0 || position >= size) return { kind: 'out-of-range', size };
    return { kind: 'chunk', bytes: found.bytes.subarray(position, position + maxBytes), size, chainChecksum };
  }

  open(id: SnapshotId): SnapshotReader | undefined {
    const found = this.#find(id);
    return found === undefined ? undefined : readerOf(found.bytes);
  }

  create(head: SnapshotHead): SnapshotSink {
    const parts: Uint8Array[] = [encodeHead(head)];
    let endOffset = 0;
    let checksum = genesisChecksum('');
    let sizeBytes = parts[0]!.length;
    const write = (from: Pick<BatchInput, 'appendTimeMs' | 'records'> & { readonly requests?: BatchInput['requests'] }): void => {
      const batch = encodeBatch({ requests: [], ...from, baseOffset: endOffset as Offset, epoch: head.id.epoch, isControl: false, previousChecksum: checksum });
      endOffset = batch.endOffset;
      checksum = batch.checksum;
      sizeBytes += batch.bytes.length;
      parts.push(batch.bytes);
    };
    return {
      get sizeBytes() {
        return sizeBytes;
      },
      append: (records: readonly RawRecord[]) => write({ appendTimeMs: head.lastContainedTimestampMs, records }),
      appendRequests: (appendTimeMs, requests) => write({ appendTimeMs, requests, records: [{ type: NO_OP_TYPE, version: 0, payload: new Uint8Array(0) }] }),
      freeze: (done) =>
        this.#do(() => {
          this.#keep(head, concatBytes(parts));
          done('frozen');
        }),
      discard: () => {},
    };
  }

  receive(id: SnapshotId, position: number, bytes: Uint8Array): void {
    if (position === 0) this.#received = { id, chunks: [] };
    const received = this.#received;
    assert(received !== undefined && isSame(received.id, id), 'the first piece of a snapshot comes first');
    assert(position === sum(received.chunks), `a piece at ${position}, ${sum(received.chunks)} bytes were received`);
    received.chunks.push(copyBytes(bytes));
  }

  discardReceived(id: SnapshotId): void {
    if (this.#received !== undefined && isSame(this.#received.id, id)) this.#received = undefined;
  }

  install(id: SnapshotId, generation: number, done: (result: InstallResult) => void): void {
    const received = this.#received;
    assert(received !== undefined && isSame(received.id, id), 'what is installed was received');
    this.#received = undefined;
    this.#do(() => done(this.#installed(concatBytes(received.chunks), generation)));
  }

  deleteBefore(startOffset: Offset): void {
    assert(this.#stored.some(({ info }) => info.id.endOffset === startOffset), `a snapshot ends at ${startOffset}`);
    this.#stored = this.#stored.filter(({ info }) => info.id.endOffset >= startOffset);
    this.#log.deleteBefore(startOffset);
  }

  /** Lets go what was held back, in order. */
  release(): void {
    for (const action of this.#held.splice(0)) action();
  }

  /** Flips a bit of a snapshot. */
  damage(id: SnapshotId): void {
    const found = this.#find(id);
    assert(found !== undefined, 'it is there');
    const last = found.bytes.length - 1;
    found.bytes[last] = found.bytes[last]! ^ 1;
  }

  #installed(bytes: Uint8Array, generation: number): InstallResult {
    try {
      const { head } = readerOf(bytes);
      this.#stored = [];
      this.#keep(head, bytes);
      this.#log.beginAt(head, generation);
      return { kind: 'installed', head };
    } catch (error) {
      return { kind: 'damaged', problem: String(error) };
    }
  }

  #keep(head: SnapshotHead, bytes: Uint8Array): void {
    const { id, lastContainedTimestampMs, chainChecksum } = head;
    this.#stored.push({ info: { id, sizeBytes: bytes.length, lastContainedTimestampMs, chainChecksum }, bytes });
    this.#stored.sort((a, b) => a.info.id.endOffset - b.info.id.endOffset);
  }

  #find(id: SnapshotId): Stored | undefined {
    return this.#stored.find(({ info }) => isSame(info.id, id));
  }

  #do(action: () => void): void {
    if (this.immediate) action();
    else this.#held.push(action);
  }
}

const HEAD_LENGTH_BYTES = 4;

function encodeHead(head: SnapshotHead): Uint8Array {
  const { imageDigest } = head;
  const json = utf8Encode(JSON.stringify({ ...head, imageDigest: imageDigest === undefined ? undefined : { ...imageDigest, value: [...imageDigest.value] } }));
  return concatBytes([Uint8Array.from([json.length >> 24, json.length >> 16, json.length >> 8, json.length]), json]);
}

function readerOf(bytes: Uint8Array): SnapshotReader {
  const headEnd = HEAD_LENGTH_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const json = JSON.parse(utf8Decode(bytes.subarray(HEAD_LENGTH_BYTES, headEnd))) as SnapshotHead;
  const { batches, problem } = readBatches(bytes.subarray(headEnd));
  assert(problem === undefined, `a damaged snapshot: ${problem}`);
  const imageDigest = json.imageDigest === undefined ? undefined : { ...json.imageDigest, value: Uint8Array.from(json.imageDigest.value) };
  let next = 0;
  return {
    head: { ...json, imageDigest, voters: json.voters },
    next: (maxBytes) => {
      const taken: EncodedBatch[] = [];
      for (let size = 0; next < batches.length && (taken.length === 0 || size + batches[next]!.bytes.length <= maxBytes); next += 1) {
        taken.push(batches[next]!);
        size += batches[next]!.bytes.length;
      }
      return taken;
    },
    close: () => {},
  };
}

function isSame(a: SnapshotId, b: SnapshotId): boolean {
  return a.endOffset === b.endOffset && a.epoch === b.epoch;
}

function sum(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((total, { length }) => total + length, 0);
}
