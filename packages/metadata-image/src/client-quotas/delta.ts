import type { MetadataRecordValues } from '@quorate/records';
import type { ReplayContext } from '../store.js';
import { quotaKey } from './image.js';

/** Sets or removes one key of an entity; an entity without keys is forgotten. */
export function replayClientQuota({ store, at, sink }: ReplayContext, record: MetadataRecordValues['ClientQuota']): void {
  const entity = new Map(record.entity.map(({ entityType, entityName }) => [entityType, entityName]));
  const key = quotaKey(entity);
  const quotas = new Map(store.clientQuotas.get(key)?.quotas);
  const before = quotas.get(record.key);
  const after = record.remove ? undefined : record.value;
  if (after === undefined) quotas.delete(record.key);
  else quotas.set(record.key, after);
  if (quotas.size === 0) store.clientQuotas.remove(key);
  else store.clientQuotas.put(key, { entity, quotas });
  sink?.({ kind: 'clientQuotaChanged', offset: at.offset, entity, key: record.key, before, after });
}
