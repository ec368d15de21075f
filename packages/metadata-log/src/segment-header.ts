import { bytesEqual, crc32c, utf8DecodeStrict, utf8Encode, uuidFromBytes, uuidToBytes, type Offset, type Uuid } from '@quorate/records';
import { isBlank, readU16, readU32, readU64, writeU16, writeU32, writeU64 } from './bytes.js';

/** Header, then two marker slots, a block of 4 KiB each, so that no write of one can tear another; then the batches. */
export const BLOCK_BYTES = 4096;
export const HEADER_POSITION = 0;
export const BATCHES_POSITION = 3 * BLOCK_BYTES;

export const SEGMENT_FORMAT_VERSION = 1;
const MAGIC = Uint8Array.of(0x51, 0x52, 0x54, 0x4c, 0x4f, 0x47, 0x0d, 0x0a); // "QRTLOG\r\n": a text-mode copy breaks it visibly
const AT = { magic: 0, checksum: 8, version: 12, reserved: 14, baseOffset: 16, directoryId: 24, baseChecksum: 40, clusterIdLength: 44, clusterId: 46 } as const;
/** Longest cluster id that a segment's header can name, in UTF-8 bytes: the header lies within one sector, which no crash tears. */
export const MAX_CLUSTER_ID_BYTES = 400;

/** Which log a segment belongs to: one cluster's, on one directory. */
export interface LogIdentity {
  readonly clusterId: string;
  readonly directoryId: Uuid;
}

export interface SegmentHeader extends LogIdentity {
  /** Offset of the first record; also the file's name. */
  readonly baseOffset: Offset;
  /** Checksum of the batch that ends at `baseOffset`; of the genesis at offset 0. */
  readonly baseChecksum: number;
}

/** What stands in a block where a header should be. */
export type HeaderRead =
  | { readonly kind: 'header'; readonly header: SegmentHeader }
  /** Zeros or a file that is too short: the segment was never finished. */
  | { readonly kind: 'blank' }
  /** A later format. */
  | { readonly kind: 'unknown-version'; readonly version: number }
  | { readonly kind: 'damaged' };

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  const clusterId = utf8Encode(header.clusterId);
  block.set(MAGIC, AT.magic);
  writeU16(block, AT.version, SEGMENT_FORMAT_VERSION);
  writeU64(block, AT.baseOffset, header.baseOffset);
  block.set(uuidToBytes(header.directoryId), AT.directoryId);
  writeU32(block, AT.baseChecksum, header.baseChecksum);
  writeU16(block, AT.clusterIdLength, clusterId.length);
  block.set(clusterId, AT.clusterId);
  writeU32(block, AT.checksum, crc32c(block, AT.version, BLOCK_BYTES));
  return block;
}

/** @param block - the first 4 KiB of the file, or fewer where the file is shorter. */
export function decodeSegmentHeader(block: Uint8Array): HeaderRead {
  if (block.length < BLOCK_BYTES || isBlank(block)) return { kind: 'blank' };
  if (!bytesEqual(block.subarray(0, MAGIC.length), MAGIC)) return { kind: 'damaged' };
  if (readU32(block, AT.checksum) !== crc32c(block, AT.version, BLOCK_BYTES)) return { kind: 'damaged' };
  const version = readU16(block, AT.version);
  if (version !== SEGMENT_FORMAT_VERSION) return { kind: 'unknown-version', version };
  const baseOffset = readU64(block, AT.baseOffset);
  const clusterIdLength = readU16(block, AT.clusterIdLength);
  const clusterIdEnd = AT.clusterId + clusterIdLength;
  const isInside = clusterIdLength >= 1 && clusterIdLength <= MAX_CLUSTER_ID_BYTES;
  const clusterId = isInside ? utf8DecodeStrict(block.subarray(AT.clusterId, clusterIdEnd)) : undefined;
  if (!Number.isSafeInteger(baseOffset) || clusterId === undefined) return { kind: 'damaged' };
  if (readU16(block, AT.reserved) !== 0 || !isBlank(block.subarray(0, BLOCK_BYTES), clusterIdEnd)) return { kind: 'damaged' };
  return {
    kind: 'header',
    header: {
      baseOffset: baseOffset as Offset,
      directoryId: uuidFromBytes(block.subarray(AT.directoryId, AT.directoryId + 16)),
      baseChecksum: readU32(block, AT.baseChecksum),
      clusterId,
    },
  };
}
