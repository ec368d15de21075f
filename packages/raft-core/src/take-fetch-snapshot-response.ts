import { describeEvent, type CoreState } from './core-state.js';
import { fetchDone, fetchFailed } from './fetching.js';
import type { FetchSnapshotResponse, SnapshotId } from './messages.js';
import type { OpenRequest } from './request-table.js';
import { fetchSucceeded, hearLeader } from './role-follower.js';
import type { FollowerRole } from './role.js';
import { dropDownload, isSameSnapshot, type SnapshotDownload } from './snapshot-download.js';

/** The leader says that this node needs a snapshot first. */
export function beginDownload(core: CoreState, role: FollowerRole, snapshotId: SnapshotId, sentMs: number): void {
  const known = core.download;
  const committed = core.highWatermark ?? 0;
  if (snapshotId.endOffset < committed && !core.log.recovering) {
    describeEvent(core, 'error', 'raft.snapshot.useless', { offset: snapshotId.endOffset, peer: role.leader.id });
    return fetchFailed(core, role.fetcher, true);
  }
  if (known === undefined || !isSameSnapshot(known.snapshotId, snapshotId)) {
    dropDownload(core, 'another one is needed');
    core.download = { snapshotId, epoch: core.election.epoch, position: 0, file: undefined, installing: false };
    describeEvent(core, 'info', 'raft.snapshot.needed', { offset: snapshotId.endOffset, lastEpoch: snapshotId.epoch, peer: role.leader.id });
  }
  fetchDone(core, role.fetcher, { gained: true, sentMs });
}

/** What the leader answered to this follower's FetchSnapshot. Epochs and leader are dealt with already. Source: KIP-630. */
export function takeFetchSnapshotResponse(core: CoreState, role: FollowerRole, open: OpenRequest, response: FetchSnapshotResponse): void {
  const { download } = core;
  if (download === undefined || open.request.kind !== 'fetchSnapshot' || !isSameSnapshot(open.request.snapshotId, download.snapshotId)) return;
  if (response.error !== 'NONE') return takeRefusal(core, role, open, response);
  const problem = mismatch(download, response);
  if (problem !== undefined) {
    describeEvent(core, 'warn', 'raft.snapshot.mismatch', { offset: download.snapshotId.endOffset, peer: open.to, problem });
    dropDownload(core, problem);
    return fetchFailed(core, role.fetcher, false);
  }
  fetchSucceeded(core, role);
  fetchDone(core, role.fetcher, { gained: response.bytes.length > 0, sentMs: open.sentMs });
  if (response.bytes.length > 0) store(core, download, response);
}

function store(core: CoreState, download: SnapshotDownload, { size, chainChecksum, position, bytes }: FetchSnapshotResponse): void {
  const { snapshotId } = download;
  core.outbox.emit({ kind: 'storeSnapshotChunk', snapshotId, position, bytes });
  download.file = { size, chainChecksum };
  download.position += bytes.length;
  if (download.position < size) return;
  download.installing = true;
  core.outbox.emit({ kind: 'installSnapshot', snapshotId, generation: core.log.nextGeneration });
}

/** Why these bytes do not continue what is stored; undefined when they do. */
function mismatch({ snapshotId, position, file }: SnapshotDownload, response: FetchSnapshotResponse): string | undefined {
  if (!isSameSnapshot(response.snapshotId, snapshotId)) return `bytes of another snapshot, ${response.snapshotId.endOffset}-${response.snapshotId.epoch}`;
  if (response.position !== position) return `bytes from ${response.position} on, ${position} were asked for`;
  if (position + response.bytes.length > response.size) return `${position + response.bytes.length} bytes of a file of ${response.size}`;
  if (file !== undefined && (file.size !== response.size || file.chainChecksum !== response.chainChecksum)) return 'the file has changed';
  return undefined;
}

/** An answer with an error holds no data. A snapshot that is gone, or has become another file, is asked for by a new Fetch. */
function takeRefusal(core: CoreState, role: FollowerRole, open: OpenRequest, { error }: FetchSnapshotResponse): void {
  describeEvent(core, 'info', 'raft.snapshot.refused', { error, peer: open.to });
  if (error === 'SNAPSHOT_NOT_FOUND' || error === 'POSITION_OUT_OF_RANGE') {
    dropDownload(core, error);
    hearLeader(core, role);
    return fetchDone(core, role.fetcher, { gained: false, sentMs: open.sentMs });
  }
  fetchFailed(core, role.fetcher, open.to === role.leader.id);
}

/** The host found the file damaged and has removed it. */
export function takeRejected(core: CoreState, snapshotId: SnapshotId, problem: string): void {
  describeEvent(core, 'warn', 'raft.snapshot.rejected', { offset: snapshotId.endOffset, problem });
  core.download = undefined;
  if (core.role.kind === 'follower') fetchFailed(core, core.role.fetcher, false);
}
