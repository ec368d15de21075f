import type { MetadataRecordValues } from '@quorate/records';
import { requireThat } from '../errors.js';
import type { ReplayContext } from '../store.js';
import { NEXT_PRODUCER_ID } from './image.js';

/** Moves the next id on; one that does not grow would hand out ids twice, and is fatal. */
export function replayProducerIds({ store, at, sink }: ReplayContext, record: MetadataRecordValues['ProducerIds']): void {
  const before = store.producerIds.get(NEXT_PRODUCER_ID) ?? 0;
  const after = record.nextProducerId;
  requireThat(after > before, () => `the next producer id would go from ${before} to ${after}`);
  store.producerIds.put(NEXT_PRODUCER_ID, after);
  sink?.({ kind: 'producerIdsAllocated', offset: at.offset, before, after });
}
