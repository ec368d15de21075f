import type { MetadataRecord } from '@quorate/records';
import type { RowDigest } from '../columns/row-digest.js';

/** The feature that says which records may be written. */
export const METADATA_VERSION = 'metadata.version';

export function digestFeature(digest: RowDigest, name: string, level: number): void {
  digest.text(name).number(level);
}

/** metadata.version first, since it says how to read the rest; then by name. */
export function* featureRecords(features: Iterable<readonly [string, number]>): Generator<MetadataRecord> {
  const rank = (name: string): number => (name === METADATA_VERSION ? 0 : 1);
  const sorted = [...features].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  for (const [name, featureLevel] of sorted) yield { kind: 'FeatureLevel', version: 0, value: { name, featureLevel } };
}
