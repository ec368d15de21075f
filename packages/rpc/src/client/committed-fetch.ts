import type { ClientDuplexStream, StatusObject } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { CommittedFetch, CommittedFetchQuery, CommittedFetchResult } from '@quorate/metadata-follower';
import type { FetchResponse, RaftErrorName } from '@quorate/raft-core';
import type { Epoch, NodeId } from '@quorate/records';
import type { FetchRequest as WireFetch, FetchResponse as WireFetched } from '@quorate/records/gen/quorate/raft/v1/raft';
import { fetchRequestToWire } from '../wire/raft-requests.js';
import { fetchResponseFromWire } from '../wire/raft-responses.js';
import type { ActiveLeader, LeaderTracker } from './leader-tracker.js';

type Stream = ClientDuplexStream<WireFetch, WireFetched>;
type Done = (result: CommittedFetchResult) => void;

export interface GrpcCommittedFetchOptions {
  readonly tracker: LeaderTracker;
  /** Our node id, if we are a node of the cluster. */
  readonly nodeId: NodeId | undefined;
  /** Batches that were damaged on the way, and the like. */
  readonly problem: (message: string) => void;
}

/** A Fetch that found no leader waits so long for one before it says so. */
const LEADER_PATIENCE_MS = 200;
/** A parked Fetch that is this late is not answered any more: the leader hangs. */
const OVERDUE_MS = 2000;

interface Asked {
  readonly query: CommittedFetchQuery;
  readonly done: Done;
  timer: NodeJS.Timeout | undefined;
}

/** Committed-only Fetch from whoever leads: one long-lived stream, one request at a time, following the leader by itself. */
export class GrpcCommittedFetch implements CommittedFetch {
  readonly #options: GrpcCommittedFetchOptions;
  readonly #unsubscribe: () => void;
  #asked: Asked | undefined;
  #leader: ActiveLeader | undefined;
  #stream: Stream | undefined;
  #correlationId = 0;

  constructor(options: GrpcCommittedFetchOptions) {
    this.#options = options;
    this.#unsubscribe = options.tracker.subscribe(() => this.#followLeader());
  }

