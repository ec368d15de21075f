import * as fc from 'fast-check';
import { RECORD_VERSIONS, type MetadataRecord, type MetadataRecordKind, type MetadataRecordValues, type PerMetadataRecord } from '../src/index.js';
import { LATER_FIELDS } from '../src/record-fields.js';

// Any text that UTF-8 can say; a lone surrogate is not one.
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 });
const bytes = fc.uint8Array({ maxLength: 64 });
const int32 = fc.integer();
const uint16 = fc.integer({ min: 0, max: 65_535 });
const int64 = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -2, max: 3 }));
const ids = fc.array(int32, { maxLength: 5 });
const uuids = fc.array(uuid, { maxLength: 3 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const maybeReplicas = maybe(fc.record({ ids }));
const maybeDirectories = maybe(fc.record({ ids: uuids }));
const endpoints = fc.array(fc.record({ name: text, host: text, port: uint16, securityProtocol: int32 }), { maxLength: 3 });
const features = fc.array(fc.record({ name: text, minSupportedVersion: int32, maxSupportedVersion: int32 }), { maxLength: 3 });
const except = (value: number) => int32.filter((candidate) => candidate !== value);

/** Values with every field that the latest version has. */
const VALUES: { readonly [K in MetadataRecordKind]: fc.Arbitrary<MetadataRecordValues[K]> } = {
  RegisterBroker: fc.record({
    brokerId: int32, incarnationId: uuid, brokerEpoch: int64, endpoints, features, rack: maybe(text), fenced: fc.boolean(),
    inControlledShutdown: fc.boolean(), isMigratingZkBroker: fc.boolean(), logDirs: uuids, cordonedLogDirs: maybeDirectories,
  }),
  UnregisterBroker: fc.record({ brokerId: int32, brokerEpoch: int64 }),
  Topic: fc.record({ name: text, topicId: uuid }),
  Partition: fc.record({
    partitionId: int32, topicId: uuid, replicas: ids, isr: ids, removingReplicas: ids, addingReplicas: ids, leader: int32,
    leaderRecoveryState: maybe(int32), leaderEpoch: int32, partitionEpoch: int32, directories: uuids,
    eligibleLeaderReplicas: maybeReplicas, lastKnownElr: maybeReplicas,
  }),
  Config: fc.record({ resourceType: int32, resourceName: text, name: text, value: maybe(text) }),
  PartitionChange: fc.record({
    partitionId: int32, topicId: uuid, isr: maybeReplicas, leader: maybe(except(-2)), replicas: maybeReplicas,
    removingReplicas: maybeReplicas, addingReplicas: maybeReplicas, leaderRecoveryState: maybe(except(-1)),
    directories: maybeDirectories, eligibleLeaderReplicas: maybeReplicas, lastKnownElr: maybeReplicas,
  }),
  FenceBroker: fc.record({ id: int32, epoch: int64 }),
  UnfenceBroker: fc.record({ id: int32, epoch: int64 }),
  RemoveTopic: fc.record({ topicId: uuid }),
  DelegationToken: fc.record({
    owner: text, requester: text, renewers: fc.array(text, { maxLength: 3 }), issueTimestamp: int64, maxTimestamp: int64,
    expirationTimestamp: int64, tokenId: text,
  }),
  UserScramCredential: fc.record({ name: text, mechanism: int32, salt: bytes, storedKey: bytes, serverKey: bytes, iterations: int32 }),
  FeatureLevel: fc.record({ name: text, featureLevel: int32 }),
  ClientQuota: fc.record({
    entity: fc.array(fc.record({ entityType: text, entityName: maybe(text) }), { maxLength: 3 }),
    key: text, value: fc.double({ noNaN: true }).map((value) => value + 0), remove: fc.boolean(),
  }),
  ProducerIds: fc.record({ brokerId: int32, brokerEpoch: int64, nextProducerId: int64 }),
  BrokerRegistrationChange: fc.record({
    brokerId: int32, brokerEpoch: int64, fenced: maybe(except(0)), inControlledShutdown: maybe(except(0)), logDirs: uuids,
    cordonedLogDirs: maybeDirectories,
  }),
  AccessControlEntry: fc.record({
    id: uuid, resourceType: int32, resourceName: text, patternType: int32, principal: text, host: text, operation: int32,
    permissionType: int32,
  }),
  RemoveAccessControlEntry: fc.record({ id: uuid }),
  NoOp: fc.record({}),
  ZkMigrationState: fc.record({ zkMigrationState: int32 }),
  RemoveUserScramCredential: fc.record({ name: text, mechanism: int32 }),
  BeginTransaction: fc.record({ name: maybe(text) }),
  EndTransaction: fc.record({}),
  AbortTransaction: fc.record({ reason: maybe(text) }),
  RemoveDelegationToken: fc.record({ tokenId: text }),
  RegisterController: fc.record({ controllerId: int32, incarnationId: uuid, zkMigrationReady: fc.boolean(), endpoints, features }),
  ClearElr: fc.record({ topicName: text }),
  UnregisterController: fc.record({ controllerId: int32 }),
};

/** What a field is when a record says nothing by it. */
const UNSAID: Readonly<Record<string, unknown>> = { inControlledShutdown: false, isMigratingZkBroker: false, logDirs: [] };

/** Any record of a kind, of any version, holding only what that version can say. */
export function anyRecordOf(kind: MetadataRecordKind): fc.Arbitrary<MetadataRecord> {
  const value: fc.Arbitrary<MetadataRecord['value']> = VALUES[kind];
  return fc
    .record({ version: fc.integer({ min: 0, max: RECORD_VERSIONS[kind] }), value })
    .map((record) => ({ kind, version: record.version, value: withoutLaterFields(kind, record.version, record.value) }) as MetadataRecord);
}

/** Any record of any kind. */
export const anyRecord = fc.constantFrom(...(Object.keys(VALUES) as (keyof PerMetadataRecord<unknown>)[])).chain(anyRecordOf);

export const allKinds = Object.keys(VALUES) as MetadataRecordKind[];

function withoutLaterFields(kind: MetadataRecordKind, version: number, value: object): object {
  const later: Readonly<Record<string, number>> = LATER_FIELDS[kind] ?? {};
  const kept: Record<string, unknown> = { ...value };
  for (const [field, since] of Object.entries(later)) {
    if (since > version) kept[field] = unsaid(kind, field);
  }
  return kept;
}

function unsaid(kind: MetadataRecordKind, field: string): unknown {
  if (kind === 'Partition' && field === 'directories') return [];
  if (kind === 'BrokerRegistrationChange' && field === 'inControlledShutdown') return undefined;
  return UNSAID[field];
}
