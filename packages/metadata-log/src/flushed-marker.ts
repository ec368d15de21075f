import { crc32c, type Offset } from '@quorate/records';
import { isBlank, readU32, readU64, writeU32, writeU64 } from './bytes.js';
import { BLOCK_BYTES } from './segment-header.js';

/**
 * How far the log is known to be on disk. It tells corruption from an unfinished write: damage below `endOffset` was
 * durable once, damage beyond it never counted for anything.
 *
 * It states what an *earlier* fdatasync covered and goes to disk with the next one, so that no write waits for two. It is
 * raised after the fact and lowered before a truncation touches the log.
 */
export interface FlushedMarker {
  /** Rises by one with each write of a marker in this segment; its lowest bit is the slot. */
  readonly sequence: number;
  /** Exclusive; may lie before the segment's base offset when the segment is new, or after a truncation began. */
  readonly endOffset: Offset;
  /** Checksum of the batch that ends at `endOffset`. */
  readonly checksum: number;
  /** Generation of the log: raised by each truncation and snapshot install. */
  readonly generation: number;
  /** The segment is finished, and one that begins at `endOffset` follows it durably: its absence is damage. */
  readonly sealed: boolean;
}

export type SlotRead =
  | { readonly kind: 'marker'; readonly marker: FlushedMarker }
  /** Nothing was ever written here, or the file ends before: a crash left any size while it was being made. */
  | { readonly kind: 'blank' }
  /** Neither zeros nor a marker. A slot lies within one sector, so no crash leaves this. */
  | { readonly kind: 'damaged' };

/** What of a slot is used; the rest of its 4 KiB stays zero, to keep the two in different physical sectors. */
export const MARKER_BYTES = 64;
const MAGIC = 0x4d41524b; // "MARK"
const SEALED = 1;
const AT = { checksum: 0, magic: 4, sequence: 8, segmentBase: 16, endOffset: 24, generation: 32, chain: 40, flags: 44, reserved: 48 } as const;

/** Where in the file the slot lies that this marker goes to. */
export function slotPosition(sequence: number): number {
  return BLOCK_BYTES * (1 + (sequence % 2));
}

/**
 * Writes the marker's 64 bytes.
 *
 * @param segmentBase - base offset of the segment the slot lies in: a slot that strayed into another file is not believed.
 */
export function encodeMarker(into: Uint8Array, marker: FlushedMarker, segmentBase: number): Uint8Array {
  into.fill(0, 0, MARKER_BYTES);
  writeU32(into, AT.magic, MAGIC);
  writeU64(into, AT.sequence, marker.sequence);
  writeU64(into, AT.segmentBase, segmentBase);
  writeU64(into, AT.endOffset, marker.endOffset);
  writeU64(into, AT.generation, marker.generation);
  writeU32(into, AT.chain, marker.checksum);
  writeU32(into, AT.flags, marker.sealed ? SEALED : 0);
  writeU32(into, AT.checksum, crc32c(into, AT.magic, MARKER_BYTES));
  return into;
}

/** @param slot - the slot's bytes; fewer than 64 when the file ends before. */
export function decodeMarker(slot: Uint8Array, segmentBase: number): SlotRead {
  if (slot.length < MARKER_BYTES || isBlank(slot)) return { kind: 'blank' };
  if (readU32(slot, AT.magic) !== MAGIC) return { kind: 'damaged' };
  if (readU32(slot, AT.checksum) !== crc32c(slot, AT.magic, MARKER_BYTES)) return { kind: 'damaged' };
  if (!isBlank(slot, MARKER_BYTES) || !isBlank(slot.subarray(AT.reserved, MARKER_BYTES))) return { kind: 'damaged' };
  if ((readU32(slot, AT.flags) & ~SEALED) !== 0) return { kind: 'damaged' };
  const marker: FlushedMarker = {
    sequence: readU64(slot, AT.sequence),
    endOffset: readU64(slot, AT.endOffset) as Offset,
    checksum: readU32(slot, AT.chain),
    generation: readU64(slot, AT.generation),
    sealed: (readU32(slot, AT.flags) & SEALED) !== 0,
  };
  const sane = Number.isSafeInteger(marker.sequence) && Number.isSafeInteger(marker.endOffset) && Number.isSafeInteger(marker.generation);
  return sane && readU64(slot, AT.segmentBase) === segmentBase ? { kind: 'marker', marker } : { kind: 'damaged' };
}

/**
 * Which of two markers is in force. A later generation wins even where it says less: it was lowered before a truncation.
 * Within a generation the end only ever rises.
 */
export function laterMarker(a: FlushedMarker | undefined, b: FlushedMarker | undefined): FlushedMarker | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.generation !== b.generation) return a.generation > b.generation ? a : b;
  return a.endOffset >= b.endOffset ? a : b;
}
