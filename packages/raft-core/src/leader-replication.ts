import type { NodeId, Offset, Uuid } from '@quorate/records';
import { isVoter, voterSet, type CoreState } from './core-state.js';
import { OBSERVER_SESSION_MS, READER_INTERVAL_MS, checkQuorumMs } from './election-timing.js';
import { replyData } from './fetch-replies.js';
import type { ReplyToken } from './input.js';
import type { FetchRequest } from './messages.js';
import { nextHighWatermark } from './high-watermark.js';
import type { ParkedFetch } from './parked-fetches.js';
import { answerReads } from './read-rounds.js';
import type { ReplicaKey } from './replica-key.js';
import { newProgress, type ReplicaProgress } from './replica-progress.js';
import type { LeaderRole } from './role.js';
import { earliest } from './deadlines.js';

/**
 * What the leader knows of a replica that fetches. A voter's id with another directory is an observer: a new disk does not
 * count until it has been voted in. So is a committed-only reader, whatever it calls itself: what it has is not on its disk.
 * Undefined for a reader without an id, which is not tracked.
 */
export function progressOf(core: CoreState, role: LeaderRole, { replica, committedOnly }: Pick<FetchRequest, 'replica' | 'committedOnly'>): ReplicaProgress | undefined {
  const { id, directoryId } = replica;
  if (id === undefined) return undefined;
  if (committedOnly || !voterSet(core).has(replica)) return observer(core, role, id, directoryId);
  const known = role.voters.get(id);
  if (known !== undefined && known.directoryId === directoryId) return known;
  const made = newProgress(id, directoryId);
  role.voters.set(id, made);
  return made;
}

function observer(core: CoreState, role: LeaderRole, id: NodeId, directoryId: Uuid | undefined): ReplicaProgress {
  const name = observerName(id, directoryId);
  const known = role.observers.get(name);
  if (known !== undefined) return known;
  for (const [key, { lastFetchMs }] of role.observers) {
    if ((lastFetchMs ?? 0) + OBSERVER_SESSION_MS < core.nowMs) role.observers.delete(key);
  }
  const made = newProgress(id, directoryId);
  role.observers.set(name, made);
  return made;
}

function observerName(id: NodeId, directoryId: Uuid | undefined): string {
  return `${id}/${directoryId ?? ''}`;
}

/** What is known of that very replica as an observer; undefined when it has not fetched in this epoch. */
export function observerProgress(role: LeaderRole, { id, directoryId }: ReplicaKey): ReplicaProgress | undefined {
  return role.observers.get(observerName(id, directoryId));
}

/** The other voters in force, with what is known of each. */
export function voterProgress(core: CoreState, role: LeaderRole): readonly ReplicaProgress[] {
  return voterSet(core)
    .voters.filter((voter) => voter.id !== core.self.id)
    .map((voter) => {
      const known = role.voters.get(voter.id);
      return known?.directoryId === voter.directoryId ? known : newProgress(voter.id, voter.directoryId);
    });
}

/**
 * The voter set in force has changed: replicas that were voted in count from what they have acknowledged already, those that
 * were voted out are observers from now on, and whoever is parked on the wrong side is answered, so that it asks again.
 */
export function regroupReplicas(core: CoreState, role: LeaderRole): void {
  const set = voterSet(core);
  // A majority of the new set gets a whole window to be heard; a leader that was alone had none running.
  role.checkQuorumMs = core.nowMs + checkQuorumMs(core.config.timers.fetchTimeoutMs);
  for (const progress of [...role.voters.values()]) {
    if (set.has(progress)) continue;
    role.voters.delete(progress.id);
    role.heard.delete(progress.id);
    role.observers.set(observerName(progress.id, progress.directoryId), progress);
  }
  for (const [name, progress] of role.observers) {
    if (progress.id === core.self.id || !set.has(progress)) continue;
    role.observers.delete(name);
    role.voters.set(progress.id, progress);
  }
  const isVoterNow = (parked: ParkedFetch): boolean => !parked.committedOnly && set.has({ id: parked.replicaId, directoryId: parked.directoryId });
  for (const fetch of role.parkedReaders.takeWhere(isVoterNow)) replyData(core, role, { ...fetch, isVoter: true });
  for (const fetch of role.parkedVoters.takeWhere((parked) => !isVoterNow(parked))) replyData(core, role, { ...fetch, isVoter: false });
}

