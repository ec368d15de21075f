import type { MetadataRecordValues } from '@quorate/records';
import type { ReplayContext } from '../store.js';
import { configKey } from './image.js';

/**
 * Sets the key, or removes it when the record has no value. Keys that this software does not know are kept like any other:
 * the image says what the log says, and who uses a key decides what it means (KAFKA-19851).
 */
export function replayConfig({ store, at, sink }: ReplayContext, record: MetadataRecordValues['Config']): void {
  const { resourceType, resourceName, name, value } = record;
  const key = configKey(resourceType, resourceName);
  const values = new Map(store.configs.get(key)?.values);
  const before = values.get(name);
  if (value === undefined) values.delete(name);
  else values.set(name, value);
  if (values.size === 0) store.configs.remove(key);
  else store.configs.put(key, { resourceType, resourceName, values });
  sink?.({ kind: 'configChanged', offset: at.offset, resourceType, resourceName, name, before, after: value });
}
