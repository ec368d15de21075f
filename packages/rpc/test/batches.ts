import { encodeBatch, encodeRecord, genesisChecksum, type EncodedBatch, type Epoch, type Offset, type RawRecord } from '@quorate/records';

export const CLUSTER_ID = 'kT9mTzJmQZ2rHq0vWc1bLA';

/** A record that changes nothing, of the size wanted. */
const padding = (bytes: number): RawRecord => ({ ...encodeRecord({ kind: 'NoOp', version: 0, value: {} }), payload: new Uint8Array(bytes).fill(7) });

/** Batches of one record each that continue one another, beginning at `from`. */
export function batchChain(from: number, count: number, { epoch = 1, payloadBytes = 3, previousChecksum = genesisChecksum(CLUSTER_ID) } = {}): readonly EncodedBatch[] {
  const batches: EncodedBatch[] = [];
  for (let index = 0; index < count; index++) {
    const previous = batches.at(-1)?.checksum ?? previousChecksum;
    batches.push(
      encodeBatch({
        baseOffset: (from + index) as Offset,
        epoch: epoch as Epoch,
        appendTimeMs: 1_700_000_000_000 + index,
        isControl: false,
        previousChecksum: previous,
        records: [padding(payloadBytes)],
      }),
    );
  }
  return batches;
}
