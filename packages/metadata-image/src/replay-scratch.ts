import { PartitionChangeDraft } from './columns/partition-change-draft.js';
import { PartitionDecoder } from './columns/partition-decoder.js';
import { PartitionDraft } from './columns/partition-draft.js';
import type { ReplayScratch } from './store.js';

export function newScratch(): ReplayScratch {
  return { before: new PartitionDraft(), after: new PartitionDraft(), change: new PartitionChangeDraft(), decoder: new PartitionDecoder() };
}
