import { MAX_READ_BATCH_BYTES } from '@quorate/records';
import { leaderHint, type CoreState } from './core-state.js';
import type { ReplyToken } from './input.js';
import { countContact, progressOf } from './leader-replication.js';
import type { FetchSnapshotRequest, RaftErrorName } from './messages.js';

/**
 * Answers a FetchSnapshot with bytes of the snapshot, or says why not. Whoever fetches a snapshot is as alive as whoever
 * fetches the log, so it counts for check-quorum; it acknowledges nothing. Source: KIP-630.
 */
export function handleFetchSnapshot(core: CoreState, token: ReplyToken, request: FetchSnapshotRequest): void {
  const { snapshotId, position } = request;
  const error = requestError(core, request);
  if (error !== undefined) return refuseFetchSnapshot(core, token, request, error);
  const { role } = core;
  if (role.kind !== 'leader') return refuseFetchSnapshot(core, token, request, 'NOT_LEADER_OR_FOLLOWER');
  if (!mayExist(core, request)) return refuseFetchSnapshot(core, token, request, 'SNAPSHOT_NOT_FOUND');
  if (position < 0) return refuseFetchSnapshot(core, token, request, 'POSITION_OUT_OF_RANGE');
  const progress = progressOf(core, role, { replica: request.replica, committedOnly: false });
  if (progress !== undefined) {
    progress.progressedMs = core.nowMs;
    countContact(core, role, progress);
  }
  core.outbox.emit({
    kind: 'replyFetchSnapshot',
    token,
    snapshotId,
    position,
    // What is asked for is read into memory: no asker may make that more than the largest batch.
    maxBytes: Math.min(request.maxBytes, MAX_READ_BATCH_BYTES),
    response: { kind: 'fetchSnapshot', error: 'NONE', ...leaderHint(core), snapshotId },
  });
}

function requestError(core: CoreState, { maxBytes, currentLeaderEpoch, replica }: FetchSnapshotRequest): RaftErrorName | undefined {
  if (maxBytes <= 0) return 'INVALID_REQUEST';
  if (replica.id === core.self.id && replica.directoryId === core.self.directoryId) return 'INVALID_REQUEST';
  if (core.shutdown !== 'no' && core.role.kind !== 'leader') return 'BROKER_NOT_AVAILABLE';
  if (currentLeaderEpoch < core.election.epoch) return 'FENCED_LEADER_EPOCH';
  return currentLeaderEpoch > core.election.epoch ? 'UNKNOWN_LEADER_EPOCH' : undefined;
}

/** The 0-0 bootstrap checkpoint is each node's own and never leaves it; of the others the host knows which are still there. */
function mayExist(core: CoreState, { snapshotId }: FetchSnapshotRequest): boolean {
  const newest = core.log.latestSnapshot;
  return newest !== undefined && snapshotId.endOffset > 0 && snapshotId.endOffset <= newest.endOffset;
}

function refuseFetchSnapshot(core: CoreState, token: ReplyToken, { snapshotId, position }: FetchSnapshotRequest, error: RaftErrorName): void {
  core.outbox.emit({
    kind: 'reply',
    token,
    response: { kind: 'fetchSnapshot', ...leaderHint(core), error, snapshotId, size: 0, position, bytes: new Uint8Array(0), chainChecksum: 0 },
  });
}
