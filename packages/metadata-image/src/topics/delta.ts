import { uuidFromBytes, type MetadataRecordValues, type NodeId, type Uuid } from '@quorate/records';
import { NO_LEADER, type PartitionDraft } from '../columns/partition-draft.js';
import { TOPIC_RESOURCE, configKey } from '../configs/image.js';
import type { PartitionSummary } from '../delta.js';
import { requireThat } from '../errors.js';
import type { MetadataStore, ReplayContext } from '../store.js';
import type { PartitionRef } from '../view.js';

/** Far above what one topic can have; a larger id is damage, and would make removing the topic a walk without end. */
export const MAX_PARTITION_ID = 2 ** 24;

/** Adds an empty topic; a name or id that is taken is fatal. */
export function replayTopic({ store, at, sink }: ReplayContext, record: MetadataRecordValues['Topic']): void {
  const topicId = uuidFromBytes(record.topicId);
  requireThat(store.topics.byId(topicId) === undefined, () => `topic id ${topicId} is taken`);
  requireThat(store.topics.byName(record.name) === undefined, () => `topic name ${JSON.stringify(record.name)} is taken`);
  store.topics.addTopic(topicId, record.name);
  sink?.({ kind: 'topicCreated', offset: at.offset, topicId, name: record.name });
}

/** Drops the topic with its partitions and configs; an unknown topic is fatal. */
export function replayRemoveTopic({ store, at, sink }: ReplayContext, record: MetadataRecordValues['RemoveTopic']): void {
  const topicId = uuidFromBytes(record.topicId);
  const topic = store.topics.byId(topicId);
  requireThat(topic !== undefined, () => `there is no topic ${topicId}`);
  store.topics.removeTopic(topicId);
  store.configs.remove(configKey(TOPIC_RESOURCE, topic.name));
  sink?.({ kind: 'topicDeleted', offset: at.offset, topicId, name: topic.name, partitionCount: topic.partitionCount });
}

/** Sets the partition as a whole, epochs as written; an unknown topic is fatal. */
export function replayPartition(context: ReplayContext, record: MetadataRecordValues['Partition']): void {
  const { store, scratch, at, sink } = context;
  const topicId = uuidFromBytes(record.topicId);
  const { partitionId } = record;
  requireThat(store.topics.byId(topicId) !== undefined, () => `there is no topic ${topicId}`);
  setFromRecord(scratch.after, record, store);
  checkPartition(scratch.after, partitionId, topicId);
  const existed = sink !== undefined && store.topics.loadPartition(topicId, partitionId, scratch.before);
  store.topics.savePartition(topicId, partitionId, scratch.after);
  if (sink === undefined) return;
  const after = summaryOf(scratch.after);
  if (!existed) sink({ kind: 'partitionCreated', offset: at.offset, topicId, partitionId, after });
  else sink({ kind: 'partitionChanged', offset: at.offset, topicId, partitionId, before: summaryOf(scratch.before), after });
}

/** Changes the partition, see `PartitionChangeDraft.applyTo`; an unknown topic or partition is fatal. */
export function replayPartitionChange({ store, scratch, at, sink }: ReplayContext, record: MetadataRecordValues['PartitionChange']): void {
  const topicId = uuidFromBytes(record.topicId);
  const { partitionId } = record;
  const { before, after, change } = scratch;
  requireThat(store.topics.loadPartition(topicId, partitionId, before), () => `there is no partition ${partitionId} of topic ${topicId}`);
  checkRecoveryState(record.leaderRecoveryState ?? -1);
  record.directories?.ids.forEach(checkDirectoryId);
  change.setMessage(record, store.topics.directories);
  after.copyFrom(before);
  requireThat(change.applyTo(after), () => directoriesProblem(after, topicId, partitionId));
  store.topics.savePartition(topicId, partitionId, after);
  sink?.({ kind: 'partitionChanged', offset: at.offset, topicId, partitionId, before: summaryOf(before), after: summaryOf(after) });
}

