/** Everything of this package that reads bytes or text from a disk, for fuzzing and for tools. */
export { encodeDamageNote, readDamageNote } from './damage-note.js';
export { readDirectoryIdChange } from './directory-id-change.js';
export { decodeElectionFile, encodeElectionFile, type ElectionFile, type ElectionFileRead } from './election-file.js';
export { decodeMarker, encodeMarker, MARKER_BYTES, slotPosition, type FlushedMarker, type SlotRead } from './flushed-marker.js';
export { encodeLeaderEpochCheckpoint, parseLeaderEpochCheckpoint, type EpochStart } from './leader-epoch-checkpoint.js';
export { SnapshotVerifier, type SnapshotClaim } from './snapshot-verifier.js';
export { BATCHES_POSITION, BLOCK_BYTES, decodeSegmentHeader, encodeSegmentHeader, type HeaderRead, type SegmentHeader } from './segment-header.js';
