import { uuidToBytes } from '@quorate/records';
import type { MetadataRecord, NodeId, Uuid } from '@quorate/records';
import type { LeaderRecoveryState, PartitionRow } from '@quorate/metadata-image';
import type { FeatureRules } from './metadata-version.js';
import { electLeader } from './partition-election.js';
import type { ElectionKind, ElectionResult } from './partition-election.js';
import { completeReassignment } from './reassignment.js';

/** The same for all partitions that one decision changes. */
export interface PartitionChangeRules {
  readonly features: FeatureRules;
  /** Whether the broker may lead: active, or about to be. */
  isAcceptableLeader(id: NodeId): boolean;
  hasOnlineDirectory(id: NodeId, directory: Uuid): boolean;
  /** Directory of a replica that is new on this broker. */
  defaultDirectory(id: NodeId): Uuid;
}

/** What is wanted of one partition; all that is left out stays as it is. */
export interface PartitionChangeRequest {
  readonly topicId: Uuid;
  readonly partitionId: number;
  readonly partition: PartitionRow;
  readonly election: ElectionKind;
  /** Effective `min.insync.replicas` of the topic; only read while ELR is on. */
  readonly minInsyncReplicas: number;
  readonly targetIsr?: readonly NodeId[];
  readonly targetReplicas?: readonly NodeId[];
  readonly targetAdding?: readonly NodeId[];
  readonly targetRemoving?: readonly NodeId[];
  readonly targetRecoveryState?: LeaderRecoveryState;
  /** Replicas that went down without flushing: they hold nothing for sure (KIP-966). */
  readonly uncleanReplicas?: readonly NodeId[];
  /** Directories that brokers told, by broker. */
  readonly assignedDirectories?: ReadonlyMap<NodeId, Uuid>;
}

type ChangeRecord = MetadataRecord<'PartitionChange'>;
type ChangeFields = ChangeRecord['value'];

const RECOVERING = 1;
const NO_LEADER = -1;

/**
 * The record that takes a partition to what is wanted, electing a leader on the way, or undefined when nothing changes.
 * The order of the steps is Kafka's: complete the reassignment, compute ELR, elect, then field by field.
 *
 * Leader epoch: replay raises it if and only if the record names a leader, even the same one. So a leader is named when it
 * changes, when a replica leaves the assignment (its fetches must be fenced), and, before 3.6-IV0, when the ISR shrinks.
 */
export function decidePartitionChange(request: PartitionChangeRequest, rules: PartitionChangeRules): ChangeRecord | undefined {
  const { partition } = request;
  const plan = withTargetElr(withCompletedReassignment(targetOf(request)), request, rules);
  const elected = elect(plan, request, rules);
  const outcome = afterElection(plan, elected, rules);

  const change: ChangeFields = { partitionId: request.partitionId, topicId: NO_TOPIC_YET };
  if (elected.leader !== partition.leader) change.leader = elected.leader ?? NO_LEADER;
  else if (dropsReplica(plan, partition)) change.leader = partition.leader ?? NO_LEADER;
  setElr(change, outcome, partition);
  setIsr(change, outcome, partition);
  if (change.leader === undefined && rules.features.bumpsEpochOnIsrShrink && shrinksIsr(change, partition)) {
    change.leader = partition.leader ?? NO_LEADER;
  }
  if (rules.features.hasElr) setLastKnownElr(change, partition);
  setAssignment(change, plan, request, rules);
  if (outcome.recoveryState !== partition.leaderRecoveryState) change.leaderRecoveryState = outcome.recoveryState;

  if (isNoOp(change)) return undefined;
  change.topicId = uuidToBytes(request.topicId);
  return { kind: 'PartitionChange', version: rules.features.versions.PartitionChange, value: change };
}

const NO_TOPIC_YET = new Uint8Array(0);

interface Plan {
  readonly replicas: readonly NodeId[];
  readonly adding: readonly NodeId[];
  readonly removing: readonly NodeId[];
  readonly isr: readonly NodeId[];
  readonly elr: readonly NodeId[];
  readonly recoveryState: LeaderRecoveryState;
}

function targetOf(request: PartitionChangeRequest): Plan {
  const { partition } = request;
  return {
    replicas: request.targetReplicas ?? partition.replicas,
    adding: request.targetAdding ?? partition.addingReplicas,
    removing: request.targetRemoving ?? partition.removingReplicas,
    isr: request.targetIsr ?? partition.isr,
    elr: partition.eligibleLeaderReplicas ?? [],
    recoveryState: request.targetRecoveryState ?? partition.leaderRecoveryState,
  };
}

function withCompletedReassignment(plan: Plan): Plan {
  const completed = completeReassignment(plan, plan.isr);
  return completed === undefined ? plan : { ...plan, ...completed, adding: [], removing: [] };
}

/**
 * Who left the ISR with all that was committed: as long as fewer than min.insync.replicas are in sync nothing can be
 * committed, so they may lead (KIP-966). Those who went down uncleanly may not.
 */
