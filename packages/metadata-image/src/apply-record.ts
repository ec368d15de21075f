import type { MetadataRecord, MetadataRecordKind, MetadataRecordValues } from '@quorate/records';
import { replayAccessControlEntry, replayRemoveAccessControlEntry } from './acls/delta.js';
import { replayClientQuota } from './client-quotas/delta.js';
import {
  replayBrokerRegistrationChange,
  replayFenceBroker,
  replayRegisterBroker,
  replayRegisterController,
  replayUnfenceBroker,
  replayUnregisterBroker,
  replayUnregisterController,
} from './cluster/delta.js';
import { replayConfig } from './configs/delta.js';
import { replayDelegationToken, replayRemoveDelegationToken } from './delegation-tokens/delta.js';
import { ReplayError } from './errors.js';
import { replayFeatureLevel } from './features/delta.js';
import { replayProducerIds } from './producer-ids/delta.js';
import { replayRemoveUserScramCredential, replayUserScramCredential } from './scram/delta.js';
import type { ReplayContext } from './store.js';
import { replayClearElr, replayPartition, replayPartitionChange, replayRemoveTopic, replayTopic } from './topics/delta.js';

type Rule<K extends MetadataRecordKind> = (context: ReplayContext, record: MetadataRecordValues[K]) => void;

/** What each record does. A kind without a rule does not compile. */
const RULES: { readonly [K in MetadataRecordKind]: Rule<K> } = {
  RegisterBroker: replayRegisterBroker,
  UnregisterBroker: replayUnregisterBroker,
  Topic: replayTopic,
  Partition: replayPartition,
  Config: replayConfig,
  PartitionChange: replayPartitionChange,
  FenceBroker: replayFenceBroker,
  UnfenceBroker: replayUnfenceBroker,
  RemoveTopic: replayRemoveTopic,
  DelegationToken: replayDelegationToken,
  UserScramCredential: replayUserScramCredential,
  FeatureLevel: replayFeatureLevel,
  ClientQuota: replayClientQuota,
  ProducerIds: replayProducerIds,
  BrokerRegistrationChange: replayBrokerRegistrationChange,
  AccessControlEntry: replayAccessControlEntry,
  RemoveAccessControlEntry: replayRemoveAccessControlEntry,
  NoOp: doNothing,
  // Migration from ZooKeeper is no more since Kafka 4.0.
  ZkMigrationState: doNothing,
  RemoveUserScramCredential: replayRemoveUserScramCredential,
  // Transactions are the fold's and the overlay's matter: what reaches a rule counts.
  BeginTransaction: doNothing,
  EndTransaction: doNothing,
  AbortTransaction: doNothing,
  RemoveDelegationToken: replayRemoveDelegationToken,
  RegisterController: replayRegisterController,
  ClearElr: replayClearElr,
  UnregisterController: replayUnregisterController,
};

/**
 * Replays one record into the store, by Kafka's rules. A record that is refused has changed nothing.
 *
 * @throws ReplayError when the record does not fit what the store holds.
 */
export function applyRecord(context: ReplayContext, record: MetadataRecord): void {
  try {
    (RULES[record.kind] as Rule<MetadataRecordKind>)(context, record.value);
  } catch (cause) {
    if (cause instanceof ReplayError) throw cause;
    throw new ReplayError(record.kind, context.at, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function doNothing(): void {}
