import type { MetadataRecord, NodeId, Uuid } from '@quorate/records';
import type { BrokerRow, PartitionRef } from '@quorate/metadata-image';
import type { BrokerHeartbeatCommand, BrokerHeartbeatReply, Decision, ItemError } from '../command.js';
import type { DecisionState } from '../decision-state.js';
import { NO_ERROR, outcomeOf } from '../errors.js';
import { refuseBrokerEpoch } from './broker-epoch.js';
import { controlledShutdownRecords, fencingRecords, unfencingRecords } from './fence.js';
import { nextBrokerState } from './heartbeat-state.js';
import type { BrokerControlState } from './heartbeat-state.js';
import { leaderAndIsrChanges } from './leader-and-isr.js';
import { registrationChangeRecord } from './registration-change.js';

/**
 * Answers a heartbeat, and fences, unfences or shuts down the broker as the table says. That the broker was heard, and how
 * far it has applied, is noted outside of the decision (see Controller.touch and Controller.decide).
 */
export function decideBrokerHeartbeat(command: BrokerHeartbeatCommand, state: DecisionState): Decision<BrokerHeartbeatReply> {
  const broker = state.view.broker(command.brokerId);
  const refused = refuseBrokerEpoch(command, broker);
  if (refused !== undefined || broker === undefined) return heartbeatDecision([], refused ?? NO_ERROR, FENCED_REPLY);

  const hasCaughtUp = command.currentMetadataOffset > broker.registrationOffset;
  const current = stateOf(broker);
  const next = nextBrokerState({
    current,
    wantsFence: command.wantFence,
    wantsShutDown: command.wantShutDown,
    hasCaughtUp,
    leadsSomething: () => !isEmpty(state.view.partitionsLedBy(broker.id)),
    isShutdownKnown: () => isShutdownKnown(broker.id, state),
  });
  return heartbeatDecision(heartbeatRecords(command, { broker, current, next }, state), NO_ERROR, {
    isCaughtUp: hasCaughtUp,
    isFenced: next === 'fenced' || next === 'shut down now',
    shouldShutDown: next === 'shut down now',
  });
}

interface Transition {
  readonly broker: BrokerRow;
  readonly current: BrokerControlState;
  readonly next: BrokerControlState;
}

/**
 * The failed directories first, then the transition. A broker that leaves everything anyway needs no sweep of its failed
 * directories, so no partition is changed twice in one decision.
 */
function heartbeatRecords({ offlineLogDirs }: BrokerHeartbeatCommand, transition: Transition, state: DecisionState): MetadataRecord[] {
  const { broker } = transition;
  const failed = state.features.hasDirectories ? broker.logDirs.filter((directory) => offlineLogDirs.includes(directory)) : [];
  const leavesEverything = transition.current !== transition.next && transition.next !== 'unfenced';
  const sweep = failed.length === 0 || leavesEverything ? [] : directorySweepRecords(broker, failed, state);
  return [...sweep, ...remainingDirectoryRecords(broker, failed, state), ...transitionRecords(transition, failed, state)];
}

function transitionRecords({ broker, current, next }: Transition, failed: readonly Uuid[], state: DecisionState): MetadataRecord[] {
  if (current === next) return [];
  switch (next) {
    case 'fenced':
      return fencingRecords(broker, state);
    case 'unfenced':
      return unfencingRecords(broker, failed, state);
    case 'controlled shutdown':
      return controlledShutdownRecords(broker, state);
    case 'shut down now':
      return broker.fenced ? [] : fencingRecords(broker, state);
  }
}

/** The broker leaves the ISRs of the partitions that it has in failed directories. */
function directorySweepRecords(broker: BrokerRow, failed: readonly Uuid[], state: DecisionState): MetadataRecord[] {
  const move = { leaving: broker.id, failedDirectories: failed };
  return leaderAndIsrChanges(partitionsInDirectories(broker.id, failed, state), move, state);
}

/** A broker that lost its last directory stops instead of telling; an empty list would read as "unchanged". */
function remainingDirectoryRecords(broker: BrokerRow, failed: readonly Uuid[], state: DecisionState): MetadataRecord[] {
  const remaining = broker.logDirs.filter((directory) => !failed.includes(directory));
  if (failed.length === 0 || remaining.length === 0) return [];
  return [registrationChangeRecord(broker, { logDirs: remaining }, state.features)];
}

function* partitionsInDirectories(brokerId: NodeId, directories: readonly Uuid[], { view }: DecisionState): Iterable<PartitionRef> {
  for (const ref of view.partitionsWithIsr(brokerId)) {
    const partition = view.partition(ref.topicId, ref.partitionId);
    const directory = partition?.directories[partition.replicas.indexOf(brokerId)];
    if (directory !== undefined && directories.includes(directory)) yield ref;
  }
}

/** Whether all brokers that still serve know what the shutting-down one gave up; nobody left to know counts as known. */
function isShutdownKnown(brokerId: NodeId, { sessions, cluster }: DecisionState): boolean {
  const shutdownOffset = sessions.shutdownOffset(brokerId);
  return shutdownOffset !== undefined && shutdownOffset <= sessions.lowestMetadataOffset(cluster.activeBrokers());
}

function stateOf({ fenced, inControlledShutdown }: BrokerRow): 'fenced' | 'unfenced' | 'controlled shutdown' {
  if (fenced) return 'fenced';
  return inControlledShutdown ? 'controlled shutdown' : 'unfenced';
}

const FENCED_REPLY = { isCaughtUp: false, isFenced: true, shouldShutDown: false };

function heartbeatDecision(
  records: readonly MetadataRecord[],
  error: ItemError,
  answer: { readonly isCaughtUp: boolean; readonly isFenced: boolean; readonly shouldShutDown: boolean },
): Decision<BrokerHeartbeatReply> {
  return { records, reply: { kind: 'brokerHeartbeat', ...error, ...answer }, outcomes: [outcomeOf(error)], atomic: false };
}

function isEmpty(items: Iterable<unknown>): boolean {
  return items[Symbol.iterator]().next().done === true;
}
