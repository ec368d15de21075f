import { MAX_READ_BATCH_BYTES, type Offset } from '@quorate/records';
import { voterSet, type CoreState } from './core-state.js';
import { VOTER_PARK_LIMIT_MS } from './election-timing.js';
import { validateFetch } from './fetch.js';
import { refuseFetch, replyData, replyDiverging, replySnapshot } from './fetch-replies.js';
import { endEpochWhenReady } from './hand-over.js';
import type { ReplyToken } from './input.js';
import { advanceHighWatermark, countContact, isBehind, parkReader, progressOf } from './leader-replication.js';
import type { FetchRequest, RaftErrorName } from './messages.js';
import type { ParkedFetch } from './parked-fetches.js';
import { confirmReads, hasReadNews } from './read-rounds.js';
import { recordFetch } from './replica-progress.js';
import type { LeaderRole } from './role.js';
import { suspectOwnCopy } from './verify-copies.js';

/**
 * Answers a Fetch, or parks it. A valid one acknowledges everything before its offset, so that it may move the high
 * watermark; then it is answered at once if there is something to say. Source: KIP-595, KIP-1166.
 *
 * @param localChecksum - checksum of our batch that ends at the fetch offset, if the host knew it without reading the disk.
 */
export function handleFetch(core: CoreState, token: ReplyToken, request: FetchRequest, localChecksum: number | undefined): void {
  const error = requestError(core, request);
  if (error !== undefined) return refuseFetch(core, token, error);
  const { role } = core;
  if (role.kind !== 'leader') return refuseFetch(core, token, 'NOT_LEADER_OR_FOLLOWER');
  const progress = progressOf(core, role, request);
  if (progress !== undefined) {
    progress.recovering = request.recovering;
    progress.endpoints = request.endpoints ?? [];
    if (!request.committedOnly) {
      countContact(core, role, progress);
      // Not in what the answer depends on: whatever its log is like, it is in our epoch.
      confirmReads(core, role, progress, request.readRound);
    }
  }
  const verdict = validateFetch(core.log, request.fetchOffset, request.lastFetchedEpoch);
  if (verdict.kind === 'snapshot') return replySnapshot(core, token, verdict.snapshotId);
  if (verdict.kind === 'diverging') return replyDiverging(core, token, verdict.at);
  if (isChainBroken(request, localChecksum)) return suspectOwnCopy(core, token, request);
  if (progress !== undefined) recordFetch(progress, { offset: request.fetchOffset, leaderEnd: endFor(core, role, request), nowMs: core.nowMs });
  if (!request.committedOnly) advanceHighWatermark(core, role);
  answerOrPark(core, role, parkable(core, token, request), request);
  endEpochWhenReady(core);
}

/**
 * What an asker can have by now: a voter all, anybody else what is committed. Under steady writes a reader never reaches the
 * log's end, and would never count as caught up.
 */
function endFor(core: CoreState, { highWatermark }: LeaderRole, { committedOnly, replica }: FetchRequest): Offset {
  const isVoter = !committedOnly && voterSet(core).has(replica);
  return isVoter ? core.log.endOffset : (highWatermark ?? core.log.endOffset);
}

function requestError(core: CoreState, request: FetchRequest): RaftErrorName | undefined {
  const { maxWaitMs, maxBytes, fetchOffset, lastFetchedEpoch, currentLeaderEpoch, replica } = request;
  if (maxWaitMs < 0 || maxBytes < 0 || fetchOffset < 0 || lastFetchedEpoch < 0 || lastFetchedEpoch > currentLeaderEpoch) return 'INVALID_REQUEST';
  if (replica.id === core.self.id && replica.directoryId === core.self.directoryId) return 'INVALID_REQUEST';
  if (core.shutdown !== 'no' && core.role.kind !== 'leader') return 'BROKER_NOT_AVAILABLE';
  if (currentLeaderEpoch < core.election.epoch) return 'FENCED_LEADER_EPOCH';
  if (currentLeaderEpoch > core.election.epoch) return 'UNKNOWN_LEADER_EPOCH';
  return undefined;
}

/** Offset and epoch agree, the bytes do not: one copy is damaged. Where either checksum is not at hand, nothing is known. */
function isChainBroken(request: FetchRequest, localChecksum: number | undefined): boolean {
  return request.chainChecksum !== undefined && localChecksum !== undefined && request.chainChecksum !== localChecksum;
}

function parkable(core: CoreState, token: ReplyToken, request: FetchRequest): ParkedFetch {
  const isVoter = !request.committedOnly && voterSet(core).has(request.replica);
  const waitMs = isVoter ? Math.min(request.maxWaitMs, VOTER_PARK_LIMIT_MS) : request.maxWaitMs;
  return {
    token,
    replicaId: request.replica.id,
    directoryId: request.replica.directoryId,
    committedOnly: request.committedOnly,
    isVoter,
    fetchOffset: request.fetchOffset,
    lastFetchedEpoch: request.lastFetchedEpoch,
    // What is asked for is read into memory: no asker may make that more than the largest batch.
    maxBytes: Math.min(request.maxBytes, MAX_READ_BATCH_BYTES),
    highWatermark: request.highWatermark,
    deadlineMs: core.nowMs + waitMs,
  };
}

function answerOrPark(core: CoreState, role: LeaderRole, fetch: ParkedFetch, request: FetchRequest): void {
  supersede(core, role, fetch);
  if (request.maxWaitMs === 0) return replyData(core, role, fetch);
  if (fetch.isVoter) {
    const hasNews = fetch.fetchOffset < core.log.endOffset || isBehind(fetch, role.highWatermark) || hasReadNews(role, request);
    if (hasNews) return replyData(core, role, fetch);
    role.parkedVoters.add(fetch);
    return;
  }
  parkReader(core, role, fetch);
}

/** A voter has one Fetch in flight; a second one means that it no longer waits for the first. */
function supersede(core: CoreState, role: LeaderRole, fetch: ParkedFetch): void {
  if (!fetch.isVoter) return;
  for (const older of role.parkedVoters.takeWhere((parked) => parked.replicaId === fetch.replicaId)) replyData(core, role, older);
}
