import type { MetadataRecord, MetadataRecordValues, Offset } from '@quorate/records';
import fc from 'fast-check';
import type { RecordPosition } from '../src/index.js';
import { NaiveModel, type ModelTopic } from './naive-model.js';
import { uuidToBytes } from '@quorate/records';

/** One step of a random log: four numbers that `nextRecord` reads against the state so far. Small ones shrink well. */
export type Step = readonly [number, number, number, number];

export const step: fc.Arbitrary<Step> = fc.tuple(fc.nat(31), fc.nat(9), fc.nat(63), fc.nat(1023));
export const steps = (maxLength: number): fc.Arbitrary<Step[]> => fc.array(step, { minLength: 1, maxLength, size: 'max' });

export const position = (offset: number): RecordPosition => ({ offset: offset as Offset, epoch: 1 + (offset >> 4), wallMs: 1000 + offset });

/** 16 bytes that differ for different numbers. */
export function uuidBytes(n: number): Uint8Array {
  const bytes = new Uint8Array(16).fill(7);
  new DataView(bytes.buffer).setUint32(8, n);
  return bytes;
}

/** A valid log made of the steps. */
export function recordsOf(list: readonly Step[]): MetadataRecord[] {
  const model = new NaiveModel();
  const records: MetadataRecord[] = [];
  for (const each of list) {
    const record = nextRecord(model, each, records.length);
    if (record === undefined) continue;
    model.apply(record, position(records.length));
    records.push(record);
  }
  return records;
}

/** A record that the state allows, or undefined. `fresh` makes ids that were never used. */
export function nextRecord(model: NaiveModel, [kind, x, y, z]: Step, fresh: number): MetadataRecord | undefined {
  const topics = [...model.topics.values()];
  const topic = topics[z % Math.max(1, topics.length)];
  switch (kind) {
    case 0: return { kind: 'FeatureLevel', version: 0, value: { name: ['metadata.version', 'a', 'kraft.version'][x % 3]!, featureLevel: y % 30 } };
    case 1: return { kind: 'RegisterBroker', version: 4, value: broker(x, y, fresh) };
    case 2: case 3: return brokerChange(model, x, y, z);
    case 4: return oldBrokerRecord(model, x, y);
    case 5: case 6: case 7: case 8: return newTopic(topics, x, fresh);
    case 9: return topic && { kind: 'RemoveTopic', version: 0, value: { topicId: uuidToBytes(topic.topicId) } };
    case 10: case 11: case 12: case 13: case 14: case 15: return topic && { kind: 'Partition', version: 2, value: partition(topic, x, y, z) };
    case 16: case 17: case 18: case 19: case 20: case 21: case 22: return partitionChange(topic, x, y, z);
    case 23: return { kind: 'ClearElr', version: 0, value: { topicName: topic && x > 2 ? topic.name : '' } };
    case 24: case 25: return config(topic, x, y, z);
    case 26: return quota(x, y);
    case 27: return { kind: 'ProducerIds', version: 0, value: { brokerId: x, brokerEpoch: -1, nextProducerId: model.nextProducerId + 1 + y } };
    case 28: return acl(model, x, y, fresh);
    case 29: return scramOrToken(model, x, y);
    case 30: return controller(x, y, fresh);
    default: return { kind: 'NoOp', version: 0, value: {} };
  }
}

function broker(x: number, y: number, fresh: number): MetadataRecordValues['RegisterBroker'] {
  return {
    brokerId: x,
    incarnationId: uuidBytes(fresh),
    brokerEpoch: fresh,
    endpoints: [{ name: 'PLAINTEXT', host: `h${x}`, port: 9000 + y, securityProtocol: 0 }],
    features: [{ name: 'metadata.version', minSupportedVersion: 1, maxSupportedVersion: y }],
    rack: y % 2 ? `r${y}` : undefined,
    fenced: y % 3 !== 0,
    inControlledShutdown: y % 7 === 0,
    isMigratingZkBroker: false,
    logDirs: y % 4 ? [uuidBytes(1000 + x)] : [],
    cordonedLogDirs: y % 5 ? undefined : { ids: [] },
  };
}