/** Counts a voter as heard; a majority starts the check-quorum window again. One that repairs its log does not count. */
export function countContact(core: CoreState, role: LeaderRole, progress: ReplicaProgress): void {
  if (progress.recovering || !voterSet(core).has(progress)) return;
  role.heard.add(progress.id);
  const self = isVoter(core) ? 1 : 0;
  if (role.heard.size + self < voterSet(core).majority) return;
  role.heard.clear();
  role.checkQuorumMs = core.nowMs + checkQuorumMs(core.config.timers.fetchTimeoutMs);
}

/** Moves the high watermark as far as a majority holds the log on disk, and tells all who wait for that. */
export function advanceHighWatermark(core: CoreState, role: LeaderRole): void {
  const own = isVoter(core) ? [core.log.recovering ? undefined : core.log.flushedOffset] : [];
  const others = voterProgress(core, role).map(({ recovering, endOffset }) => (recovering ? undefined : endOffset));
  const next = nextHighWatermark({ durableOffsets: [...own, ...others], epochStartOffset: role.epochStartOffset, current: role.highWatermark });
  if (next === undefined || next === role.highWatermark) return;
  const isFirst = role.highWatermark === undefined;
  role.highWatermark = next;
  announceHighWatermark(core, next);
  if (isFirst) announceReadiness(core, role);
  answerReads(core, role);
  for (const fetch of role.parkedVoters.takeWhere((parked) => isBehind(parked, next))) replyData(core, role, fetch);
  role.readersDue = true;
  answerReaders(core, role);
}

/** A leader may begin below what it announced as a follower; to the state machine the high watermark never falls. */
function announceHighWatermark(core: CoreState, next: Offset): void {
  if (next <= (core.highWatermark ?? 0)) return;
  core.highWatermark = next;
  core.outbox.emit({ kind: 'advanceHighWatermark', highWatermark: next });
}

function announceReadiness(core: CoreState, role: LeaderRole): void {
  const { epoch } = core.election;
  core.outbox.event({ kind: 'leaderCommitted', epoch, offset: role.epochStartOffset });
  core.outbox.emit({ kind: 'leadershipReady', epoch, epochStartOffset: role.epochStartOffset });
}

/** Something was appended: voters get it at once, while it is on its way to our own disk. */
export function answerVoters(core: CoreState, role: LeaderRole): void {
  const { endOffset } = core.log;
  for (const fetch of role.parkedVoters.takeWhere((parked) => parked.fetchOffset < endOffset)) replyData(core, role, fetch);
}

/** Readers that have something to learn, all at once, so that the answer is encoded once; at most every 2 ms. */
export function answerReaders(core: CoreState, role: LeaderRole): void {
  if (!role.readersDue || core.nowMs < role.readersAnsweredMs + READER_INTERVAL_MS) return;
  role.readersDue = false;
  const due = role.parkedReaders.takeWhere((parked) => isReaderDue(role, parked));
  if (due.length > 0) role.readersAnsweredMs = core.nowMs;
  for (const fetch of due) replyData(core, role, fetch);
}

/** When parked fetches must be looked at. */
export function parkedDeadlineMs(role: LeaderRole): number | undefined {
  const paced = role.readersDue ? role.readersAnsweredMs + READER_INTERVAL_MS : undefined;
  return earliest(role.parkedVoters.nextDeadlineMs, role.parkedReaders.nextDeadlineMs, paced);
}

export function answerExpired(core: CoreState, role: LeaderRole): void {
  for (const fetch of role.parkedVoters.takeExpired(core.nowMs)) replyData(core, role, fetch);
  for (const fetch of role.parkedReaders.takeExpired(core.nowMs)) replyData(core, role, fetch);
}

/** Parks a reader's Fetch; it is answered at once if it has something to learn and its turn has come. */
export function parkReader(core: CoreState, role: LeaderRole, fetch: ParkedFetch): void {
  role.parkedReaders.add(fetch);
  if (isReaderDue(role, fetch)) role.readersDue = true;
  answerReaders(core, role);
}

/** The asker is gone. */
export function forgetParked(core: CoreState, token: ReplyToken): void {
  if (core.role.kind !== 'leader') return;
  core.role.parkedVoters.remove(token);
  core.role.parkedReaders.remove(token);
}

function isReaderDue(role: LeaderRole, parked: ParkedFetch): boolean {
  const { highWatermark } = role;
  if (highWatermark === undefined) return false;
  return parked.fetchOffset < highWatermark || isBehind(parked, highWatermark);
}

/** Whether the asker does not know of this high watermark yet, and wants to. */
export function isBehind(fetch: { readonly highWatermark: Offset | undefined }, highWatermark: Offset | undefined): boolean {
  return fetch.highWatermark !== undefined && highWatermark !== undefined && fetch.highWatermark < highWatermark;
}
