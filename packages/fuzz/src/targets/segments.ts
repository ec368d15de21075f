import { bytesEqual, crc32c, offset, type Offset } from '@quorate/records';
import { BLOCK_BYTES, MARKER_BYTES, decodeMarker, decodeSegmentHeader, encodeMarker, encodeSegmentHeader } from '@quorate/metadata-log/decoders';
import type { FuzzTarget } from '../target.js';
import { CLUSTER_ID, someOffset, uuid } from './made.js';

const SEGMENT_BASE = 0;

export const segmentHeaderTarget: FuzzTarget = {
  name: 'segment-header',
  shape: 'bytes',
  valid: (random) => encodeSegmentHeader({ clusterId: random.pick([CLUSTER_ID, 'x', 'ü'.repeat(100)]), directoryId: uuid(random), baseOffset: offset(someOffset(random)), baseChecksum: random.word() }),
  repair: (bytes) => {
    if (bytes.length >= BLOCK_BYTES) new DataView(bytes.buffer, bytes.byteOffset).setUint32(8, crc32c(bytes, 12, BLOCK_BYTES));
    return bytes;
  },
  decode: (bytes) => {
    const read = decodeSegmentHeader(bytes.subarray(0, BLOCK_BYTES));
    if (read.kind !== 'header') return 'refused';
    if (!bytesEqual(encodeSegmentHeader(read.header), bytes.subarray(0, BLOCK_BYTES))) throw new Error('a header was read that nobody writes');
    return 'read';
  },
};

/** A marker that is read is written the same again, flags of later software aside. */
export const markerTarget: FuzzTarget = {
  name: 'marker',
  shape: 'bytes',
  valid: (random) => {
    const marker = { sequence: random.below(1000), endOffset: someOffset(random) as Offset, checksum: random.word(), generation: random.below(9), sealed: random.oneIn(4) };
    return encodeMarker(new Uint8Array(random.pick([MARKER_BYTES, BLOCK_BYTES])), marker, SEGMENT_BASE);
  },
  repair: (bytes) => {
    if (bytes.length >= MARKER_BYTES) new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, crc32c(bytes, 4, MARKER_BYTES));
    return bytes;
  },
  decode: (bytes) => {
    const read = decodeMarker(bytes, SEGMENT_BASE);
    if (read.kind !== 'marker') return 'refused';
    const again = encodeMarker(new Uint8Array(MARKER_BYTES), read.marker, SEGMENT_BASE);
    if (!bytesEqual(again, bytes.subarray(0, MARKER_BYTES))) throw new Error('a marker was read that nobody writes');
    return 'read';
  },
};