function brokerChange(model: NaiveModel, x: number, y: number, z: number): MetadataRecord | undefined {
  const old = model.brokers.get(x);
  if (old === undefined) return undefined;
  return {
    kind: 'BrokerRegistrationChange',
    version: 3,
    value: {
      brokerId: x,
      brokerEpoch: old.epoch,
      fenced: [undefined, 1, -1][y % 3],
      inControlledShutdown: y % 5 === 0 ? 1 : undefined,
      logDirs: z % 2 ? [uuidBytes(1100 + x)] : [],
      cordonedLogDirs: z % 3 ? undefined : { ids: z % 4 ? [] : [uuidBytes(1100 + x)] },
    },
  };
}

function oldBrokerRecord(model: NaiveModel, x: number, y: number): MetadataRecord | undefined {
  const old = model.brokers.get(x);
  if (old === undefined) return undefined;
  if (y % 3 === 0) return { kind: 'UnregisterBroker', version: 0, value: { brokerId: x, brokerEpoch: old.epoch } };
  return { kind: y % 3 === 1 ? 'FenceBroker' : 'UnfenceBroker', version: 0, value: { id: x, epoch: old.epoch } };
}

function newTopic(topics: readonly ModelTopic[], x: number, fresh: number): MetadataRecord | undefined {
  const name = ['a.b', 'a_b', 'a.b.c', 'a_b.c', 'a_b_c', 'orders', 'x', 'longer-topic-name', 'z.', 'é'][x]!;
  if (topics.some((topic) => topic.name === name)) return undefined;
  return { kind: 'Topic', version: 0, value: { name, topicId: uuidBytes(5000 + fresh) } };
}

function partition(topic: ModelTopic, x: number, y: number, z: number): MetadataRecordValues['Partition'] {
  const replicas = replicaIds(x, y);
  const isr = replicas.filter((_, i) => (z >> i) & 1);
  return {
    partitionId: topic.partitions.size,
    topicId: uuidToBytes(topic.topicId),
    replicas,
    isr: z % 2 ? isr.reverse() : isr,
    removingReplicas: z % 11 === 0 ? replicas.slice(0, 1) : [],
    addingReplicas: z % 13 === 0 ? replicas.slice(-1) : [],
    leader: z % 3 ? (isr[0] ?? -1) : -1,
    leaderRecoveryState: y % 9 === 0 ? 1 : undefined,
    leaderEpoch: y,
    partitionEpoch: z,
    directories: z % 4 ? replicas.map((id) => uuidBytes(1000 + id)) : [],
    eligibleLeaderReplicas: z % 5 ? undefined : { ids: replicas.slice(1) },
    lastKnownElr: z % 7 ? undefined : { ids: replicas.slice(0, 1) },
  };
}

function partitionChange(topic: ModelTopic | undefined, x: number, y: number, z: number): MetadataRecord | undefined {
  const old = topic?.partitions.get(y % Math.max(1, topic.partitions.size));
  if (topic === undefined || old === undefined) return undefined;
  const replicas = z & 8 ? replicaIds(x, z) : undefined;
  const after = replicas ?? old.replicas;
  return {
    kind: 'PartitionChange',
    version: 2,
    value: {
      partitionId: y % topic.partitions.size,
      topicId: uuidToBytes(topic.topicId),
      isr: z & 1 || replicas ? { ids: after.filter((_, i) => (x >> (i % 3)) & 1) } : undefined,
      leader: z & 2 || replicas ? (x % 4 ? after[x % after.length] : -1) : undefined,
      replicas: replicas && { ids: replicas },
      removingReplicas: z & 16 ? { ids: x % 2 ? [] : after.slice(0, 1) } : undefined,
      addingReplicas: z & 32 ? { ids: x % 2 ? [] : after.slice(-1) } : undefined,
      leaderRecoveryState: z & 64 ? x % 2 : undefined,
      directories: z & 128 ? { ids: after.map((id) => uuidBytes(1200 + id)) } : undefined,
      eligibleLeaderReplicas: z & 256 ? { ids: x % 3 ? [] : after.slice(1) } : undefined,
      lastKnownElr: z & 512 ? { ids: x % 3 ? [] : after.slice(0, 1) } : undefined,
    },
  };
}

