import {
  RESERVED_DIRECTORY,
  uuidFromBytes,
  type BrokerEpoch,
  type MetadataRecord,
  type MetadataRecordValues,
  type NodeId,
  type Uuid,
} from '@quorate/records';
import type { BrokerRow, ControllerRow, PartitionRow, RecordPosition, TopicRow } from '../src/index.js';

export interface ModelTopic {
  readonly topicId: Uuid;
  readonly name: string;
  readonly partitions: Map<number, PartitionRow>;
}

/**
 * What the records mean, written down a second time in the plainest way: maps and objects, everything searched. The image
 * and the overlay are compared with it. It shares no code with them.
 */
export class NaiveModel {
  readonly features = new Map<string, number>();
  readonly brokers = new Map<number, BrokerRow>();
  readonly controllers = new Map<number, ControllerRow>();
  readonly topics = new Map<Uuid, ModelTopic>();
  readonly configs = new Map<string, Map<string, string>>();
  readonly quotas = new Map<string, Map<string, number>>();
  readonly acls = new Map<Uuid, string>();
  readonly scram = new Map<string, string>();
  readonly tokens = new Map<string, string>();
  nextProducerId = 0;

  apply(record: MetadataRecord, at: RecordPosition): void {
    switch (record.kind) {
      case 'FeatureLevel':
        if (record.value.name !== 'kraft.version') setOrDelete(this.features, record.value.name, record.value.featureLevel || undefined);
        return;
      case 'RegisterBroker':
        this.brokers.set(record.value.brokerId, registered(record.value, at));
        return;
      case 'UnregisterBroker':
        this.brokers.delete(record.value.brokerId);
        return;
      case 'BrokerRegistrationChange':
        this.#changeBroker(record.value);
        return;
      case 'FenceBroker':
        this.brokers.set(record.value.id, { ...this.brokers.get(record.value.id)!, fenced: true });
        return;
      case 'UnfenceBroker':
        this.brokers.set(record.value.id, { ...this.brokers.get(record.value.id)!, fenced: false });
        return;
      case 'RegisterController':
        this.controllers.set(record.value.controllerId, {
          id: record.value.controllerId as NodeId,
          incarnationId: uuidFromBytes(record.value.incarnationId),
          zkMigrationReady: record.value.zkMigrationReady,
          endpoints: record.value.endpoints,
          features: record.value.features.map((f) => ({ name: f.name, minSupported: f.minSupportedVersion, maxSupported: f.maxSupportedVersion })),
        });
        return;
      case 'UnregisterController':
        this.controllers.delete(record.value.controllerId);
        return;
      case 'Topic': {
        const topicId = uuidFromBytes(record.value.topicId);
        this.topics.set(topicId, { topicId, name: record.value.name, partitions: new Map() });
        return;
      }
      case 'RemoveTopic': {
        const topic = this.topics.get(uuidFromBytes(record.value.topicId))!;
        this.topics.delete(topic.topicId);
        this.configs.delete(`2:${topic.name}`);
        return;
      }
      case 'Partition':
        this.topics.get(uuidFromBytes(record.value.topicId))!.partitions.set(record.value.partitionId, partitionOf(record.value));
        return;
      case 'PartitionChange': {
        const { partitions } = this.topics.get(uuidFromBytes(record.value.topicId))!;
        partitions.set(record.value.partitionId, changed(partitions.get(record.value.partitionId)!, record.value));
        return;
      }
      case 'ClearElr':
        for (const topic of this.topics.values()) if (['', topic.name].includes(record.value.topicName)) clearElr(topic);
        return;
      case 'Config': {
        const key = `${record.value.resourceType}:${record.value.resourceName}`;
        const values = this.configs.get(key) ?? new Map<string, string>();
        setOrDelete(values, record.value.name, record.value.value);
        setOrDelete(this.configs, key, values.size > 0 ? values : undefined);
        return;
      }
      case 'ClientQuota': {
        const key = JSON.stringify(record.value.entity.map((e) => [e.entityType, e.entityName ?? null]).sort());
        const values = this.quotas.get(key) ?? new Map<string, number>();
        setOrDelete(values, record.value.key, record.value.remove ? undefined : record.value.value);
        setOrDelete(this.quotas, key, values.size > 0 ? values : undefined);
        return;
      }
      case 'ProducerIds':
        this.nextProducerId = record.value.nextProducerId;
        return;
      case 'AccessControlEntry':
        this.acls.set(uuidFromBytes(record.value.id), JSON.stringify({ ...record.value, id: undefined }));
        return;
      case 'RemoveAccessControlEntry':
        this.acls.delete(uuidFromBytes(record.value.id));
        return;
      case 'UserScramCredential':
        this.scram.set(`${record.value.mechanism}:${record.value.name}`, [...record.value.salt, record.value.iterations].join());
        return;
      case 'RemoveUserScramCredential':
        this.scram.delete(`${record.value.mechanism}:${record.value.name}`);
        return;
      case 'DelegationToken':
        this.tokens.set(record.value.tokenId, `${record.value.owner}@${record.value.expirationTimestamp}`);
        return;
      case 'RemoveDelegationToken':
        this.tokens.delete(record.value.tokenId);
        return;
      default:
        return;
    }
  }