  fetch(query: CommittedFetchQuery, done: Done): void {
    const asked: Asked = { query, done, timer: undefined };
    this.#asked = asked;
    this.#leader = this.#options.tracker.leader;
    if (this.#leader !== undefined) return this.#ask(asked, this.#leader);
    asked.timer = setTimeout(() => this.#finish(asked, { kind: 'unavailable', message: 'no active controller can be reached' }), LEADER_PATIENCE_MS);
  }

  close(): void {
    this.#unsubscribe();
    if (this.#asked !== undefined) clearTimeout(this.#asked.timer);
    this.#asked = undefined;
    this.#dropStream();
  }

  #ask(asked: Asked, leader: ActiveLeader): void {
    const { cluster } = this.#options.tracker;
    if (cluster === undefined) return this.#finish(asked, { kind: 'unavailable', message: 'no controller has told its cluster yet' });
    const { query } = asked;
    const correlationId = (this.#correlationId = (this.#correlationId % 0xffff_ffff) + 1);
    clearTimeout(asked.timer);
    asked.timer = setTimeout(() => {
      this.#dropStream();
      this.#finish(asked, { kind: 'unavailable', message: `node ${leader.nodeId} does not answer` });
    }, query.maxWaitMs + OVERDUE_MS);
    this.#openStream(leader).write({
      correlationId,
      query: fetchRequestToWire({
        kind: 'fetch',
        ...cluster,
        replica: { id: this.#options.nodeId, directoryId: undefined },
        // The feed may have brought batches of an epoch that nobody has told us of yet; an older number would make the Fetch
        // invalid, which is final, where "I do not lead that epoch" is tried again elsewhere.
        currentLeaderEpoch: Math.max(leader.epoch, query.lastEpoch) as Epoch,
        fetchOffset: query.fromOffset,
        lastFetchedEpoch: query.lastEpoch,
        maxWaitMs: query.maxWaitMs,
        maxBytes: query.maxBytes,
        // Everything we have is committed: we want to be woken when more is.
        highWatermark: query.fromOffset,
        chainChecksum: query.chainChecksum,
        readRound: 0,
        imageDigest: undefined,
        recovering: false,
        committedOnly: true,
      }),
    });
  }

  #openStream(leader: ActiveLeader): Stream {
    if (this.#stream !== undefined) return this.#stream;
    const stream = leader.link.raft.fetch();
    this.#stream = stream;
    stream.on('data', (message: WireFetched) => this.#handleAnswer(message));
    stream.on('error', () => undefined);
    stream.on('status', (over: StatusObject) => {
      if (this.#stream !== stream) return;
      this.#stream = undefined;
      const why = over.code === status.OK ? 'the controller ended the stream' : over.details;
      if (this.#asked !== undefined) this.#finish(this.#asked, { kind: 'unavailable', message: why });
    });
    return stream;
  }

  #handleAnswer(message: WireFetched): void {
    const asked = this.#asked;
    if (asked === undefined || message.correlationId !== this.#correlationId) return;
    let result: CommittedFetchResult;
    try {
      if (message.result === undefined) throw new Error('a Fetch answer holds no result');
      result = resultOf(fetchResponseFromWire(message.result, (problem) => this.#options.problem(`a batch in a Fetch answer was dropped: ${problem}`)));
    } catch (error) {
      result = { kind: 'unavailable', message: error instanceof Error ? error.message : String(error) };
    }
    this.#finish(asked, result);
  }

  /** Another leader: what is parked at the old one is asked of the new one. */
  #followLeader(): void {
    const { leader } = this.#options.tracker;
    if (leader === this.#leader) return;
    this.#leader = leader;
    this.#dropStream();
    if (this.#asked === undefined) return;
    if (leader !== undefined) return this.#ask(this.#asked, leader);
    const asked = this.#asked;
    clearTimeout(asked.timer);
    asked.timer = setTimeout(() => this.#finish(asked, { kind: 'unavailable', message: 'no active controller can be reached' }), LEADER_PATIENCE_MS);
  }

  #dropStream(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.end();
  }

  #finish(asked: Asked, result: CommittedFetchResult): void {
    if (this.#asked !== asked) return;
    clearTimeout(asked.timer);
    this.#asked = undefined;
    asked.done(result);
  }
}

const REFUSALS: ReadonlySet<RaftErrorName> = new Set(['INCONSISTENT_CLUSTER_ID', 'INCONSISTENT_RECOVERY_ID', 'INVALID_REQUEST', 'UNSUPPORTED_VERSION']);

/** What a leader's answer means to a follower without Raft state. */
export function resultOf(response: FetchResponse): CommittedFetchResult {
  if (response.error === 'CHAIN_MISMATCH') return { kind: 'contradiction', message: 'the leader holds another batch where ours ends' };
  if (REFUSALS.has(response.error)) return { kind: 'refused', message: `the active controller refuses our Fetch: ${response.error}` };
  if (response.error !== 'NONE') return { kind: 'unavailable', message: `the controller answers ${response.error}` };
  if (response.diverging !== undefined) {
    return { kind: 'contradiction', message: `our log diverges: the leader's epoch ${response.diverging.epoch} ends at offset ${response.diverging.endOffset}` };
  }
  if (response.snapshotId !== undefined) return { kind: 'unavailable', message: 'the leader has only a snapshot of what we ask for, and snapshots are not sent over the wire yet' };
  return {
    kind: 'batches',
    batches: response.batches,
    highWatermark: response.highWatermark,
    leaderId: response.leaderId,
    leaderEpoch: response.leaderEpoch,
    feedKey: response.feedKey,
  };
}