/** One to six different broker ids, one of them large. */
function replicaIds(x: number, y: number): number[] {
  return Array.from({ length: 1 + (x % 6) }, (_, i) => (i === 5 ? 2_000_000_000 : (y + i * 3) % 10)).filter((id, i, all) => all.indexOf(id) === i);
}

function config(topic: ModelTopic | undefined, x: number, y: number, z: number): MetadataRecord {
  const ofTopic = topic !== undefined && z % 2 === 0;
  return {
    kind: 'Config',
    version: 0,
    value: {
      resourceType: ofTopic ? 2 : 4,
      resourceName: ofTopic ? topic.name : x > 6 ? '' : String(x),
      name: ['retention.ms', 'min.insync.replicas', 'no.such.key'][y % 3]!,
      value: y % 4 ? String(y) : undefined,
    },
  };
}

function quota(x: number, y: number): MetadataRecord {
  const entity = [
    { entityType: 'user', entityName: x % 3 ? `u${x % 3}` : undefined },
    { entityType: 'client-id', entityName: 'c' },
  ].slice(0, 1 + (x % 2));
  if (x > 5) entity.reverse();
  return {
    kind: 'ClientQuota',
    version: 0,
    value: { entity, key: y % 2 ? 'producer_byte_rate' : 'request_percentage', value: y + 0.5, remove: y % 5 === 0 },
  };
}

function acl(model: NaiveModel, x: number, y: number, fresh: number): MetadataRecord {
  const [first] = model.acls.keys();
  if (first !== undefined && y % 3 === 0) return { kind: 'RemoveAccessControlEntry', version: 0, value: { id: uuidToBytes(first) } };
  const resourceName = `n${x}`;
  return {
    kind: 'AccessControlEntry',
    version: 0,
    value: { id: uuidBytes(9000 + fresh), resourceType: 2, resourceName, patternType: 3, principal: 'User:u', host: '*', operation: 3, permissionType: 3 },
  };
}

function scramOrToken(model: NaiveModel, x: number, y: number): MetadataRecord {
  const name = `u${x % 3}`;
  const bytes = new Uint8Array([x, y]);
  if (y % 4 === 0 && model.scram.has(`1:${name}`)) return { kind: 'RemoveUserScramCredential', version: 0, value: { name, mechanism: 1 } };
  if (y % 4 < 2) {
    return { kind: 'UserScramCredential', version: 0, value: { name, mechanism: 1, salt: bytes, storedKey: bytes, serverKey: bytes, iterations: 4096 + y } };
  }
  if (y % 4 === 2) return { kind: 'RemoveDelegationToken', version: 0, value: { tokenId: name } };
  return {
    kind: 'DelegationToken',
    version: 0,
    value: { owner: 'User:o', requester: 'User:r', renewers: [name], issueTimestamp: 1, maxTimestamp: 2 ** 41, expirationTimestamp: 2 ** 40 + y, tokenId: name },
  };
}

function controller(x: number, y: number, fresh: number): MetadataRecord {
  if (y % 4 === 0) return { kind: 'UnregisterController', version: 0, value: { controllerId: 100 + (x % 3) } };
  return {
    kind: 'RegisterController',
    version: 0,
    value: { controllerId: 100 + (x % 3), incarnationId: uuidBytes(fresh), zkMigrationReady: false, endpoints: [], features: [] },
  };
}
