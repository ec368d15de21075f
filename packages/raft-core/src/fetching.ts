import type { NodeId } from '@quorate/records';
import { describeEvent, isVerifying, isVoter, type CoreState } from './core-state.js';
import { nextDiscoveryAddress } from './discovery.js';
import { FETCH_MAX_WAIT_MS, MAX_RETRY_BACKOFF_MS, RETRY_BACKOFF_MS, retryBackoffMs } from './election-timing.js';
import type { Endpoint } from './replica-key.js';
import type { FetchRequest, FetchSnapshotRequest, RaftRequest } from './messages.js';
import { sendRequest } from './requests-out.js';
import type { Fetcher } from './role.js';
import type { SnapshotDownload } from './snapshot-download.js';

/**
 * Keeps one Fetch in flight: to the leader, or, while none is known or it does not answer, to a discovery address in turn
 * with it. While a snapshot is being fetched the leader gets FetchSnapshots instead. The fetch offset acknowledges, so nothing is fetched before all that was appended is on disk.
 */
export function keepFetching(core: CoreState, fetcher: Fetcher): void {
  if (fetcher.nextMs > core.nowMs || isHeldBack(core)) return;
  const target = fetchTarget(core, fetcher);
  if (target === undefined) {
    fetcher.nextMs = core.nowMs + MAX_RETRY_BACKOFF_MS;
    return;
  }
  fetcher.nextMs = core.nowMs;
  const { download } = core;
  const request = target.toLeader && download !== undefined ? fetchSnapshotRequest(core, download) : fetchRequest(core, target.toLeader);
  sendRequest(core, target, request);
}

/** When the next Fetch is due; undefined while one is in flight, or a flush comes first. */
export function fetcherDeadlineMs(core: CoreState, fetcher: Fetcher): number | undefined {
  return isHeldBack(core) ? undefined : fetcher.nextMs;
}

/** The request failed, or the answer was of no use. The next one goes elsewhere, after a growing wait. */
export function fetchFailed(core: CoreState, fetcher: Fetcher, askedLeader: boolean): void {
  fetcher.failures += 1;
  fetcher.nextMs = core.nowMs + retryBackoffMs(fetcher.failures);
  fetcher.askAround = askedLeader;
}

/** The answer was good. One that brought nothing and came at once must not lead to a hot loop. */
export function fetchDone(core: CoreState, fetcher: Fetcher, progress: { readonly gained: boolean; readonly sentMs: number }): void {
  fetcher.failures = 0;
  fetcher.askAround = false;
  fetcher.nextMs = progress.gained ? core.nowMs : Math.max(core.nowMs, progress.sentMs + RETRY_BACKOFF_MS);
}

/** One request at a time, nothing before all that was appended is on disk, and nothing while a snapshot takes the log's place, or the log is in doubt. */
function isHeldBack(core: CoreState): boolean {
  const isBusy = core.download?.installing === true || (isVerifying(core) && core.role.kind === 'follower');
  return !core.log.isFlushed || isBusy || core.requests.find(({ request }) => isFetch(request)) !== undefined;
}

/** Whether this is one of the requests of which a node has one in flight. */
export function isFetch(request: RaftRequest): boolean {
  return request.kind === 'fetch' || request.kind === 'fetchSnapshot';
}

function fetchTarget(core: CoreState, fetcher: Fetcher): { id: NodeId; endpoints: readonly Endpoint[]; toLeader: boolean } | undefined {
  const { role } = core;
  const around = role.kind !== 'follower' || fetcher.askAround ? nextDiscoveryAddress(core) : undefined;
  if (around !== undefined) return { id: around.id, endpoints: around.endpoints, toLeader: role.kind === 'follower' && around.id === role.leader.id };
  if (role.kind !== 'follower') return undefined;
  if (fetcher.askAround) describeEvent(core, 'debug', 'raft.discovery.none', {});
  return { ...role.leader, toLeader: true };
}

/**
 * Host fills in the chain checksum and the image digest. Only a leader that is heard may park it: others are asked who leads,
 * and a leader that is not heard is asked whether it is there at all.
 */
function fetchRequest(core: CoreState, toLeader: boolean): FetchRequest {
  const { log, role, config } = core;
  return {
    kind: 'fetch',
    ...config.cluster,
    replica: core.self,
    currentLeaderEpoch: core.election.epoch,
    fetchOffset: log.endOffset,
    lastFetchedEpoch: log.lastEpoch,
    maxWaitMs: toLeader && role.kind === 'follower' && role.lost === undefined ? FETCH_MAX_WAIT_MS : 0,
    maxBytes: config.fetchMaxBytes,
    // One that knows none yet must be told at once, so it is 0 and not absent.
    highWatermark: core.highWatermark ?? (0 as FetchRequest['highWatermark']),
    chainChecksum: undefined,
    readRound: role.kind === 'follower' ? role.readRound : 0,
    imageDigest: undefined,
    recovering: log.recovering,
    committedOnly: false,
    ...(isVoter(core) ? {} : { endpoints: config.self.endpoints }),
  };
}

function fetchSnapshotRequest(core: CoreState, { snapshotId, position }: SnapshotDownload): FetchSnapshotRequest {
  const { cluster, fetchSnapshotMaxBytes } = core.config;
  return { kind: 'fetchSnapshot', ...cluster, replica: core.self, currentLeaderEpoch: core.election.epoch, snapshotId, position, maxBytes: fetchSnapshotMaxBytes };
}
