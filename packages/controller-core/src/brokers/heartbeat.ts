import type { MetadataRecord, NodeId, Uuid } from '@quorate/records';
import type { BrokerRow } from '@quorate/metadata-image';
import type { BrokerHeartbeatCommand, BrokerHeartbeatReply, Decision, ItemError } from '../command.js';
import type { DecisionState } from '../decision-state.js';
import { NO_ERROR, outcomeOf } from '../errors.js';
import { refuseBrokerEpoch } from './broker-epoch.js';
import { directorySweepRecords } from './failed-directories.js';
import { controlledShutdownRecords, fencingRecords, unfencingRecords } from './fence.js';
import { nextBrokerState } from './heartbeat-state.js';
import type { BrokerControlState } from './heartbeat-state.js';
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
  const failed = failedDirectories(command, broker, state);
  const current = stateOf(broker);
  const next = nextBrokerState({
    current,
    // Without any directory it can hold nothing. Kafka's brokers halt then; one that goes on is fenced.
    wantsFence: command.wantFence || (failed.length > 0 && failed.length === broker.logDirs.length),
    wantsShutDown: command.wantShutDown,
    // Controlled shutdown ends only with the incarnation: unfenced again it could neither lead nor join an ISR.
    mayReturn: hasCaughtUp && !broker.inControlledShutdown,
    leadsSomething: () => !isEmpty(state.view.partitionsLedBy(broker.id)),
    isShutdownKnown: () => isShutdownKnown(broker.id, state),
  });
  return heartbeatDecision(heartbeatRecords({ broker, current, next, failed }, state), NO_ERROR, {
    isCaughtUp: hasCaughtUp,
    isFenced: next === 'fenced' || next === 'shut down now',
    shouldShutDown: next === 'shut down now',
  });
}

interface Transition {
  readonly broker: BrokerRow;
  readonly current: BrokerControlState;
  readonly next: BrokerControlState;
  /** Directories that failed since the last heartbeat. */
  readonly failed: readonly Uuid[];
}

/**
 * The failed directories first, then the transition. A broker that leaves everything anyway needs no sweep of its failed
 * directories, so no partition is changed twice in one decision.
 */
function heartbeatRecords(transition: Transition, state: DecisionState): MetadataRecord[] {
  const { broker, failed } = transition;
  const leavesEverything = transition.current !== transition.next && transition.next !== 'unfenced';
  const sweep = failed.length === 0 || leavesEverything ? [] : directorySweepRecords(broker, failed, state);
  return [...sweep, ...remainingDirectoryRecords(broker, failed, state), ...transitionRecords(transition, state)];
}

/** Only those that are registered: the others were told before. */
function failedDirectories({ offlineLogDirs }: BrokerHeartbeatCommand, { logDirs }: BrokerRow, { features }: DecisionState): readonly Uuid[] {
  return features.hasDirectories ? logDirs.filter((directory) => offlineLogDirs.includes(directory)) : [];
}

function transitionRecords({ broker, current, next, failed }: Transition, state: DecisionState): MetadataRecord[] {
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

/** Never none: an empty list would read as "unchanged", and a broker without any directory is fenced instead. */
function remainingDirectoryRecords(broker: BrokerRow, failed: readonly Uuid[], state: DecisionState): MetadataRecord[] {
  const remaining = broker.logDirs.filter((directory) => !failed.includes(directory));
  if (failed.length === 0 || remaining.length === 0) return [];
  return [registrationChangeRecord(broker, { logDirs: remaining }, state.features)];
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
