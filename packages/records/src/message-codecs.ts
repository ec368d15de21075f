import type { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { RegisterBrokerRecord } from './gen/quorate/records/v1/register_broker_record.js';
import { UnregisterBrokerRecord } from './gen/quorate/records/v1/unregister_broker_record.js';
import { TopicRecord } from './gen/quorate/records/v1/topic_record.js';
import { PartitionRecord } from './gen/quorate/records/v1/partition_record.js';
import { ConfigRecord } from './gen/quorate/records/v1/config_record.js';
import { PartitionChangeRecord } from './gen/quorate/records/v1/partition_change_record.js';
import { FenceBrokerRecord } from './gen/quorate/records/v1/fence_broker_record.js';
import { UnfenceBrokerRecord } from './gen/quorate/records/v1/unfence_broker_record.js';
import { RemoveTopicRecord } from './gen/quorate/records/v1/remove_topic_record.js';
import { DelegationTokenRecord } from './gen/quorate/records/v1/delegation_token_record.js';
import { UserScramCredentialRecord } from './gen/quorate/records/v1/user_scram_credential_record.js';
import { FeatureLevelRecord } from './gen/quorate/records/v1/feature_level_record.js';
import { ClientQuotaRecord } from './gen/quorate/records/v1/client_quota_record.js';
import { ProducerIdsRecord } from './gen/quorate/records/v1/producer_ids_record.js';
import { BrokerRegistrationChangeRecord } from './gen/quorate/records/v1/broker_registration_change_record.js';
import { AccessControlEntryRecord } from './gen/quorate/records/v1/access_control_entry_record.js';
import { RemoveAccessControlEntryRecord } from './gen/quorate/records/v1/remove_access_control_entry_record.js';
import { NoOpRecord } from './gen/quorate/records/v1/no_op_record.js';
import { ZkMigrationStateRecord } from './gen/quorate/records/v1/zk_migration_state_record.js';
import { RemoveUserScramCredentialRecord } from './gen/quorate/records/v1/remove_user_scram_credential_record.js';
import { BeginTransactionRecord } from './gen/quorate/records/v1/begin_transaction_record.js';
import { EndTransactionRecord } from './gen/quorate/records/v1/end_transaction_record.js';
import { AbortTransactionRecord } from './gen/quorate/records/v1/abort_transaction_record.js';
import { RemoveDelegationTokenRecord } from './gen/quorate/records/v1/remove_delegation_token_record.js';
import { RegisterControllerRecord } from './gen/quorate/records/v1/register_controller_record.js';
import { ClearElrRecord } from './gen/quorate/records/v1/clear_elr_record.js';
import { UnregisterControllerRecord } from './gen/quorate/records/v1/unregister_controller_record.js';
import { LeaderChangeControlRecord } from './gen/quorate/records/v1/leader_change_control_record.js';
import { SnapshotHeaderControlRecord } from './gen/quorate/records/v1/snapshot_header_control_record.js';
import { SnapshotFooterControlRecord } from './gen/quorate/records/v1/snapshot_footer_control_record.js';
import { KRaftVersionControlRecord } from './gen/quorate/records/v1/kraft_version_control_record.js';
import { KRaftVotersControlRecord } from './gen/quorate/records/v1/kraft_voters_control_record.js';
import type { ControlRecordKind, ControlRecordValues, MetadataRecordKind, MetadataRecordValues } from './record-kinds.js';

/** What ts-proto makes for each message, as far as records need it. */
export interface MessageCodec<T> {
  encode(value: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}

/** The generated codec of each metadata record. */
export const METADATA_CODECS: { readonly [K in MetadataRecordKind]: MessageCodec<MetadataRecordValues[K]> } = {
  RegisterBroker: RegisterBrokerRecord,
  UnregisterBroker: UnregisterBrokerRecord,
  Topic: TopicRecord,
  Partition: PartitionRecord,
  Config: ConfigRecord,
  PartitionChange: PartitionChangeRecord,
  FenceBroker: FenceBrokerRecord,
  UnfenceBroker: UnfenceBrokerRecord,
  RemoveTopic: RemoveTopicRecord,
  DelegationToken: DelegationTokenRecord,
  UserScramCredential: UserScramCredentialRecord,
  FeatureLevel: FeatureLevelRecord,
  ClientQuota: ClientQuotaRecord,
  ProducerIds: ProducerIdsRecord,
  BrokerRegistrationChange: BrokerRegistrationChangeRecord,
  AccessControlEntry: AccessControlEntryRecord,
  RemoveAccessControlEntry: RemoveAccessControlEntryRecord,
  NoOp: NoOpRecord,
  ZkMigrationState: ZkMigrationStateRecord,
  RemoveUserScramCredential: RemoveUserScramCredentialRecord,
  BeginTransaction: BeginTransactionRecord,
  EndTransaction: EndTransactionRecord,
  AbortTransaction: AbortTransactionRecord,
  RemoveDelegationToken: RemoveDelegationTokenRecord,
  RegisterController: RegisterControllerRecord,
  ClearElr: ClearElrRecord,
  UnregisterController: UnregisterControllerRecord,
};

/** The generated codec of each control record. */
export const CONTROL_CODECS: { readonly [K in ControlRecordKind]: MessageCodec<ControlRecordValues[K]> } = {
  LeaderChange: LeaderChangeControlRecord,
  SnapshotHeader: SnapshotHeaderControlRecord,
  SnapshotFooter: SnapshotFooterControlRecord,
  KRaftVersion: KRaftVersionControlRecord,
  KRaftVoters: KRaftVotersControlRecord,
};
