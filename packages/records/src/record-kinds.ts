import type { RegisterBrokerRecord } from './gen/quorate/records/v1/register_broker_record.js';
import type { UnregisterBrokerRecord } from './gen/quorate/records/v1/unregister_broker_record.js';
import type { TopicRecord } from './gen/quorate/records/v1/topic_record.js';
import type { PartitionRecord } from './gen/quorate/records/v1/partition_record.js';
import type { ConfigRecord } from './gen/quorate/records/v1/config_record.js';
import type { PartitionChangeRecord } from './gen/quorate/records/v1/partition_change_record.js';
import type { FenceBrokerRecord } from './gen/quorate/records/v1/fence_broker_record.js';
import type { UnfenceBrokerRecord } from './gen/quorate/records/v1/unfence_broker_record.js';
import type { RemoveTopicRecord } from './gen/quorate/records/v1/remove_topic_record.js';
import type { DelegationTokenRecord } from './gen/quorate/records/v1/delegation_token_record.js';
import type { UserScramCredentialRecord } from './gen/quorate/records/v1/user_scram_credential_record.js';
import type { FeatureLevelRecord } from './gen/quorate/records/v1/feature_level_record.js';
import type { ClientQuotaRecord } from './gen/quorate/records/v1/client_quota_record.js';
import type { ProducerIdsRecord } from './gen/quorate/records/v1/producer_ids_record.js';
import type { BrokerRegistrationChangeRecord } from './gen/quorate/records/v1/broker_registration_change_record.js';
import type { AccessControlEntryRecord } from './gen/quorate/records/v1/access_control_entry_record.js';
import type { RemoveAccessControlEntryRecord } from './gen/quorate/records/v1/remove_access_control_entry_record.js';
import type { NoOpRecord } from './gen/quorate/records/v1/no_op_record.js';
import type { ZkMigrationStateRecord } from './gen/quorate/records/v1/zk_migration_state_record.js';
import type { RemoveUserScramCredentialRecord } from './gen/quorate/records/v1/remove_user_scram_credential_record.js';
import type { BeginTransactionRecord } from './gen/quorate/records/v1/begin_transaction_record.js';
import type { EndTransactionRecord } from './gen/quorate/records/v1/end_transaction_record.js';
import type { AbortTransactionRecord } from './gen/quorate/records/v1/abort_transaction_record.js';
import type { RemoveDelegationTokenRecord } from './gen/quorate/records/v1/remove_delegation_token_record.js';
import type { RegisterControllerRecord } from './gen/quorate/records/v1/register_controller_record.js';
import type { ClearElrRecord } from './gen/quorate/records/v1/clear_elr_record.js';
import type { UnregisterControllerRecord } from './gen/quorate/records/v1/unregister_controller_record.js';
import type { LeaderChangeControlRecord } from './gen/quorate/records/v1/leader_change_control_record.js';
import type { SnapshotHeaderControlRecord } from './gen/quorate/records/v1/snapshot_header_control_record.js';
import type { SnapshotFooterControlRecord } from './gen/quorate/records/v1/snapshot_footer_control_record.js';
import type { KRaftVersionControlRecord } from './gen/quorate/records/v1/kraft_version_control_record.js';
import type { KRaftVotersControlRecord } from './gen/quorate/records/v1/kraft_voters_control_record.js';

/**
 * The closed list of metadata records: Kafka's, 1:1, and no others. The kind is the message's name without
 * "Record". A map over kinds that lacks one does not compile.
 */
export interface MetadataRecordValues {
  RegisterBroker: RegisterBrokerRecord;
  UnregisterBroker: UnregisterBrokerRecord;
  Topic: TopicRecord;
  Partition: PartitionRecord;
  Config: ConfigRecord;
  PartitionChange: PartitionChangeRecord;
  FenceBroker: FenceBrokerRecord;
  UnfenceBroker: UnfenceBrokerRecord;
  RemoveTopic: RemoveTopicRecord;
  DelegationToken: DelegationTokenRecord;
  UserScramCredential: UserScramCredentialRecord;
  FeatureLevel: FeatureLevelRecord;
  ClientQuota: ClientQuotaRecord;
  ProducerIds: ProducerIdsRecord;
  BrokerRegistrationChange: BrokerRegistrationChangeRecord;
  AccessControlEntry: AccessControlEntryRecord;
  RemoveAccessControlEntry: RemoveAccessControlEntryRecord;
  NoOp: NoOpRecord;
  ZkMigrationState: ZkMigrationStateRecord;
  RemoveUserScramCredential: RemoveUserScramCredentialRecord;
  BeginTransaction: BeginTransactionRecord;
  EndTransaction: EndTransactionRecord;
  AbortTransaction: AbortTransactionRecord;
  RemoveDelegationToken: RemoveDelegationTokenRecord;
  RegisterController: RegisterControllerRecord;
  ClearElr: ClearElrRecord;
  UnregisterController: UnregisterControllerRecord;
}

