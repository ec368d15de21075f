import type { MetadataRecord } from '@quorate/records';
import type { RowDigest } from '../columns/row-digest.js';

/** Kafka's resource type of a topic. */
export const TOPIC_RESOURCE = 2;

/** All keys set on one resource; the map is never empty and never changed. */
export interface ConfigResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly values: ReadonlyMap<string, string>;
}

export const NO_CONFIG: ReadonlyMap<string, string> = new Map();

/** Key of a resource in the configs table. */
export function configKey(resourceType: number, resourceName: string): string {
  return `${resourceType}:${resourceName}`;
}

export function digestConfig(digest: RowDigest, key: string, resource: ConfigResource): void {
  digest.text(key);
  for (const [name, value] of sorted(resource.values)) digest.text(name).text(value);
}

export function* configRecords(resources: Iterable<ConfigResource>): Generator<MetadataRecord> {
  for (const { resourceType, resourceName, values } of resources) {
    for (const [name, value] of sorted(values)) {
      yield { kind: 'Config', version: 0, value: { resourceType, resourceName, name, value } };
    }
  }
}

/** By key, so that the order in which keys were set leaves no trace. */
function sorted(values: ReadonlyMap<string, string>): [string, string][] {
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1));
}
