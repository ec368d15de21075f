import type { MetadataRecordValues } from '@quorate/records';
import type { ReplayContext } from '../store.js';

/** Raft's own feature: the control record KRaftVersion says it, entries here are ignored. */
const KRAFT_VERSION = 'kraft.version';

/** Sets the level; 0 removes the feature. */
export function replayFeatureLevel({ store, at, sink }: ReplayContext, record: MetadataRecordValues['FeatureLevel']): void {
  if (record.name === KRAFT_VERSION) return;
  const before = store.features.get(record.name) ?? 0;
  if (record.featureLevel === 0) store.features.remove(record.name);
  else store.features.put(record.name, record.featureLevel);
  sink?.({ kind: 'featureChanged', offset: at.offset, name: record.name, before, after: record.featureLevel });
}
