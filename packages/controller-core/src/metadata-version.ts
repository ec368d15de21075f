import type { MetadataView } from '@quorate/metadata-image';

/** Name of the feature that says which records and fields the log may hold (KIP-778). */
export const METADATA_VERSION = 'metadata.version';
/** Raft's feature: never a FeatureLevel record, the control record KRaftVersion says it. */
export const KRAFT_VERSION = 'kraft.version';
/** Eligible leader replicas (KIP-966): 0 off, 1 on. */
export const ELR_VERSION = 'eligible.leader.replicas.version';

/** Levels of `metadata.version` from which something holds. */
export const SINCE = {
  /** 3.3-IV3, the lowest level of a KRaft cluster that anyone may still run. */
  minimum: 7,
  /** 3.6-IV0: an ISR that shrinks no longer raises the leader epoch. */
  noEpochBumpOnShrink: 12,
  /** 3.6-IV1: Begin, End and Abort records. */
  transactions: 13,
  /** 3.7-IV2: log directories. */
  directories: 17,
  /** 4.0-IV1: ELR fields. */
  elr: 23,
  /** 4.3-IV0: cordoned log directories. */
  cordonedDirectories: 30,
} as const;

/** What the finalized features allow and ask for, in the words in which rules need it. */
export interface FeatureRules {
  readonly metadataVersion: number;
  readonly hasDirectories: boolean;
  readonly hasElr: boolean;
  readonly bumpsEpochOnIsrShrink: boolean;
  readonly versions: {
    readonly RegisterBroker: number;
    readonly BrokerRegistrationChange: number;
    readonly Partition: number;
    readonly PartitionChange: number;
  };
}

/** The rules of the features as the view has them finalized; a log that says nothing counts as the minimum. */
export function featureRules(view: MetadataView): FeatureRules {
  const level = view.featureLevel(METADATA_VERSION) ?? SINCE.minimum;
  const hasElr = level >= SINCE.elr && (view.featureLevel(ELR_VERSION) ?? 0) > 0;
  const hasDirectories = level >= SINCE.directories;
  const partition = hasElr ? 2 : hasDirectories ? 1 : 0;
  return {
    metadataVersion: level,
    hasDirectories,
    hasElr,
    bumpsEpochOnIsrShrink: level < SINCE.noEpochBumpOnShrink,
    versions: {
      RegisterBroker: registerBrokerVersion(level),
      BrokerRegistrationChange: level >= SINCE.cordonedDirectories ? 3 : hasDirectories ? 2 : 1,
      Partition: partition,
      PartitionChange: partition,
    },
  };
}

/** 3.3-IV3 is the minimum, so version 0 is never written. */
function registerBrokerVersion(level: number): number {
  if (level >= SINCE.cordonedDirectories) return 4;
  if (level >= SINCE.directories) return 3;
  return level >= 8 ? 2 : 1;
}
