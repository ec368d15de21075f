import type { MetadataRecord } from '@quorate/records';
import type { RowDigest } from '../columns/row-digest.js';

/** The table's only key: the first id of the next block. */
export const NEXT_PRODUCER_ID = 'next';

export function digestProducerIds(digest: RowDigest, _key: string, next: number): void {
  digest.number(next);
}

/** A snapshot does not know who asked last. */
export function* producerIdRecords(rows: Iterable<number>): Generator<MetadataRecord> {
  for (const nextProducerId of rows) {
    yield { kind: 'ProducerIds', version: 0, value: { brokerId: -1, brokerEpoch: -1, nextProducerId } };
  }
}
