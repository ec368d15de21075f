import { encodeControlRecord, encodeRecord, type BatchInput, type ControlRecord, type MetadataRecord, type RequestOutcome } from '../src/index.js';

/** 16 bytes that can be told apart in a dump: first, first + 1, … */
export const id = (first: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, index) => (first + index) & 0xff);

const bytes = (length: number, first: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (first + index) & 0xff);

const broker = {
  brokerId: 101,
  incarnationId: id(0x10),
  brokerEpoch: 4_711,
  endpoints: [
    { name: 'PLAINTEXT', host: 'broker1.example', port: 9092, securityProtocol: 0 },
    { name: 'EXTERNAL', host: '2001:db8::1', port: 65_535, securityProtocol: 3 },
  ],
  features: [
    { name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 33 },
    { name: 'kraft.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
  ],
};

const registerBroker = {
  brokerId: broker.brokerId,
  incarnationId: broker.incarnationId,
  brokerEpoch: broker.brokerEpoch,
  endpoints: broker.endpoints,
  features: broker.features,
  rack: 'rack-α',
  fenced: true,
  inControlledShutdown: false,
  isMigratingZkBroker: false,
  logDirs: [],
  cordonedLogDirs: undefined,
};

const partition = {
  partitionId: 7,
  topicId: id(0x20),
  replicas: [101, 102, 103],
  isr: [101, 102],
  removingReplicas: [103],
  addingReplicas: [104],
  leader: 101,
  leaderRecoveryState: 1,
  leaderEpoch: 5,
  partitionEpoch: 300,
  directories: [],
  eligibleLeaderReplicas: undefined,
  lastKnownElr: undefined,
};

const noChange = {
  partitionId: 7,
  topicId: id(0x20),
  isr: undefined,
  leader: undefined,
  replicas: undefined,
  removingReplicas: undefined,
  addingReplicas: undefined,
  leaderRecoveryState: undefined,
  directories: undefined,
  eligibleLeaderReplicas: undefined,
  lastKnownElr: undefined,
};

const allChanged = {
  ...noChange,
  isr: { ids: [102] },
  leader: 102,
  replicas: { ids: [102, 103] },
  removingReplicas: { ids: [] },
  addingReplicas: { ids: [103] },
  leaderRecoveryState: 0,
};

const noRegistrationChange = {
  brokerId: 101,
  brokerEpoch: 4_711,
  fenced: undefined,
  inControlledShutdown: undefined,
  logDirs: [],
  cordonedLogDirs: undefined,
};

/** Metadata records by the name of their golden file: `<kind>-v<version>`, and what is special about it. */
export const METADATA_SAMPLES: Readonly<Record<string, MetadataRecord>> = {
  'RegisterBroker-v0': { kind: 'RegisterBroker', version: 0, value: registerBroker },
  'RegisterBroker-v0-no-rack-unfenced': { kind: 'RegisterBroker', version: 0, value: { ...registerBroker, rack: undefined, fenced: false, endpoints: [], features: [] } },
  'RegisterBroker-v0-empty-rack': { kind: 'RegisterBroker', version: 0, value: { ...registerBroker, rack: '' } },
  'RegisterBroker-v1': { kind: 'RegisterBroker', version: 1, value: { ...registerBroker, inControlledShutdown: true } },
  'RegisterBroker-v2': { kind: 'RegisterBroker', version: 2, value: { ...registerBroker, isMigratingZkBroker: true } },
  'RegisterBroker-v3': { kind: 'RegisterBroker', version: 3, value: { ...registerBroker, logDirs: [id(0x30), id(0x40)] } },
  'RegisterBroker-v4': { kind: 'RegisterBroker', version: 4, value: { ...registerBroker, logDirs: [id(0x30), id(0x40)], cordonedLogDirs: { ids: [id(0x40)] } } },
  'RegisterBroker-v4-none-cordoned': { kind: 'RegisterBroker', version: 4, value: { ...registerBroker, logDirs: [id(0x30)], cordonedLogDirs: { ids: [] } } },
  'UnregisterBroker-v0': { kind: 'UnregisterBroker', version: 0, value: { brokerId: 101, brokerEpoch: 4_711 } },
  'UnregisterBroker-v0-zero': { kind: 'UnregisterBroker', version: 0, value: { brokerId: 0, brokerEpoch: 0 } },
  'UnregisterBroker-v0-largest': { kind: 'UnregisterBroker', version: 0, value: { brokerId: 2_147_483_647, brokerEpoch: Number.MAX_SAFE_INTEGER } },
  'Topic-v0': { kind: 'Topic', version: 0, value: { name: 'orders.v1_x-Y', topicId: id(0x20) } },
  'Partition-v0': { kind: 'Partition', version: 0, value: partition },
  'Partition-v0-no-leader': { kind: 'Partition', version: 0, value: { ...partition, leader: -1, leaderRecoveryState: undefined, removingReplicas: [], addingReplicas: [] } },
  'Partition-v0-broker-0': { kind: 'Partition', version: 0, value: { ...partition, partitionId: 0, replicas: [0], isr: [0], removingReplicas: [], addingReplicas: [], leader: 0, leaderRecoveryState: 0, leaderEpoch: 0, partitionEpoch: 0 } },
  'Partition-v1': { kind: 'Partition', version: 1, value: { ...partition, directories: [id(0x30), id(0x40), id(0x50)] } },
  'Partition-v2': { kind: 'Partition', version: 2, value: { ...partition, directories: [id(0x30), id(0x40), id(0x50)], eligibleLeaderReplicas: { ids: [103] }, lastKnownElr: { ids: [102] } } },
  'Partition-v2-empty-elr': { kind: 'Partition', version: 2, value: { ...partition, isr: [], leader: -1, eligibleLeaderReplicas: { ids: [] }, lastKnownElr: { ids: [] } } },
  'Config-v0': { kind: 'Config', version: 0, value: { resourceType: 2, resourceName: 'orders', name: 'min.insync.replicas', value: '2' } },
  'Config-v0-empty-value': { kind: 'Config', version: 0, value: { resourceType: 4, resourceName: '', name: 'cordoned.log.dirs', value: '' } },
  'Config-v0-deleted': { kind: 'Config', version: 0, value: { resourceType: 32, resourceName: 'Gruppe ü', name: 'consumer.session.timeout.ms', value: undefined } },
  'PartitionChange-v0': { kind: 'PartitionChange', version: 0, value: allChanged },
  'PartitionChange-v0-nothing': { kind: 'PartitionChange', version: 0, value: noChange },
  'PartitionChange-v0-no-leader': { kind: 'PartitionChange', version: 0, value: { ...noChange, leader: -1 } },
  'PartitionChange-v0-leader-0': { kind: 'PartitionChange', version: 0, value: { ...noChange, leader: 0, isr: { ids: [0] } } },
  'PartitionChange-v1': { kind: 'PartitionChange', version: 1, value: { ...allChanged, directories: { ids: [id(0x30), id(0x40)] } } },
  'PartitionChange-v2': { kind: 'PartitionChange', version: 2, value: { ...allChanged, directories: { ids: [id(0x30), id(0x40)] }, eligibleLeaderReplicas: { ids: [103] }, lastKnownElr: { ids: [102] } } },
  'PartitionChange-v2-emptied': { kind: 'PartitionChange', version: 2, value: { ...noChange, isr: { ids: [] }, leader: -1, eligibleLeaderReplicas: { ids: [] }, lastKnownElr: { ids: [] } } },
  'FenceBroker-v0': { kind: 'FenceBroker', version: 0, value: { id: 101, epoch: 4_711 } },
  'UnfenceBroker-v0': { kind: 'UnfenceBroker', version: 0, value: { id: 101, epoch: 4_711 } },
  'RemoveTopic-v0': { kind: 'RemoveTopic', version: 0, value: { topicId: id(0x20) } },
  'DelegationToken-v0': {
    kind: 'DelegationToken',
    version: 0,
    value: { owner: 'User:alice', requester: 'User:bob', renewers: ['User:carol', 'User:dave'], issueTimestamp: 1_760_000_000_000, maxTimestamp: 1_760_604_800_000, expirationTimestamp: 1_760_086_400_000, tokenId: 'ICEiIyQlJicoKSorLC0uLw' },
  },
  'UserScramCredential-v0': { kind: 'UserScramCredential', version: 0, value: { name: 'alice', mechanism: 1, salt: bytes(16, 0x60), storedKey: bytes(32, 0x70), serverKey: bytes(32, 0x90), iterations: 4_096 } },
  'FeatureLevel-v0': { kind: 'FeatureLevel', version: 0, value: { name: 'metadata.version', featureLevel: 21 } },
  'FeatureLevel-v0-removed': { kind: 'FeatureLevel', version: 0, value: { name: 'group.version', featureLevel: 0 } },
  'ClientQuota-v0': {
    kind: 'ClientQuota',
    version: 0,
    value: { entity: [{ entityType: 'user', entityName: 'alice' }, { entityType: 'client-id', entityName: undefined }], key: 'request_percentage', value: 12.5, remove: false },
  },
  'ClientQuota-v0-empty-name': { kind: 'ClientQuota', version: 0, value: { entity: [{ entityType: 'user', entityName: '' }], key: 'producer_byte_rate', value: 0, remove: true } },
  'ProducerIds-v0': { kind: 'ProducerIds', version: 0, value: { brokerId: 101, brokerEpoch: 4_711, nextProducerId: 3_000 } },
  'ProducerIds-v0-unknown-broker': { kind: 'ProducerIds', version: 0, value: { brokerId: -1, brokerEpoch: -1, nextProducerId: Number.MAX_SAFE_INTEGER } },
  'BrokerRegistrationChange-v0-fenced': { kind: 'BrokerRegistrationChange', version: 0, value: { ...noRegistrationChange, fenced: 1 } },
  'BrokerRegistrationChange-v0-unfenced': { kind: 'BrokerRegistrationChange', version: 0, value: { ...noRegistrationChange, fenced: -1 } },
  'BrokerRegistrationChange-v0-nothing': { kind: 'BrokerRegistrationChange', version: 0, value: noRegistrationChange },
  'BrokerRegistrationChange-v1': { kind: 'BrokerRegistrationChange', version: 1, value: { ...noRegistrationChange, inControlledShutdown: 1 } },
  'BrokerRegistrationChange-v2': { kind: 'BrokerRegistrationChange', version: 2, value: { ...noRegistrationChange, logDirs: [id(0x30)] } },
  'BrokerRegistrationChange-v3': { kind: 'BrokerRegistrationChange', version: 3, value: { ...noRegistrationChange, fenced: 1, inControlledShutdown: 1, logDirs: [id(0x30)], cordonedLogDirs: { ids: [id(0x30)] } } },
  'BrokerRegistrationChange-v3-none-cordoned': { kind: 'BrokerRegistrationChange', version: 3, value: { ...noRegistrationChange, cordonedLogDirs: { ids: [] } } },
  'AccessControlEntry-v0': {
    kind: 'AccessControlEntry',
    version: 0,
    value: { id: id(0xa0), resourceType: 2, resourceName: 'orders', patternType: 4, principal: 'User:alice', host: '*', operation: 3, permissionType: 3 },
  },
  'RemoveAccessControlEntry-v0': { kind: 'RemoveAccessControlEntry', version: 0, value: { id: id(0xa0) } },
  'NoOp-v0': { kind: 'NoOp', version: 0, value: {} },
  'ZkMigrationState-v0': { kind: 'ZkMigrationState', version: 0, value: { zkMigrationState: 3 } },
  'RemoveUserScramCredential-v0': { kind: 'RemoveUserScramCredential', version: 0, value: { name: 'alice', mechanism: 2 } },
  'BeginTransaction-v0': { kind: 'BeginTransaction', version: 0, value: { name: 'Bootstrap records' } },
  'BeginTransaction-v0-unnamed': { kind: 'BeginTransaction', version: 0, value: { name: undefined } },
  'EndTransaction-v0': { kind: 'EndTransaction', version: 0, value: {} },
  'AbortTransaction-v0': { kind: 'AbortTransaction', version: 0, value: { reason: 'Controller failover' } },
  'AbortTransaction-v0-empty-reason': { kind: 'AbortTransaction', version: 0, value: { reason: '' } },
  'RemoveDelegationToken-v0': { kind: 'RemoveDelegationToken', version: 0, value: { tokenId: 'ICEiIyQlJicoKSorLC0uLw' } },
  'RegisterController-v0': {
    kind: 'RegisterController',
    version: 0,
    value: { controllerId: 1, incarnationId: id(0x10), zkMigrationReady: false, endpoints: [{ name: 'CONTROLLER', host: 'controller1', port: 9093, securityProtocol: 0 }], features: broker.features },
  },
  'ClearElr-v0': { kind: 'ClearElr', version: 0, value: { topicName: 'orders' } },
  'ClearElr-v0-all-topics': { kind: 'ClearElr', version: 0, value: { topicName: '' } },
  'UnregisterController-v0': { kind: 'UnregisterController', version: 0, value: { controllerId: 1 } },
};

const voter = (voterId: number) => ({ voterId, voterDirectoryId: id(voterId * 16) });
const unknownDirectory = (voterId: number) => ({ voterId, voterDirectoryId: new Uint8Array(0) });

/** Control records by the name of their golden file. */
export const CONTROL_SAMPLES: Readonly<Record<string, ControlRecord>> = {
  'LeaderChange-v0': { kind: 'LeaderChange', version: 0, value: { version: 0, leaderId: 2, voters: [1, 2, 3].map(unknownDirectory), grantingVoters: [2, 3].map(unknownDirectory) } },
  'LeaderChange-v1': { kind: 'LeaderChange', version: 1, value: { version: 1, leaderId: 2, voters: [1, 2, 3].map(voter), grantingVoters: [2, 3].map(voter) } },
  'SnapshotHeader-v0': {
    kind: 'SnapshotHeader',
    version: 0,
    value: { version: 0, lastContainedLogTimestamp: 1_760_000_000_000, chainChecksum: 0xfedc_ba98, imageDigest: { lastStableOffset: 123_456, digestVersion: 1, value: bytes(8, 0xc0) } },
  },
  'SnapshotHeader-v0-bootstrap': { kind: 'SnapshotHeader', version: 0, value: { version: 0, lastContainedLogTimestamp: 0, chainChecksum: 0x1234_5678, imageDigest: undefined } },
  'SnapshotFooter-v0': { kind: 'SnapshotFooter', version: 0, value: { version: 0, recordCount: 1_000_000, digest: bytes(32, 0xd0) } },
  'KRaftVersion-v0': { kind: 'KRaftVersion', version: 0, value: { version: 0, kraftVersion: 1 } },
  'KRaftVoters-v0': {
    kind: 'KRaftVoters',
    version: 0,
    value: {
      version: 0,
      voters: [1, 2, 3].map((voterId) => ({
        ...voter(voterId),
        endpoints: [{ name: 'CONTROLLER', host: `controller${voterId}`, port: 9093 }],
        kraftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
      })),
    },
  },
};

const requests: readonly RequestOutcome[] = [
  { requestId: id(0x01), firstRecord: 0, items: [{ errorCode: 0, topicId: id(0x20) }, { errorCode: 36, topicId: undefined }] },
  { requestId: id(0x81), firstRecord: 2, items: [] },
  { requestId: id(0xc1), firstRecord: 2, items: [{ errorCode: -1, topicId: undefined }] },
];

const metadata = (...names: string[]) => names.map((name) => encodeRecord(METADATA_SAMPLES[name] as MetadataRecord));
const control = (...names: string[]) => names.map((name) => encodeControlRecord(CONTROL_SAMPLES[name] as ControlRecord));

/** Batches by the name of their golden file. */
export const BATCH_SAMPLES: Readonly<Record<string, BatchInput>> = {
  'batch-one-record': { baseOffset: 0, epoch: 1, appendTimeMs: 1_760_000_000_000, isControl: false, previousChecksum: 0, records: metadata('NoOp-v0') },
  'batch-control': {
    baseOffset: 41,
    epoch: 7,
    appendTimeMs: 1_760_000_000_001,
    isControl: true,
    previousChecksum: 0xdead_beef,
    records: control('LeaderChange-v1', 'KRaftVersion-v0', 'KRaftVoters-v0'),
  },
  'batch-requests': {
    baseOffset: 5_000_000_000,
    epoch: 2_147_483_647,
    appendTimeMs: 1_760_000_000_002,
    isControl: false,
    previousChecksum: 0x0000_0001,
    records: metadata('Topic-v0', 'Partition-v1'),
    requests,
  },
  'batch-last-offsets': {
    baseOffset: Number.MAX_SAFE_INTEGER - 1,
    epoch: 0,
    appendTimeMs: Number.MAX_SAFE_INTEGER,
    isControl: false,
    previousChecksum: 0xffff_ffff,
    records: metadata('PartitionChange-v0-no-leader'),
  },
};
