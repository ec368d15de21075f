import { concatBytes, crc32c, encodeBatch, encodeControlRecord, encodeRecord, type EncodedBatch, type Epoch, type Offset, type RawRecord } from '@quorate/records';

export interface SnapshotParts {
  readonly genesisChecksum: number;
  readonly chainChecksum?: number;
  /** Of each batch, one batch each. */
  readonly batches: readonly (readonly RawRecord[])[];
  readonly imageDigest?: Uint8Array;
  readonly recordCount?: number;
  readonly digest?: Uint8Array;
}

/** The bytes of a snapshot file, as metadata-log/FORMAT.md says. */
export function snapshotBytes({ genesisChecksum, chainChecksum = 7, batches, imageDigest, recordCount, digest }: SnapshotParts): Uint8Array {
  const parts: EncodedBatch[] = [];
  const add = (records: readonly RawRecord[], isControl: boolean): void => {
    const last = parts.at(-1);
    parts.push(encodeBatch({ baseOffset: (last?.endOffset ?? 0) as Offset, epoch: 2 as Epoch, appendTimeMs: 5000, isControl, previousChecksum: last?.checksum ?? genesisChecksum, records }));
  };
  const imageDigestValue = imageDigest === undefined ? undefined : { lastStableOffset: 10, digestVersion: 1, value: imageDigest };
  add([encodeControlRecord({ kind: 'SnapshotHeader', version: 0, value: { version: 0, lastContainedLogTimestamp: 5000, chainChecksum, imageDigest: imageDigestValue } })], true);
  for (const batch of batches) add(batch, false);
  const crc = parts.reduce((sum, { bytes }) => crc32c(bytes, 0, bytes.length, sum), 0);
  const count = batches.reduce((sum, { length }) => sum + length, 0);
  const footer = { version: 0, recordCount: recordCount ?? count, digest: digest ?? Uint8Array.from([1, crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255, crc & 255]) };
  add([encodeControlRecord({ kind: 'SnapshotFooter', version: 0, value: footer })], true);
  return concatBytes(parts.map(({ bytes }) => bytes));
}

export const feature = (name: string): RawRecord => encodeRecord({ kind: 'FeatureLevel', version: 0, value: { name, featureLevel: 1 } });
