import { parseUuid } from '@quorate/records';
import type { MetadataImage } from './image.js';
import type { BrokerRow, ControllerRow, EndpointRow, FeatureRangeRow, PartitionRow, TopicRow } from './view.js';

/** What is shown of secrets: strict hides all configs and credentials, normal those that may be secret. */
export type Redaction = 'strict' | 'normal' | 'disabled';

export interface DescribeOptions {
  readonly redaction: Redaction;
  /** Whether the value of this key may be a secret; say yes for keys that nobody knows. */
  readonly isSensitive: (resourceType: number, key: string) => boolean;
}

/**
 * A node of the image seen as a tree of folders and files, as in Kafka's metadata shell. Made on demand:
 * looking at one topic costs one topic.
 */
export interface ImageNode {
  readonly name: string;
  /** Of a file; undefined for a folder. */
  readonly text: string | undefined;
  /** Of a folder, in order; empty for a file. */
  children(): Iterable<ImageNode>;
  /** The child with this name, without making the others. */
  child(name: string): ImageNode | undefined;
}

const RESOURCE_TYPES: ReadonlyMap<number, string> = new Map([
  [2, 'TOPIC'],
  [4, 'BROKER'],
  [16, 'CLIENT_METRICS'],
  [32, 'GROUP'],
]);
const MECHANISMS: ReadonlyMap<number, string> = new Map([
  [1, 'SCRAM-SHA-256'],
  [2, 'SCRAM-SHA-512'],
]);
const REDACTED = '[redacted]';

/** The image as a folder named `image`. */
export function imageTree(image: MetadataImage, options: DescribeOptions): ImageNode {
  const { store } = image;
  return folder('image', () => [
    file('provenance', () => describeProvenance(image)),
    folder('features', () => features(image)),
    folder('cluster', () => [
      folder('brokers', () => image.brokers().map((broker) => file(String(broker.id), () => describeBroker(broker)))),
      folder('controllers', () => image.controllers().map((row) => file(String(row.id), () => describeController(row)))),
    ]),
    folder('topics', () => [byName(image), byId(image)]),
    folder('configs', () => configs(image, options)),
    folder('clientQuotas', () =>
      sortedBy(store.clientQuotas.entries()).map(([key, row]) =>
        file(key, () => [...row.quotas].map(([name, limit]) => `${name}=${limit}`).join(', ')),
      ),
    ),
    folder('producerIds', () => [file('nextProducerId', () => String(image.nextProducerId))]),
    folder('acls', () => [
      folder('byId', () => sortedBy(store.acls.entries()).map(([id, { id: _, ...acl }]) => file(id, () => fields('StandardAcl', acl)))),
    ]),
    folder('scram', () => scram(image, options)),
    folder('delegationToken', () =>
      sortedBy(store.delegationTokens.entries()).map(([id, row]) =>
        file(id, () => (options.redaction === 'disabled' ? fields('TokenInformation', row) : REDACTED)),
      ),
    ),
  ]);
}

/** The tree as lines, two spaces a level: folders with a slash, files with their text. */
export function* describeTree(node: ImageNode, depth = 0): Generator<string> {
  const indent = '  '.repeat(depth);
  yield node.text === undefined ? `${indent}${node.name}/` : `${indent}${node.name}: ${node.text}`;
  for (const child of node.children()) yield* describeTree(child, depth + 1);
}

export function describePartition(row: PartitionRow): string {
  return fields('PartitionRegistration', {
    replicas: row.replicas,
    directories: row.directories,
    isr: row.isr,
    removingReplicas: row.removingReplicas,
    addingReplicas: row.addingReplicas,
    elr: row.eligibleLeaderReplicas ?? [],
    lastKnownElr: row.lastKnownElr ?? [],
    leader: row.leader ?? -1,
    leaderRecoveryState: row.leaderRecoveryState === 1 ? 'RECOVERING' : 'RECOVERED',
    leaderEpoch: row.leaderEpoch,
    partitionEpoch: row.partitionEpoch,
  });
}

export function describeBroker(row: BrokerRow): string {
  return fields('BrokerRegistration', {
    id: row.id,
    epoch: row.epoch,
    incarnationId: row.incarnationId,
    listeners: endpoints(row.endpoints),
    supportedFeatures: featureRanges(row.features),
    rack: row.rack ?? '',
    fenced: row.fenced,
    inControlledShutdown: row.inControlledShutdown,
    directories: row.logDirs,
    cordonedDirectories: row.cordonedLogDirs ?? '',
  });
}