/** Raft's own records, in control batches only; metadata code skips them (KIP-595, KIP-630, KIP-853). */
export interface ControlRecordValues {
  LeaderChange: LeaderChangeControlRecord;
  SnapshotHeader: SnapshotHeaderControlRecord;
  SnapshotFooter: SnapshotFooterControlRecord;
  KRaftVersion: KRaftVersionControlRecord;
  KRaftVoters: KRaftVotersControlRecord;
}

export type MetadataRecordKind = keyof MetadataRecordValues;
export type ControlRecordKind = keyof ControlRecordValues;

/** Something for each kind of metadata record. */
export type PerMetadataRecord<T> = { readonly [K in MetadataRecordKind]: T };
/** Something for each kind of control record. */
export type PerControlRecord<T> = { readonly [K in ControlRecordKind]: T };

/** One metadata record of a given kind, or of any. `version` says which fields it may hold. */
export type MetadataRecord<K extends MetadataRecordKind = MetadataRecordKind> = {
  [Kind in K]: { readonly kind: Kind; readonly version: number; readonly value: MetadataRecordValues[Kind] };
}[K];

/** One control record of a given kind, or of any. */
export type ControlRecord<K extends ControlRecordKind = ControlRecordKind> = {
  [Kind in K]: { readonly kind: Kind; readonly version: number; readonly value: ControlRecordValues[Kind] };
}[K];

/** Kafka's type ids. 6, 13 and 16 are unused. */
export const RECORD_TYPE = {
  RegisterBroker: 0,
  UnregisterBroker: 1,
  Topic: 2,
  Partition: 3,
  Config: 4,
  PartitionChange: 5,
  FenceBroker: 7,
  UnfenceBroker: 8,
  RemoveTopic: 9,
  DelegationToken: 10,
  UserScramCredential: 11,
  FeatureLevel: 12,
  ClientQuota: 14,
  ProducerIds: 15,
  BrokerRegistrationChange: 17,
  AccessControlEntry: 18,
  RemoveAccessControlEntry: 19,
  NoOp: 20,
  ZkMigrationState: 21,
  RemoveUserScramCredential: 22,
  BeginTransaction: 23,
  EndTransaction: 24,
  AbortTransaction: 25,
  RemoveDelegationToken: 26,
  RegisterController: 27,
  ClearElr: 28,
  UnregisterController: 29,
} as const satisfies PerMetadataRecord<number>;

/** Kafka's control record type ids. 0 and 1 belong to Kafka's transactions and have no use here. */
export const CONTROL_RECORD_TYPE = {
  LeaderChange: 2,
  SnapshotHeader: 3,
  SnapshotFooter: 4,
  KRaftVersion: 5,
  KRaftVoters: 6,
} as const satisfies PerControlRecord<number>;

/** The latest version of each kind; the lowest is 0 for all. Which one to write follows from metadata.version. */
export const RECORD_VERSIONS = {
  RegisterBroker: 4,
  UnregisterBroker: 0,
  Topic: 0,
  Partition: 2,
  Config: 0,
  PartitionChange: 2,
  FenceBroker: 0,
  UnfenceBroker: 0,
  RemoveTopic: 0,
  DelegationToken: 0,
  UserScramCredential: 0,
  FeatureLevel: 0,
  ClientQuota: 0,
  ProducerIds: 0,
  BrokerRegistrationChange: 3,
  AccessControlEntry: 0,
  RemoveAccessControlEntry: 0,
  NoOp: 0,
  ZkMigrationState: 0,
  RemoveUserScramCredential: 0,
  BeginTransaction: 0,
  EndTransaction: 0,
  AbortTransaction: 0,
  RemoveDelegationToken: 0,
  RegisterController: 0,
  ClearElr: 0,
  UnregisterController: 0,
} as const satisfies PerMetadataRecord<number>;

/** The latest version of each control record; the lowest is 0 for all. LeaderChange 1 belongs to kraft.version 1. */
export const CONTROL_RECORD_VERSIONS = {
  LeaderChange: 1,
  SnapshotHeader: 0,
  SnapshotFooter: 0,
  KRaftVersion: 0,
  KRaftVoters: 0,
} as const satisfies PerControlRecord<number>;

const KIND_OF_TYPE = invert(RECORD_TYPE);
const CONTROL_KIND_OF_TYPE = invert(CONTROL_RECORD_TYPE);

/** The kind with this type id; undefined when there is none. */
export function recordKindOf(type: number): MetadataRecordKind | undefined {
  return KIND_OF_TYPE[type];
}

/** The control record kind with this type id; undefined when there is none. */
export function controlRecordKindOf(type: number): ControlRecordKind | undefined {
  return CONTROL_KIND_OF_TYPE[type];
}

function invert<K extends string>(types: Readonly<Record<K, number>>): readonly (K | undefined)[] {
  const kinds: (K | undefined)[] = [];
  for (const kind of Object.keys(types) as K[]) kinds[types[kind]] = kind;
  return kinds;
}