function withTargetElr(plan: Plan, request: PartitionChangeRequest, rules: PartitionChangeRules): Plan {
  if (!rules.features.hasElr) return { ...plan, elr: [] };
  const effectiveMinIsr = Math.min(request.minInsyncReplicas, plan.replicas.length);
  if (plan.isr.length >= effectiveMinIsr) return { ...plan, elr: [] };
  const unclean = request.uncleanReplicas ?? [];
  const candidates = new Set([...plan.elr, ...request.partition.isr]);
  const elr = [...candidates].filter((id) => !plan.isr.includes(id) && !unclean.includes(id) && plan.replicas.includes(id));
  return { ...plan, elr };
}

function elect(plan: Plan, { partition, election }: PartitionChangeRequest, rules: PartitionChangeRules): ElectionResult {
  const isOnline = (id: NodeId): boolean => {
    const directory = partition.directories[partition.replicas.indexOf(id)];
    return directory === undefined || rules.hasOnlineDirectory(id, directory);
  };
  return electLeader(election, {
    replicas: plan.replicas,
    isr: plan.isr,
    elr: plan.elr,
    lastKnownElr: partition.lastKnownElr ?? [],
    leader: partition.leader,
    elrEnabled: rules.features.hasElr,
    isAcceptable: (id) => rules.isAcceptableLeader(id) && isOnline(id),
  });
}

interface Outcome {
  /** Undefined: as before; an empty ISR can only be written while ELR is on, else the last member stays. */
  readonly isr: readonly NodeId[] | undefined;
  readonly elr: readonly NodeId[];
  readonly recoveryState: LeaderRecoveryState;
}

/** An unclean leader is alone in sync, must recover, and nobody else's data counts any more. */
function afterElection(plan: Plan, { leader, unclean }: ElectionResult, rules: PartitionChangeRules): Outcome {
  if (leader !== undefined && unclean) return { isr: [leader], elr: [], recoveryState: RECOVERING };
  if (leader !== undefined && plan.isr.length === 0) {
    return { isr: [leader], elr: plan.elr.filter((id) => id !== leader), recoveryState: plan.recoveryState };
  }
  const mayBeWritten = plan.isr.length > 0 || rules.features.hasElr;
  return { isr: mayBeWritten ? plan.isr : undefined, elr: plan.elr, recoveryState: plan.recoveryState };
}

function setIsr(change: ChangeFields, { isr }: Outcome, partition: PartitionRow): void {
  if (isr !== undefined && !sameIds(isr, partition.isr)) change.isr = { ids: [...isr] };
}

function setElr(change: ChangeFields, { elr }: Outcome, partition: PartitionRow): void {
  if (!sameIds(elr, partition.eligibleLeaderReplicas ?? [])) change.eligibleLeaderReplicas = { ids: [...elr] };
}

/** Kept from the moment the partition first loses its last in-sync leader until it has one again. */
function setLastKnownElr(change: ChangeFields, partition: PartitionRow): void {
  const lastKnown = partition.lastKnownElr ?? [];
  const hasLeader = change.leader === undefined ? partition.leader !== undefined : change.leader !== NO_LEADER;
  if (hasLeader) {
    if (lastKnown.length > 0) change.lastKnownElr = { ids: [] };
  } else if (change.isr?.ids.length === 0 && partition.leader !== undefined && !sameIds(lastKnown, [partition.leader])) {
    change.lastKnownElr = { ids: [partition.leader] };
  }
}

function setAssignment(change: ChangeFields, plan: Plan, request: PartitionChangeRequest, rules: PartitionChangeRules): void {
  const { partition } = request;
  if (!sameIds(plan.replicas, partition.replicas)) change.replicas = { ids: [...plan.replicas] };
  if (!sameIds(plan.removing, partition.removingReplicas)) change.removingReplicas = { ids: [...plan.removing] };
  if (!sameIds(plan.adding, partition.addingReplicas)) change.addingReplicas = { ids: [...plan.adding] };
  if (!rules.features.hasDirectories) return;
  if (change.replicas === undefined && request.assignedDirectories === undefined) return;
  const directories = plan.replicas.map((id) => directoryOf(id, request, rules));
  if (!sameIds(directories, partition.directories)) change.directories = { ids: directories.map(uuidToBytes) };
}

function directoryOf(id: NodeId, { partition, assignedDirectories }: PartitionChangeRequest, rules: PartitionChangeRules): Uuid {
  return assignedDirectories?.get(id) ?? partition.directories[partition.replicas.indexOf(id)] ?? rules.defaultDirectory(id);
}

function dropsReplica(plan: Plan, partition: PartitionRow): boolean {
  return partition.replicas.some((id) => !plan.replicas.includes(id));
}

function shrinksIsr(change: ChangeFields, partition: PartitionRow): boolean {
  const { isr } = change;
  return isr !== undefined && partition.isr.some((id) => !isr.ids.includes(id));
}

function isNoOp(change: ChangeFields): boolean {
  return (
    change.isr === undefined &&
    change.leader === undefined &&
    change.replicas === undefined &&
    change.removingReplicas === undefined &&
    change.addingReplicas === undefined &&
    change.leaderRecoveryState === undefined &&
    change.directories === undefined &&
    change.eligibleLeaderReplicas === undefined &&
    change.lastKnownElr === undefined
  );
}

function sameIds<T>(a: readonly T[], b: readonly T[]): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