function describeController(row: ControllerRow): string {
  return fields('ControllerRegistration', {
    id: row.id,
    incarnationId: row.incarnationId,
    zkMigrationReady: row.zkMigrationReady,
    listeners: endpoints(row.endpoints),
    supportedFeatures: featureRanges(row.features),
  });
}

function describeProvenance({ provenance }: MetadataImage): string {
  return fields('MetadataProvenance', {
    lastContainedOffset: provenance.endOffset - 1,
    lastContainedEpoch: provenance.epoch,
    lastContainedLogTimeMs: provenance.timestampMs,
  });
}

function features(image: MetadataImage): ImageNode[] {
  return sortedBy(image.store.features.entries()).map(([name, level]) =>
    file(name === 'metadata.version' ? 'metadataVersion' : name, () => String(level)),
  );
}

function byName(image: MetadataImage): ImageNode {
  return folder(
    'byName',
    () => sortedBy([...image.topics()].map((topic) => [topic.name, topic] as const)).map(([name, topic]) => topicNode(image, name, topic)),
    (name) => namedTopic(image, name, image.topicByName(name)),
  );
}

function byId(image: MetadataImage): ImageNode {
  return folder(
    'byId',
    () => sortedBy([...image.topics()].map((topic) => [topic.topicId, topic] as const)).map(([id, topic]) => topicNode(image, id, topic)),
    (id) => {
      const uuid = parseUuid(id);
      return namedTopic(image, id, uuid && image.topicById(uuid));
    },
  );
}

function namedTopic(image: MetadataImage, name: string, topic: TopicRow | undefined): ImageNode | undefined {
  return topic && topicNode(image, name, topic);
}

function topicNode(image: MetadataImage, name: string, topic: TopicRow): ImageNode {
  const partition = (id: number): ImageNode | undefined => {
    const row = image.partition(topic.topicId, id);
    return row && file(String(id), () => describePartition(row));
  };
  return folder(name, function* () {
    yield file('name', () => topic.name);
    yield file('id', () => topic.topicId);
    for (let id = 0; id < topic.partitionCount; id++) {
      const node = partition(id);
      if (node !== undefined) yield node;
    }
  });
}

function configs(image: MetadataImage, { redaction, isSensitive }: DescribeOptions): ImageNode[] {
  return sortedBy(image.store.configs.entries()).map(([, { resourceType, resourceName, values }]) => {
    const type = RESOURCE_TYPES.get(resourceType) ?? String(resourceType);
    const shown = (key: string, value: string): string => {
      if (redaction === 'disabled') return value;
      return redaction === 'strict' || isSensitive(resourceType, key) ? REDACTED : value;
    };
    return folder(resourceName === '' ? type : `${type}:${resourceName}`, () =>
      sortedBy(values).map(([key, value]) => file(key, () => shown(key, value))),
    );
  });
}

function scram(image: MetadataImage, { redaction }: DescribeOptions): ImageNode[] {
  const rows = [...image.store.scram.entries()].map(([, row]) => row);
  return [...MECHANISMS].flatMap(([mechanism, name]) => {
    const users = rows.filter((row) => row.mechanism === mechanism).sort((a, b) => (a.user < b.user ? -1 : 1));
    if (users.length === 0) return [];
    const text = (row: (typeof rows)[number]): string =>
      redaction === 'disabled' ? fields('ScramCredentialData', { salt: hex(row.salt), iterations: row.iterations }) : REDACTED;
    return [folder(name, () => users.map((row) => file(row.user, () => text(row))))];
  });
}

function folder(name: string, children: () => Iterable<ImageNode>, child?: (name: string) => ImageNode | undefined): ImageNode {
  const find = (wanted: string): ImageNode | undefined => {
    for (const each of children()) if (each.name === wanted) return each;
    return undefined;
  };
  return { name, text: undefined, children, child: child ?? find };
}

function file(name: string, text: () => string): ImageNode {
  return {
    name,
    get text() {
      return text();
    },
    children: () => [],
    child: () => undefined,
  };
}

function fields(type: string, values: object): string {
  const text = Object.entries(values).map(([name, value]) => `${name}=${shownValue(value)}`);
  return `${type}(${text.join(', ')})`;
}

function shownValue(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}

function endpoints(rows: readonly EndpointRow[]): string[] {
  return rows.map(({ name, host, port, securityProtocol }) => {
    return `${name}://${host}:${port}(${['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'][securityProtocol] ?? securityProtocol})`;
  });
}

function featureRanges(rows: readonly FeatureRangeRow[]): string[] {
  return rows.map(({ name, minSupported, maxSupported }) => `${name}: ${minSupported}-${maxSupported}`);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function sortedBy<K extends string, V>(entries: Iterable<readonly [K, V]>): (readonly [K, V])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}
