import type { MetadataRecord, NodeId, Uuid } from '@quorate/records';
import type { PartitionRef, PartitionRow } from '@quorate/metadata-image';
import type { DecisionState } from '../decision-state.js';
import { decidePartitionChange } from '../partition-change.js';
import type { PartitionChangeRules } from '../partition-change.js';
import { topicSettings } from '../topics/topic-settings.js';
import type { TopicSettings } from '../topics/topic-settings.js';

/** Which broker comes or goes, as seen from the partitions it is in. */
export interface BrokerMove {
  /** May not lead and leaves ISRs, whatever the view still says of it. */
  readonly leaving?: NodeId;
  /** May lead although the view still says fenced. */
  readonly returning?: NodeId;
  /** `leaving` went down without flushing, or for good: it leaves the eligible leaders too (KIP-966). */
  readonly unclean?: boolean;
  /** Directories that have just failed, while the view still has them online. */
  readonly failedDirectories?: readonly Uuid[];
}

/**
 * The changes that partitions need when a broker comes or goes: it leaves their ISRs, and whoever may lead now does. A
 * partition whose last in-sync replica leaves keeps it in the ISR (unless ELR is on) and has no leader.
 *
 * Costs what is in `partitions`; each must come once.
 */
export function leaderAndIsrChanges(partitions: Iterable<PartitionRef>, move: BrokerMove, state: DecisionState): MetadataRecord[] {
  const rules = rulesFor(move, state);
  const settings = new TopicSettingsCache(state);
  const records: MetadataRecord[] = [];
  for (const { topicId, partitionId } of partitions) {
    const partition = partitionOrThrow(topicId, partitionId, state);
    const { uncleanLeaderElection, minInsyncReplicas } = settings.of(topicId);
    const record = decidePartitionChange(
      {
        topicId,
        partitionId,
        partition,
        election: uncleanLeaderElection ? 'UNCLEAN' : 'ONLINE',
        minInsyncReplicas,
        ...(move.leaving === undefined ? {} : { targetIsr: partition.isr.filter((id) => id !== move.leaving) }),
        ...(move.leaving !== undefined && move.unclean === true ? { uncleanReplicas: [move.leaving] } : {}),
      },
      rules,
    );
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** Partitions that losing this broker concerns: those whose ISR, or with ELR on whose eligible leaders, hold it. */
export function* partitionsDependingOn(brokerId: NodeId, state: DecisionState): Iterable<PartitionRef> {
  if (!state.features.hasElr) {
    yield* state.view.partitionsWithIsr(brokerId);
    return;
  }
  for (const ref of state.view.partitionsWithReplica(brokerId)) {
    const { isr, eligibleLeaderReplicas } = partitionOrThrow(ref.topicId, ref.partitionId, state);
    if (isr.includes(brokerId) || (eligibleLeaderReplicas?.includes(brokerId) ?? false)) yield ref;
  }
}

/** Partitions without a leader that this broker has a replica of: the only ones that its return can help. */
export function* leaderlessPartitionsOf(brokerId: NodeId, state: DecisionState): Iterable<PartitionRef> {
  for (const ref of state.view.partitionsWithoutLeader()) {
    if (partitionOrThrow(ref.topicId, ref.partitionId, state).replicas.includes(brokerId)) yield ref;
  }
}

function rulesFor(move: BrokerMove, { features, cluster }: DecisionState): PartitionChangeRules {
  return {
    features,
    isAcceptableLeader: (id) => id !== move.leaving && (id === move.returning || cluster.isActive(id)),
    hasOnlineDirectory: (id, directory) => !(move.failedDirectories?.includes(directory) ?? false) && cluster.hasOnlineDirectory(id, directory),
    defaultDirectory: (id) => cluster.defaultDirectory(id),
  };
}

/** Indexes give partitions topic by topic, so remembering a few topics spares most look-ups. */
class TopicSettingsCache {
  readonly #state: DecisionState;
  readonly #byTopic = new Map<Uuid, TopicSettings>();

  constructor(state: DecisionState) {
    this.#state = state;
  }

  of(topicId: Uuid): TopicSettings {
    const known = this.#byTopic.get(topicId);
    if (known !== undefined) return known;
    const topic = this.#state.view.topicById(topicId);
    if (topic === undefined) throw new Error(`an index names topic ${topicId}, which does not exist`);
    const settings = topicSettings(topic.name, this.#state.view, this.#state.config);
    this.#byTopic.set(topicId, settings);
    return settings;
  }
}

function partitionOrThrow(topicId: Uuid, partitionId: number, { view }: DecisionState): PartitionRow {
  const partition = view.partition(topicId, partitionId);
  if (partition === undefined) throw new Error(`an index names partition ${partitionId} of topic ${topicId}, which does not exist`);
  return partition;
}
