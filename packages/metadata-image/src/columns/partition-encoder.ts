import { MIGRATING_SLOT, type DirectoryTable } from './directory-table.js';
import type { IntList } from './int-list.js';
import type { PartitionDraft } from './partition-draft.js';
import type { UuidWords } from './uuid-words.js';

/** Payloads are cut from chunks of this size, so that a million records are not a million allocations. */
const CHUNK_BYTES = 65_536;

/**
 * Encodes Partition records straight from a row, to the bytes that the generated encoder would write (pinned by
 * partition-encoder.spec.ts).
 */
export class PartitionEncoder {
  #chunk = new Uint8Array(CHUNK_BYTES);
  #at = 0;

  /** @returns the payload: a view that nobody writes any more. Below version 1 directories are left out. */
  encode(topicId: UuidWords, partitionId: number, state: PartitionDraft, version: number, directories: DirectoryTable): Uint8Array {
    this.#reserve(boundOf(state));
    const start = this.#at;
    this.#scalar(1, partitionId);
    this.#key(2, 2);
    this.#varint(16);
    topicId.writeBytes(this.#chunk, this.#at);
    this.#at += 16;
    this.#packed(3, state.replicas);
    this.#packed(4, state.isr);
    this.#packed(5, state.removingReplicas);
    this.#packed(6, state.addingReplicas);
    this.#scalar(7, state.leader);
    // Absent is RECOVERED: a writer leaves 0 out.
    this.#scalar(8, state.leaderRecoveryState);
    this.#scalar(9, state.leaderEpoch);
    this.#scalar(10, state.partitionEpoch);
    if (version >= 1 && !allMigrating(state)) this.#directories(state, directories);
    this.#nested(12, state.eligibleLeaderReplicas);
    this.#nested(13, state.lastKnownElr);
    return this.#chunk.subarray(start, this.#at);
  }

  #reserve(bytes: number): void {
    if (this.#chunk.length - this.#at >= bytes) return;
    this.#chunk = new Uint8Array(Math.max(CHUNK_BYTES, bytes));
    this.#at = 0;
  }

  #scalar(field: number, value: number): void {
    if (value === 0) return;
    this.#key(field, 0);
    this.#int32(value);
  }

  #packed(field: number, list: IntList): void {
    if (list.length === 0) return;
    this.#key(field, 2);
    this.#varint(packedSize(list));
    for (let i = 0; i < list.length; i++) this.#int32(list.values[i]!);
  }

  #nested(field: number, list: IntList): void {
    if (list.length === 0) return;
    const size = packedSize(list);
    this.#key(field, 2);
    this.#varint(1 + varintSize(size) + size);
    this.#packed(1, list);
  }

  #directories(state: PartitionDraft, directories: DirectoryTable): void {
    for (let i = 0; i < state.directories.length; i++) {
      this.#key(11, 2);
      this.#varint(16);
      directories.writeBytes(state.directories.values[i]!, this.#chunk, this.#at);
      this.#at += 16;
    }
  }

  #key(field: number, wireType: number): void {
    this.#varint((field << 3) | wireType);
  }

  /** A negative number is sign-extended to 64 bits: ten bytes. */
  #int32(value: number): void {
    if (value >= 0) {
      this.#varint(value);
      return;
    }
    let rest = value;
    for (let i = 0; i < 4; i++) {
      this.#chunk[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    this.#chunk[this.#at++] = (rest & 0x7f) | 0x80;
    for (let i = 0; i < 4; i++) this.#chunk[this.#at++] = 0xff;
    this.#chunk[this.#at++] = 1;
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#chunk[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#chunk[this.#at++] = rest;
  }
}

/** No directories say the same, in fewer bytes. */
function allMigrating(state: PartitionDraft): boolean {
  for (let i = 0; i < state.directories.length; i++) if (state.directories.values[i] !== MIGRATING_SLOT) return false;
  return true;
}

function boundOf(state: PartitionDraft): number {
  const ids =
    state.replicas.length +
    state.isr.length +
    state.removingReplicas.length +
    state.addingReplicas.length +
    state.eligibleLeaderReplicas.length +
    state.lastKnownElr.length;
  return 128 + ids * 10 + state.directories.length * 18;
}

function packedSize(list: IntList): number {
  let size = 0;
  for (let i = 0; i < list.length; i++) size += list.values[i]! < 0 ? 10 : varintSize(list.values[i]!);
  return size;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value >>> 7; rest !== 0; rest >>>= 7) size += 1;
  return size;
}
