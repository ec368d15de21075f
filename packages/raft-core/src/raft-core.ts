import type { NodeId } from '@quorate/records';
import { assert, assertNever } from './assert.js';
import type { RaftCoreConfig } from './config.js';
import { describeEvent, newCoreState, voterSet, type CoreState } from './core-state.js';
import { earliest } from './deadlines.js';
import { describeStatus } from './describe.js';
import type { Effect } from './effect.js';
import { beginHandOver, endEpochNow, endEpochWhenReady } from './hand-over.js';
import { isFetch } from './fetching.js';
import { handleRequest } from './handle-request.js';
import { handleRequestFailure, handleResponse } from './handle-response.js';
import type { Input } from './input.js';
import type { SnapshotId } from './messages.js';
import { advanceHighWatermark, forgetParked } from './leader-replication.js';
import { takeRead } from './read-rounds.js';
import { settleRecovery } from './recovery.js';
import { leaderDisconnected } from './role-follower.js';
import { loseQuorum, propose } from './role-leader.js';
import { deadlineOfRole, driveRole, tickRole } from './roles.js';
import { beginShutdown, settleShutdown, shutdownDeadlineMs } from './shutdown.js';
import { takeTransfer } from './transfer.js';
import { startUp } from './start-up.js';
import { decideSnapshot, takeInstalled, takeLogStart, takeSnapshotCreated, type RaftContent, type SnapshotPointRefusal } from './snapshots.js';
import { statusOf, type RaftStatus } from './status.js';
import { takeRejected } from './take-fetch-snapshot-response.js';
import { forgetVoterChangeAsker } from './voter-change-replies.js';
import { settleVoterChange } from './voter-change.js';
import { forgetWaiting, takeVerified } from './verify-copies.js';

/** More than this in one tick means that a deadline does not move on. */
const MAX_ROUNDS_PER_TICK = 20;

/**
 * One node's part of the Raft protocol, KRaft's variant: pure, synchronous, deterministic. Whatever happens goes in through
 * `step`, whatever is to be done comes out of it, in order; it reads no clock, no disk, no network and no randomness but the
 * one it was given. Inputs: input.ts. Effects, and what the host may not reorder: effect.ts.
 */
export class RaftCore {
  readonly #core: CoreState;

  constructor(config: RaftCoreConfig) {
    this.#core = newCoreState(config);
  }

  /** Takes the first role. To be called once, before any `step`. */
  start(nowMs: number): Effect[] {
    const core = this.#core;
    assert(core.announcedLeader === undefined, 'a core is started once');
    core.nowMs = nowMs;
    settleRecovery(core);
    startUp(core);
    settle(core);
    return core.outbox.take();
  }

  /**
   * @param nowMs - monotonic milliseconds, never less than in the step before.
   * @throws RaftInvariantError when the protocol is broken, here or by a peer: the process must stop.
   */
  step(input: Input, nowMs: number): Effect[] {
    const core = this.#core;
    assert(nowMs >= core.nowMs, `time went back from ${core.nowMs} to ${nowMs}`);
    // Since the last step at most: a deadline that had passed by then is late because it was set late.
    const lateMs = nowMs - Math.max(nextDeadlineMs(core) ?? nowMs, core.nowMs);
    core.nowMs = nowMs;
    stepDownAfterStall(core, lateMs);
    take(core, input);
    settle(core);
    return core.outbox.take();
  }

