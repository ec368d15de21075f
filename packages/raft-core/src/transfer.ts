import type { NodeId } from '@quorate/records';
import { describeEvent, isVoter, voterSet, type CoreState } from './core-state.js';
import { endEpochWhenReady } from './hand-over.js';
import type { TransferToken } from './input.js';
import { voterProgress } from './leader-replication.js';
import { bySuccession, type ReplicaProgress } from './replica-progress.js';
import type { LeaderRole } from './role.js';

/** Why leadership is not handed to that voter. Nothing has happened. */
export type TransferRefusal =
  /** This node does not lead. */
  | 'not-leader'
  /** Nothing of this epoch is committed yet, or another hand-over or the shutdown runs. */
  | 'busy'
  /** No voter has that node id. */
  | 'not-a-voter'
  /** It repairs its log and may not stand. */
  | 'recovering'
  /** It has not held all of the log within the fetch timeout: writes would stand still until it does. */
  | 'behind'
  /** There is no other voter that could lead. */
  | 'no-successor';

/** How a planned transfer ended. */
export type TransferOutcome =
  | { readonly kind: 'refused'; readonly reason: TransferRefusal }
  /** A dry run: it would be handed to this voter. */
  | { readonly kind: 'possible'; readonly successorId: NodeId }
  /** The named voter leads already. */
  | { readonly kind: 'leads-already' }
  /** This node's epoch is over; the successor was told to stand at once. Whether it won, the next epoch tells. */
  | { readonly kind: 'ended'; readonly successorId: NodeId }
  /** The successor did not come to the end of the log in time; this node leads on. */
  | { readonly kind: 'abandoned'; readonly successorId: NodeId };

export interface TransferInput {
  readonly token: TransferToken;
  /** Undefined: the voter that is furthest. */
  readonly successorId: NodeId | undefined;
  readonly validateOnly: boolean;
}

/**
 * A planned transfer: proposals stop, the successor comes to the end of the log, and is the first to hear that the epoch is
 * over, so that it stands at once and wins (Raft thesis 3.10; EndQuorumEpoch of KIP-595 instead of TimeoutNow). If the
 * successor does not come that far within an election timeout, this node leads on.
 */
export function takeTransfer(core: CoreState, { token, successorId, validateOnly }: TransferInput): void {
  const { role } = core;
  const answer = (outcome: TransferOutcome) => core.outbox.emit({ kind: 'transferAnswered', token, outcome });
  if (role.kind !== 'leader') return answer({ kind: 'refused', reason: 'not-leader' });
  if (successorId === core.self.id && isVoter(core)) return answer({ kind: 'leads-already' });
  const chosen = chooseSuccessor(core, role, successorId);
  if (typeof chosen === 'string') return answer({ kind: 'refused', reason: chosen });
  if (validateOnly) return answer({ kind: 'possible', successorId: chosen.id });
  const untilMs = core.nowMs + core.config.timers.electionTimeoutMs;
  role.handOver = { reason: `leadership goes to n${chosen.id}`, trigger: 'operator', untilMs, transfer: { token, successorId: chosen.id }, mustGo: false };
  describeEvent(core, 'info', 'raft.transfer.begun', { peer: chosen.id, offset: core.log.endOffset });
  core.outbox.emit({ kind: 'handOverBegun', epoch: core.election.epoch });
  endEpochWhenReady(core);
}

function chooseSuccessor(core: CoreState, role: LeaderRole, wanted: NodeId | undefined): ReplicaProgress | TransferRefusal {
  if (role.highWatermark === undefined || role.handOver !== undefined || core.shutdown !== 'no') return 'busy';
  const others = voterProgress(core, role);
  if (wanted === undefined) return bySuccession(others).find((voter) => isClose(core, voter)) ?? 'no-successor';
  const voter = others.find(({ id }) => id === wanted);
  if (voter === undefined || !voterSet(core).has(voter)) return 'not-a-voter';
  if (voter.recovering) return 'recovering';
  return isClose(core, voter) ? voter : 'behind';
}

/** Close enough for a hand-over to be a matter of milliseconds. */
function isClose(core: CoreState, { lastCaughtUpMs }: ReplicaProgress): boolean {
  return lastCaughtUpMs !== undefined && lastCaughtUpMs + core.config.timers.fetchTimeoutMs >= core.nowMs;
}