/**
 * Clears ELR and last known leader of the topic's partitions, or of all when no topic is named. The partition epoch rises
 * where that changed something and only there; an unknown topic has nothing to clear (KAFKA-19383).
 */
export function replayClearElr({ store, scratch, at, sink }: ReplayContext, record: MetadataRecordValues['ClearElr']): void {
  const { before, after } = scratch;
  for (const { topicId, partitionId } of [...partitionsToClear(store, record.topicName)]) {
    if (!store.topics.loadPartition(topicId, partitionId, before)) continue;
    after.copyFrom(before);
    after.eligibleLeaderReplicas.clear();
    after.lastKnownElr.clear();
    after.partitionEpoch += 1;
    store.topics.savePartition(topicId, partitionId, after);
    sink?.({ kind: 'partitionChanged', offset: at.offset, topicId, partitionId, before: summaryOf(before), after: summaryOf(after) });
  }
}

/** What readers of changes get of a partition. */
export function summaryOf(state: PartitionDraft): PartitionSummary {
  const replicas = state.replicas.toArray<NodeId>();
  return {
    leader: state.leader === NO_LEADER ? undefined : (state.leader as NodeId),
    leaderEpoch: state.leaderEpoch,
    partitionEpoch: state.partitionEpoch,
    replicas,
    isr: state.isr.equals(state.replicas) ? replicas : state.isr.toArray<NodeId>(),
  };
}

/** Brings the state into its kept form, and says whether it can be a partition. */
export function isPartition(state: PartitionDraft, partitionId: number): boolean {
  return partitionId >= 0 && partitionId < MAX_PARTITION_ID && state.canonicalize();
}

function checkPartition(state: PartitionDraft, partitionId: number, topicId: Uuid): void {
  requireThat(partitionId >= 0 && partitionId < MAX_PARTITION_ID, () => `partition id ${partitionId} of topic ${topicId} is out of range`);
  requireThat(state.canonicalize(), () => directoriesProblem(state, topicId, partitionId));
}

function checkRecoveryState(state: number): void {
  requireThat(state === 0 || state === 1 || state === -1, () => `leader recovery state ${state} is unknown`);
}

function* partitionsToClear({ topics }: MetadataStore, topicName: string): Generator<PartitionRef> {
  const topic = topicName === '' ? undefined : topics.byName(topicName);
  if (topicName !== '' && topic === undefined) return;
  for (const ref of topics.where('withElr')) if (topic === undefined || ref.topicId === topic.topicId) yield ref;
}

function setFromRecord(state: PartitionDraft, record: MetadataRecordValues['Partition'], { topics }: MetadataStore): void {
  checkRecoveryState(record.leaderRecoveryState ?? 0);
  state.leader = Math.max(record.leader, NO_LEADER);
  state.leaderRecoveryState = record.leaderRecoveryState === 1 ? 1 : 0;
  state.leaderEpoch = record.leaderEpoch;
  state.partitionEpoch = record.partitionEpoch;
  state.replicas.set(record.replicas);
  state.isr.set(record.isr);
  state.removingReplicas.set(record.removingReplicas);
  state.addingReplicas.set(record.addingReplicas);
  state.directories.clear();
  for (const id of record.directories) state.directories.push(directorySlot(id, topics));
  state.eligibleLeaderReplicas.set(record.eligibleLeaderReplicas?.ids ?? []);
  state.lastKnownElr.set(record.lastKnownElr?.ids ?? []);
}

function directorySlot(id: Uint8Array, topics: MetadataStore['topics']): number {
  checkDirectoryId(id);
  return topics.directories.slotOfBytes(id, 0);
}

function checkDirectoryId(id: Uint8Array): void {
  requireThat(id.length === 16, () => `a directory id has ${id.length} bytes`);
}

function directoriesProblem(state: PartitionDraft, topicId: Uuid, partitionId: number): string {
  return `partition ${partitionId} of topic ${topicId} has ${state.replicas.length} replicas and ${state.directories.length} directories`;
}