  topicRows(): TopicRow[] {
    return [...this.topics.values()].map(({ topicId, name, partitions }) => ({ topicId, name, partitionCount: partitions.size }));
  }

  /** Every partition, as (topic, partition id, row). */
  *allPartitions(): Generator<readonly [Uuid, number, PartitionRow]> {
    for (const topic of this.topics.values()) for (const [id, row] of topic.partitions) yield [topic.topicId, id, row];
  }

  #changeBroker(change: MetadataRecordValues['BrokerRegistrationChange']): void {
    const old = this.brokers.get(change.brokerId)!;
    this.brokers.set(change.brokerId, {
      ...old,
      fenced: change.fenced === 1 || (old.fenced && change.fenced !== -1),
      inControlledShutdown: old.inControlledShutdown || change.inControlledShutdown === 1,
      logDirs: change.logDirs.length > 0 ? change.logDirs.map((id) => uuidFromBytes(id)) : old.logDirs,
      cordonedLogDirs: change.cordonedLogDirs ? change.cordonedLogDirs.ids.map((id) => uuidFromBytes(id)) : old.cordonedLogDirs,
    });
  }
}

function registered(value: MetadataRecordValues['RegisterBroker'], at: RecordPosition): BrokerRow {
  return {
    id: value.brokerId as NodeId,
    epoch: value.brokerEpoch as BrokerEpoch,
    incarnationId: uuidFromBytes(value.incarnationId),
    endpoints: value.endpoints,
    features: value.features.map((f) => ({ name: f.name, minSupported: f.minSupportedVersion, maxSupported: f.maxSupportedVersion })),
    rack: value.rack,
    fenced: value.fenced,
    inControlledShutdown: value.inControlledShutdown,
    logDirs: value.logDirs.map((id) => uuidFromBytes(id)),
    cordonedLogDirs: value.cordonedLogDirs?.ids.map((id) => uuidFromBytes(id)),
    registrationOffset: at.offset,
  };
}

function partitionOf(value: MetadataRecordValues['Partition']): PartitionRow {
  const replicas = value.replicas as NodeId[];
  return {
    replicas,
    isr: inReplicaOrder(value.isr as NodeId[], replicas),
    removingReplicas: value.removingReplicas as NodeId[],
    addingReplicas: value.addingReplicas as NodeId[],
    leader: value.leader < 0 ? undefined : (value.leader as NodeId),
    leaderRecoveryState: value.leaderRecoveryState === 1 ? 1 : 0,
    leaderEpoch: value.leaderEpoch,
    partitionEpoch: value.partitionEpoch,
    directories: replicas.map((_, i) => (value.directories[i] ? uuidFromBytes(value.directories[i]) : RESERVED_DIRECTORY.MIGRATING)),
    eligibleLeaderReplicas: noneIfEmpty(value.eligibleLeaderReplicas?.ids),
    lastKnownElr: noneIfEmpty(value.lastKnownElr?.ids),
  };
}

function changed(old: PartitionRow, change: MetadataRecordValues['PartitionChange']): PartitionRow {
  const replicas = (change.replicas?.ids ?? old.replicas) as NodeId[];
  const kept = (id: NodeId): Uuid => old.directories[old.replicas.indexOf(id)] ?? RESERVED_DIRECTORY.MIGRATING;
  const leads = change.leader !== undefined;
  return {
    replicas,
    isr: inReplicaOrder((change.isr?.ids ?? old.isr) as NodeId[], replicas),
    removingReplicas: (change.removingReplicas?.ids ?? old.removingReplicas) as NodeId[],
    addingReplicas: (change.addingReplicas?.ids ?? old.addingReplicas) as NodeId[],
    leader: !leads ? old.leader : change.leader! < 0 ? undefined : (change.leader as NodeId),
    leaderRecoveryState: (change.leaderRecoveryState ?? old.leaderRecoveryState) as 0 | 1,
    leaderEpoch: old.leaderEpoch + (leads ? 1 : 0),
    partitionEpoch: old.partitionEpoch + 1,
    directories: change.directories ? change.directories.ids.map((id) => uuidFromBytes(id)) : replicas.map(kept),
    eligibleLeaderReplicas: change.eligibleLeaderReplicas ? noneIfEmpty(change.eligibleLeaderReplicas.ids) : old.eligibleLeaderReplicas,
    lastKnownElr: change.lastKnownElr ? noneIfEmpty(change.lastKnownElr.ids) : old.lastKnownElr,
  };
}

function clearElr(topic: ModelTopic): void {
  for (const [id, row] of topic.partitions) {
    if (row.eligibleLeaderReplicas === undefined && row.lastKnownElr === undefined) continue;
    topic.partitions.set(id, { ...row, eligibleLeaderReplicas: undefined, lastKnownElr: undefined, partitionEpoch: row.partitionEpoch + 1 });
  }
}

function inReplicaOrder(isr: readonly NodeId[], replicas: readonly NodeId[]): NodeId[] {
  return [...replicas.filter((id) => isr.includes(id)), ...isr.filter((id) => !replicas.includes(id))];
}

function noneIfEmpty(ids: number[] | undefined): NodeId[] | undefined {
  return ids === undefined || ids.length === 0 ? undefined : (ids as NodeId[]);
}

function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
