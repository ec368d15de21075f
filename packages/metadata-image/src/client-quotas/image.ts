import type { MetadataRecord } from '@quorate/records';
import type { RowDigest } from '../columns/row-digest.js';

/** Entity type → name; undefined is the default entity of the type. Types: `user`, `client-id`, `ip`. */
export type QuotaEntity = ReadonlyMap<string, string | undefined>;

/** All quotas of one entity, key → limit; never empty. */
export interface QuotaRow {
  readonly entity: QuotaEntity;
  readonly quotas: ReadonlyMap<string, number>;
}

/** Key of an entity in the quotas table, whatever the order of its types; also what people read. */
export function quotaKey(entity: QuotaEntity): string {
  const quoted = (name: string | undefined): string => (name === undefined ? '<default>' : JSON.stringify(name));
  return sortedByKey(entity)
    .map(([type, name]) => `${type}=${quoted(name)}`)
    .join(',');
}

export function digestQuota(digest: RowDigest, key: string, row: QuotaRow): void {
  digest.text(key);
  for (const [name, limit] of sortedByKey(row.quotas)) digest.text(name).number(limit);
}

export function* quotaRecords(rows: Iterable<QuotaRow>): Generator<MetadataRecord> {
  for (const { entity, quotas } of rows) {
    const parts = sortedByKey(entity).map(([entityType, entityName]) => ({ entityType, entityName }));
    for (const [key, value] of sortedByKey(quotas)) {
      yield { kind: 'ClientQuota', version: 0, value: { entity: parts, key, value, remove: false } };
    }
  }
}

function sortedByKey<V>(map: ReadonlyMap<string, V>): [string, V][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
