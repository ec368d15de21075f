/** The decoders of partition records that make no objects, for fuzzing. */
export { DirectoryTable } from './columns/directory-table.js';
export { PartitionChangeDraft } from './columns/partition-change-draft.js';
export { PartitionDecoder } from './columns/partition-decoder.js';
export { PartitionDraft } from './columns/partition-draft.js';