  /** When `tick` is due; may lie in the past, when it is due at once; undefined when nothing ever is. */
  nextDeadlineMs(): number | undefined {
    return nextDeadlineMs(this.#core);
  }

  status(): RaftStatus {
    return statusOf(this.#core);
  }

  /** Whether a snapshot may be made of everything before `id.endOffset`, and what it has to say of Raft. Changes nothing. */
  decideSnapshot(id: SnapshotId): SnapshotPointRefusal | RaftContent {
    return decideSnapshot(this.#core, id);
  }

  /** The state as one readable line. */
  describe(): string {
    return describeStatus(this.status());
  }
}

function take(core: CoreState, input: Input): void {
  switch (input.kind) {
    case 'tick':
      return tick(core);
    case 'request':
      return handleRequest(core, input);
    case 'response':
      return handleResponse(core, input);
    case 'requestFailed':
      return handleRequestFailure(core, core.requests.take(input.requestId), input.failure);
    case 'requestCancelled':
      forgetVoterChangeAsker(core, input.token);
      forgetWaiting(core, input.token);
      return forgetParked(core, input.token);
    case 'connectionLost':
      return disconnected(core, input.peer);
    case 'connectionUp':
      return;
    case 'flushed':
      return takeFlush(core, input);
    case 'propose':
      return propose(core, input.batch);
    case 'transfer':
      return takeTransfer(core, input);
    case 'read':
      return takeRead(core, input.token);
    case 'logVerified':
      return takeVerified(core, input);
    case 'snapshotInstalled':
      return takeInstalled(core, input);
    case 'snapshotRejected':
      return takeRejected(core, input.snapshotId, input.problem);
    case 'snapshotCreated':
      return takeSnapshotCreated(core, input.snapshotId);
    case 'logStartAdvanced':
      return takeLogStart(core, input.startOffset);
    case 'diskFull':
      return takeDiskFull(core, input.isFull);
    case 'resign':
      return resign(core, input);
    case 'shutdown':
      return beginShutdown(core);
    default:
      return assertNever(input);
  }
}

/** Timers run here and nowhere else: a message that is read late must not be taken for silence. */
function tick(core: CoreState): void {
  for (let round = 0; isDue(core); round += 1) {
    assert(round < MAX_ROUNDS_PER_TICK, `a deadline of the ${core.role.kind} does not move on`);
    for (const open of core.requests.takeExpired(core.nowMs)) handleRequestFailure(core, open, 'timed-out');
    tickRole(core);
    settle(core);
  }
}

function settle(core: CoreState): void {
  if (core.role.kind === 'leader') settleVoterChange(core, core.role);
  settleRecovery(core);
  settleShutdown(core);
  if (core.shutdown !== 'complete') driveRole(core);
}

function isDue(core: CoreState): boolean {
  const deadline = nextDeadlineMs(core);
  return deadline !== undefined && deadline <= core.nowMs;
}

function nextDeadlineMs(core: CoreState): number | undefined {
  if (core.shutdown === 'complete') return undefined;
  return earliest(core.requests.nextDeadlineMs, deadlineOfRole(core), shutdownDeadlineMs(core));
}

/**
 * A leader that has stood still for longer than an election timeout, or past its check-quorum window, has most likely been
 * replaced: it gives its epoch up before it takes in, serves or claims anything. What waits in its queue is from before and
 * proves nothing. (For a follower it is the other way round, a message that is read late is no silence: one that is wrong
 * about its leader costs everybody an election.)
 */
function stepDownAfterStall(core: CoreState, lateMs: number): void {
  const { role, nowMs, config } = core;
  if (role.kind !== 'leader' || voterSet(core).isOnly(core.self)) return;
  const stalled = lateMs > config.timers.electionTimeoutMs;
  if (!stalled && nowMs < role.checkQuorumMs) return;
  if (!stalled) return loseQuorum(core, role);
  describeEvent(core, 'error', 'raft.leader.stalled', { lateMs });
  endEpochNow(core, 'check-quorum', 'this node stood still for longer than an election timeout');
}

/** What was fetched over the broken connection does not come any more; a lost leader is news. */
function disconnected(core: CoreState, peer: NodeId): void {
  const fetch = core.requests.find((open) => open.to === peer && isFetch(open.request));
  if (fetch !== undefined) handleRequestFailure(core, core.requests.take(fetch.requestId), 'unavailable');
  if (core.role.kind === 'follower' && core.role.leader.id === peer) leaderDisconnected(core, core.role);
}

function takeFlush(core: CoreState, input: Extract<Input, { kind: 'flushed' }>): void {
  if (!core.log.flushed(input.endOffset, input.generation)) return;
  if (core.role.kind === 'leader') advanceHighWatermark(core, core.role);
  endEpochWhenReady(core);
}

/** An epoch that is over already, or that another leads, needs no giving up; one that has not begun is a bug. */
function resign(core: CoreState, input: Extract<Input, { kind: 'resign' }>): void {
  assert(input.epoch <= core.election.epoch, `cannot resign from epoch ${input.epoch}, this node is in ${core.election.epoch}`);
  if (input.epoch < core.election.epoch || core.role.kind !== 'leader') {
    return describeEvent(core, 'debug', 'raft.resign.ignored', { reason: input.reason });
  }
  beginHandOver(core, 'operator', input.reason);
}

function takeDiskFull(core: CoreState, isFull: boolean): void {
  if (core.diskFull === isFull) return;
  core.diskFull = isFull;
  describeEvent(core, isFull ? 'error' : 'info', isFull ? 'raft.disk.full' : 'raft.disk.has-room', { offset: core.log.endOffset });
  if (isFull) beginHandOver(core, 'operator', 'the disk is full');
}
