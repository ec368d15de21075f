import type { MetadataRecordKind, MetadataRecordValues } from './record-kinds.js';

/** Fields that came after version 0, and the version that brought each. Other kinds have version 0 only. */
export const LATER_FIELDS: { readonly [K in MetadataRecordKind]?: { readonly [F in keyof MetadataRecordValues[K]]?: number } } = {
  RegisterBroker: { inControlledShutdown: 1, isMigratingZkBroker: 2, logDirs: 3, cordonedLogDirs: 4 },
  Partition: { directories: 1, eligibleLeaderReplicas: 2, lastKnownElr: 2 },
  PartitionChange: { directories: 1, eligibleLeaderReplicas: 2, lastKnownElr: 2 },
  BrokerRegistrationChange: { inControlledShutdown: 1, logDirs: 2, cordonedLogDirs: 3 },
};

/** Fields that are int64 in the proto and a plain number here, so that 2^53 - 1 is their end. */
export const INT64_FIELDS: { readonly [K in MetadataRecordKind]?: readonly (keyof MetadataRecordValues[K])[] } = {
  RegisterBroker: ['brokerEpoch'],
  UnregisterBroker: ['brokerEpoch'],
  FenceBroker: ['epoch'],
  UnfenceBroker: ['epoch'],
  DelegationToken: ['issueTimestamp', 'maxTimestamp', 'expirationTimestamp'],
  ProducerIds: ['brokerEpoch', 'nextProducerId'],
  BrokerRegistrationChange: ['brokerEpoch'],
};

/**
 * Values with which Kafka says "unchanged" although the field is there. A writer of ours leaves the field out; a reader
 * takes them for absent, so that nobody downstream needs to know them.
 */
export const UNCHANGED_VALUES: { readonly [K in MetadataRecordKind]?: { readonly [F in keyof MetadataRecordValues[K]]?: number } } = {
  PartitionChange: { leader: -2, leaderRecoveryState: -1 },
  BrokerRegistrationChange: { fenced: 0, inControlledShutdown: 0 },
};

/** Whether a field that a later version brought says anything: null, false and an empty list say nothing. */
export function isSaid(value: unknown): boolean {
  if (value === undefined || value === false) return false;
  return !(Array.isArray(value) && value.length === 0);
}
