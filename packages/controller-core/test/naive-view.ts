import { uuidFromBytes } from '@quorate/records';
import type { BrokerEpoch, MetadataRecord, MetadataRecordKind, NodeId, Offset, Uuid } from '@quorate/records';
import type { BrokerRow, ControllerRow, LeaderRecoveryState, PartitionRef, PartitionRow, RecordPosition, TopicRow } from '@quorate/metadata-image';
import type { ControllerView } from '../src/controller-view.js';

/**
 * The metadata as plain maps of immutable rows, every query a scan: slow, small, and written from Kafka's rules alone, so that
 * it can be held against the real image. Whatever does not fit what is there throws.
 */
export class NaiveView implements ControllerView {
  #data: Data = emptyData();
  /** As it was before the open transaction. */
  #beforeTransaction: Data | undefined;
  #appliedOffset = 0 as Offset;

  apply(record: MetadataRecord, at: RecordPosition): void {
    switch (record.kind) {
      case 'BeginTransaction':
        if (this.#beforeTransaction !== undefined) throw new Error('a transaction is open already');
        this.#beforeTransaction = copyData(this.#data);
        break;
      case 'EndTransaction':
        if (this.#beforeTransaction === undefined) throw new Error('no transaction is open');
        this.#beforeTransaction = undefined;
        break;
      case 'AbortTransaction':
        if (this.#beforeTransaction === undefined) throw new Error('no transaction is open');
        this.#data = this.#beforeTransaction;
        this.#beforeTransaction = undefined;
        break;
      default:
        applyTo(this.#data, record, at);
    }
    this.#appliedOffset = (at.offset + 1) as Offset;
  }

  /** All of it, for comparison: equal text means equal state. */
  fingerprint(): string {
    const maps = [this.#data.features, this.#data.brokers, this.#data.topics, this.#data.partitions, this.#data.configs];
    return JSON.stringify(maps.map((map) => [...map].sort(([a], [b]) => (a < b ? -1 : 1))));
  }

  get appliedOffset(): Offset {
    return this.#appliedOffset;
  }
  get topicCount(): number {
    return this.#data.topics.size;
  }
  get partitionCount(): number {
    return this.#data.partitions.size;
  }
  get nextProducerId(): number {
    return 0;
  }
  featureLevel(name: string): number | undefined {
    return this.#data.features.get(name);
  }
  features(): ReadonlyMap<string, number> {
    return new Map(this.#data.features);
  }
  broker(id: NodeId): BrokerRow | undefined {
    return this.#data.brokers.get(id);
  }
  brokers(): Iterable<BrokerRow> {
    return [...this.#data.brokers.values()].sort((a, b) => a.id - b.id);
  }
  controller(): ControllerRow | undefined {
    return undefined;
  }
  controllers(): Iterable<ControllerRow> {
    return [];
  }
  topicByName(name: string): TopicRow | undefined {
    return this.#findTopic((topic) => topic.name === name);
  }
  topicById(id: Uuid): TopicRow | undefined {
    return this.#findTopic((topic) => topic.topicId === id);
  }
  topicCollidingWith(name: string): TopicRow | undefined {
    return this.#findTopic((topic) => topic.name.replaceAll('.', '_') === name.replaceAll('.', '_'));
  }
  topics(): Iterable<TopicRow> {
    return [...this.#data.topics.values()].map((topic) => ({ ...topic, partitionCount: this.#countOf(topic.topicId) }));
  }
  partition(topicId: Uuid, partitionId: number): PartitionRow | undefined {
    return this.#data.partitions.get(partitionKey(topicId, partitionId));
  }
  partitionsWithReplica(brokerId: NodeId): Iterable<PartitionRef> {
    return this.#partitionsWhere(({ replicas }) => replicas.includes(brokerId));
  }
  partitionsLedBy(brokerId: NodeId): Iterable<PartitionRef> {
    return this.#partitionsWhere(({ leader }) => leader === brokerId);
  }
  partitionsWithIsr(brokerId: NodeId): Iterable<PartitionRef> {
    return this.#partitionsWhere(({ isr }) => isr.includes(brokerId));
  }
  partitionsWithoutLeader(): Iterable<PartitionRef> {
    return this.#partitionsWhere(({ leader }) => leader === undefined);
  }
  allPartitions(): PartitionRef[] {
    return this.#partitionsWhere(() => true);
  }
  config(resourceType: number, resourceName: string): ReadonlyMap<string, string> {
    return new Map(this.#data.configs.get(`${resourceType}/${resourceName}`));
  }
  configResources(): Iterable<{ resourceType: number; resourceName: string }> {
    return [...this.#data.configs.keys()].map((key) => {
      const [type = '', ...name] = key.split('/');
      return { resourceType: Number(type), resourceName: name.join('/') };
    });
  }

  #findTopic(wanted: (topic: NamedTopic) => boolean): TopicRow | undefined {
    for (const topic of this.#data.topics.values()) {
      if (wanted(topic)) return { ...topic, partitionCount: this.#countOf(topic.topicId) };
    }
    return undefined;
  }

  #countOf(topicId: Uuid): number {
    return this.#partitionsWhere((_, ref) => ref.topicId === topicId).length;
  }

  #partitionsWhere(wanted: (row: PartitionRow, ref: PartitionRef) => boolean): PartitionRef[] {
    const refs: PartitionRef[] = [];
    for (const [key, row] of this.#data.partitions) {
      const [topicId = '', partitionId = ''] = key.split('/');
      const ref = { topicId: topicId as Uuid, partitionId: Number(partitionId) };
      if (wanted(row, ref)) refs.push(ref);
    }
    return refs;
  }
}

type NamedTopic = Omit<TopicRow, 'partitionCount'>;

interface Data {
  readonly features: Map<string, number>;
  readonly brokers: Map<NodeId, BrokerRow>;
  readonly topics: Map<Uuid, NamedTopic>;
  readonly partitions: Map<string, PartitionRow>;
  readonly configs: Map<string, Map<string, string>>;
}

function emptyData(): Data {
  return { features: new Map(), brokers: new Map(), topics: new Map(), partitions: new Map(), configs: new Map() };
}

function copyData(data: Data): Data {
  return {
    features: new Map(data.features),
    brokers: new Map(data.brokers),
    topics: new Map(data.topics),
    partitions: new Map(data.partitions),
    configs: new Map([...data.configs].map(([key, values]) => [key, new Map(values)])),
  };
}

function partitionKey(topicId: Uuid, partitionId: number): string {
  return `${topicId}/${partitionId}`;
}

function applyTo(data: Data, record: MetadataRecord, at: RecordPosition): void {
  switch (record.kind) {
    case 'NoOp':
      return;
    case 'FeatureLevel':
      if (record.value.featureLevel === 0) data.features.delete(record.value.name);
      else data.features.set(record.value.name, record.value.featureLevel);
      return;
    case 'RegisterBroker':
      data.brokers.set(record.value.brokerId as NodeId, brokerRow(record, at));
      return;
    case 'BrokerRegistrationChange':
      changeBroker(data, record);
      return;
    case 'UnregisterBroker':
      brokerOrThrow(data, record.value.brokerId, record.value.brokerEpoch);
      data.brokers.delete(record.value.brokerId as NodeId);
      return;
    case 'Topic':
      addTopic(data, record);
      return;
    case 'Config':
      setConfig(data, record);
      return;
    case 'Partition':
      data.partitions.set(partitionKey(topicOrThrow(data, record.value.topicId), record.value.partitionId), partitionRow(record));
      return;
    case 'PartitionChange':
      changePartition(data, record);
      return;
    case 'RemoveTopic':
      removeTopic(data, topicOrThrow(data, record.value.topicId));
      return;
    default:
      throw new Error(`the naive view knows nothing of ${record.kind} records`);
  }
}

type RecordOf<K extends MetadataRecordKind> = Extract<MetadataRecord, { readonly kind: K }>;

function brokerRow({ value }: RecordOf<'RegisterBroker'>, at: RecordPosition): BrokerRow {
  return {
    id: value.brokerId as NodeId,
    epoch: value.brokerEpoch as BrokerEpoch,
    incarnationId: uuidFromBytes(value.incarnationId),
    endpoints: value.endpoints.map((endpoint) => ({ ...endpoint })),
    features: value.features.map((range) => ({ name: range.name, minSupported: range.minSupportedVersion, maxSupported: range.maxSupportedVersion })),
    rack: value.rack,
    fenced: value.fenced,
    inControlledShutdown: value.inControlledShutdown,
    logDirs: value.logDirs.map(uuidFromBytes),
    cordonedLogDirs: value.cordonedLogDirs?.ids.map(uuidFromBytes),
    registrationOffset: at.offset,
  };
}

function brokerOrThrow(data: Data, brokerId: number, brokerEpoch: number): BrokerRow {
  const broker = data.brokers.get(brokerId as NodeId);
  if (broker === undefined) throw new Error(`broker ${brokerId} is not registered`);
  if (broker.epoch !== brokerEpoch) throw new Error(`broker ${brokerId} has epoch ${broker.epoch}, the record says ${brokerEpoch}`);
  return broker;
}

function changeBroker(data: Data, { value }: RecordOf<'BrokerRegistrationChange'>): void {
  const broker = brokerOrThrow(data, value.brokerId, value.brokerEpoch);
  data.brokers.set(broker.id, {
    ...broker,
    fenced: value.fenced ? value.fenced > 0 : broker.fenced,
    inControlledShutdown: broker.inControlledShutdown || value.inControlledShutdown === 1,
    logDirs: value.logDirs.length > 0 ? value.logDirs.map(uuidFromBytes) : broker.logDirs,
  });
}

function addTopic(data: Data, { value }: RecordOf<'Topic'>): void {
  const topicId = uuidFromBytes(value.topicId);
  for (const topic of data.topics.values()) {
    if (topic.topicId === topicId || topic.name === value.name) throw new Error(`topic ${value.name} or its id is taken`);
  }
  data.topics.set(topicId, { topicId, name: value.name });
}

function setConfig(data: Data, { value }: RecordOf<'Config'>): void {
  const key = `${value.resourceType}/${value.resourceName}`;
  const values = data.configs.get(key) ?? new Map<string, string>();
  data.configs.set(key, values);
  if (value.value === undefined) values.delete(value.name);
  else values.set(value.name, value.value);
}

function topicOrThrow(data: Data, topicIdBytes: Uint8Array): Uuid {
  const topicId = uuidFromBytes(topicIdBytes);
  if (!data.topics.has(topicId)) throw new Error(`there is no topic ${topicId}`);
  return topicId;
}

function partitionRow({ value }: RecordOf<'Partition'>): PartitionRow {
  return {
    replicas: ids(value.replicas),
    isr: ids(value.isr),
    removingReplicas: ids(value.removingReplicas),
    addingReplicas: ids(value.addingReplicas),
    leader: leaderOf(value.leader),
    leaderRecoveryState: (value.leaderRecoveryState ?? 0) as LeaderRecoveryState,
    leaderEpoch: value.leaderEpoch,
    partitionEpoch: value.partitionEpoch,
    directories: value.directories.map(uuidFromBytes),
    eligibleLeaderReplicas: value.eligibleLeaderReplicas === undefined ? undefined : ids(value.eligibleLeaderReplicas.ids),
    lastKnownElr: value.lastKnownElr === undefined ? undefined : ids(value.lastKnownElr.ids),
  };
}

function changePartition(data: Data, { value }: RecordOf<'PartitionChange'>): void {
  const key = partitionKey(topicOrThrow(data, value.topicId), value.partitionId);
  const before = data.partitions.get(key);
  if (before === undefined) throw new Error(`there is no partition ${key}`);
  data.partitions.set(key, {
    replicas: ids(value.replicas?.ids) ?? before.replicas,
    isr: ids(value.isr?.ids) ?? before.isr,
    removingReplicas: ids(value.removingReplicas?.ids) ?? before.removingReplicas,
    addingReplicas: ids(value.addingReplicas?.ids) ?? before.addingReplicas,
    leader: value.leader === undefined ? before.leader : leaderOf(value.leader),
    leaderRecoveryState: (value.leaderRecoveryState ?? before.leaderRecoveryState) as LeaderRecoveryState,
    leaderEpoch: before.leaderEpoch + (value.leader === undefined ? 0 : 1),
    partitionEpoch: before.partitionEpoch + 1,
    directories: value.directories?.ids.map(uuidFromBytes) ?? before.directories,
    eligibleLeaderReplicas: ids(value.eligibleLeaderReplicas?.ids) ?? before.eligibleLeaderReplicas,
    lastKnownElr: ids(value.lastKnownElr?.ids) ?? before.lastKnownElr,
  });
}

function removeTopic(data: Data, topicId: Uuid): void {
  const { name } = data.topics.get(topicId)!;
  data.topics.delete(topicId);
  data.configs.delete(`2/${name}`);
  for (const key of data.partitions.keys()) {
    if (key.startsWith(`${topicId}/`)) data.partitions.delete(key);
  }
}

function ids(list: readonly number[]): readonly NodeId[];
function ids(list: readonly number[] | undefined): readonly NodeId[] | undefined;
function ids(list: readonly number[] | undefined): readonly NodeId[] | undefined {
  return list === undefined ? undefined : ([...list] as NodeId[]);
}

function leaderOf(leader: number): NodeId | undefined {
  return leader === -1 ? undefined : (leader as NodeId);
}
