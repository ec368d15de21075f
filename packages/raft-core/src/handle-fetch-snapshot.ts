import { leaderHint, type CoreState } from './core-state.js';
import type { ReplyToken } from './input.js';
import type { FetchSnapshotRequest } from './messages.js';

/** Answers a FetchSnapshot: no snapshot is served yet. */
export function handleFetchSnapshot(core: CoreState, token: ReplyToken, request: FetchSnapshotRequest): void {
  const { snapshotId, position } = request;
  core.outbox.emit({
    kind: 'reply',
    token,
    response: { kind: 'fetchSnapshot', ...leaderHint(core), error: 'SNAPSHOT_NOT_FOUND', snapshotId, size: 0, position, bytes: new Uint8Array(0), chainChecksum: 0 },
  });
}
