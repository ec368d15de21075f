import type { ClientDuplexStream, StatusObject } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { CommittedFetch, CommittedFetchQuery, CommittedFetchResult, SnapshotQuery, SnapshotResult } from '@quorate/metadata-follower';
import type { FetchRequest, FetchResponse, FetchSnapshotResponse, ImageDigest, RaftErrorName } from '@quorate/raft-core';
import type { Epoch, NodeId, Offset } from '@quorate/records';
import type {
  FetchRequest as WireFetch,
  FetchResponse as WireFetched,
  FetchSnapshotRequest as WireFetchSnapshot,
  FetchSnapshotResponse as WireFetchedSnapshot,
} from '@quorate/records/gen/quorate/raft/v1/raft';
import { fetchRequestToWire, fetchSnapshotRequestToWire } from '../wire/raft-requests.js';
import { fetchResponseFromWire, fetchSnapshotResponseFromWire } from '../wire/raft-responses.js';
import { readOffset, requireMessage } from '../wire/read-fields.js';
import { WireFormatError } from '../wire/wire-format-error.js';
import type { ActiveLeader, LeaderTracker } from './leader-tracker.js';

type Done = (result: CommittedFetchResult) => void;

export interface GrpcCommittedFetchOptions {
  readonly tracker: LeaderTracker;
  /** Our node id, if we are a node of the cluster. */
  readonly nodeId: NodeId | undefined;
  /** What our image sums up to now. */
  readonly imageDigest?: () => ImageDigest;
  /** The leader says that most voters agree on another image than ours at that offset. */
  readonly imageIsWrong?: (at: Offset) => void;
  /** Batches that were damaged on the way, and the like. */
  readonly problem: (message: string) => void;
}

/** A Fetch that found no leader waits so long for one before it says so. */
const LEADER_PATIENCE_MS = 200;
/** A parked Fetch that is this late is not answered any more: the leader hangs. */
const OVERDUE_MS = 2000;

type Answer = WireFetched | WireFetchedSnapshot;
type Stream<Asked, Answered> = ClientDuplexStream<Asked, Answered>;

/** What is under way: whom to ask how, and what an answer or its absence means. */
interface Asked {
  readonly patienceMs: number;
  /** Sends it to that leader. */
  readonly send: (leader: ActiveLeader, correlationId: number) => void;
  /** @throws when the answer cannot be read. */
  readonly answered: (answer: Answer) => void;
  readonly unavailable: (message: string) => void;
  timer: NodeJS.Timeout | undefined;
}

/** Committed-only Fetch from whoever leads: long-lived streams, one request at a time, following the leader by itself. */
export class GrpcCommittedFetch implements CommittedFetch {
  readonly #options: GrpcCommittedFetchOptions;
  readonly #unsubscribe: () => void;
  #asked: Asked | undefined;
  #leader: ActiveLeader | undefined;
  #fetches: Stream<WireFetch, WireFetched> | undefined;
  #snapshots: Stream<WireFetchSnapshot, WireFetchedSnapshot> | undefined;
  #correlationId = 0;

  constructor(options: GrpcCommittedFetchOptions) {
    this.#options = options;
    this.#unsubscribe = options.tracker.subscribe(() => this.#followLeader());
  }

  fetch(query: CommittedFetchQuery, done: Done): void {
    this.#begin({
      patienceMs: query.maxWaitMs + OVERDUE_MS,
      send: (leader, correlationId) => {
        this.#fetches ??= this.#watched(leader.link.raft.fetch());
        this.#fetches.write({ correlationId, query: fetchRequestToWire(this.#fetchRequest(query, leader)) });
      },
      answered: (answer) => {
        const result = requireMessage('result', (answer as WireFetched).result);
        if (result.wrongImageAt !== undefined) this.#options.imageIsWrong?.(readOffset('result.wrong_image_at', result.wrongImageAt));
        done(resultOf(fetchResponseFromWire(result, (problem) => this.#options.problem(`a batch in a Fetch answer was dropped: ${problem}`))));
      },
      unavailable: (message) => done({ kind: 'unavailable', message }),
      timer: undefined,
    });
  }

  fetchSnapshot({ id, position, maxBytes }: SnapshotQuery, done: (result: SnapshotResult) => void): void {
    this.#begin({
      patienceMs: OVERDUE_MS,
      send: (leader, correlationId) => {
        const cluster = this.#options.tracker.cluster!;
        this.#snapshots ??= this.#watched(leader.link.raft.fetchSnapshot());
        const request = { kind: 'fetchSnapshot', ...cluster, replica: { id: this.#options.nodeId, directoryId: undefined }, currentLeaderEpoch: leader.epoch, snapshotId: id, position, maxBytes } as const;
        this.#snapshots.write({ correlationId, query: fetchSnapshotRequestToWire(request) });
      },
      answered: (answer) => {
        const result = requireMessage('result', (answer as WireFetchedSnapshot).result);
        done(snapshotResultOf(fetchSnapshotResponseFromWire(result), { id, position }));
      },
      unavailable: (message) => done({ kind: 'unavailable', message }),
      timer: undefined,
    });
  }

  close(): void {
    this.#unsubscribe();
    if (this.#asked !== undefined) clearTimeout(this.#asked.timer);
    this.#asked = undefined;
    this.#dropStreams();
  }

  #begin(asked: Asked): void {
    this.#asked = asked;
    this.#leader = this.#options.tracker.leader;
    if (this.#leader !== undefined) return this.#ask(asked, this.#leader);
    this.#awaitLeader(asked);
  }

  #awaitLeader(asked: Asked): void {
    clearTimeout(asked.timer);
    asked.timer = setTimeout(() => this.#unavailable(asked, 'no active controller can be reached'), LEADER_PATIENCE_MS);
  }

  #ask(asked: Asked, leader: ActiveLeader): void {
    if (this.#options.tracker.cluster === undefined) return this.#unavailable(asked, 'no controller has told its cluster yet');
    this.#correlationId = (this.#correlationId % 0xffff_ffff) + 1;
    clearTimeout(asked.timer);
    asked.timer = setTimeout(() => {
      this.#dropStreams();
      this.#unavailable(asked, `node ${leader.nodeId} does not answer`);
    }, asked.patienceMs);
    asked.send(leader, this.#correlationId);
  }

  #fetchRequest(query: CommittedFetchQuery, leader: ActiveLeader): FetchRequest {
    return {
      kind: 'fetch',
      ...this.#options.tracker.cluster!,
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
      imageDigest: this.#options.imageDigest?.(),
      recovering: false,
      committedOnly: true,
    };
  }

  #watched<A, B extends Answer>(stream: Stream<A, B>): Stream<A, B> {
    stream.on('data', (message: B) => this.#handleAnswer(message));
    stream.on('error', () => undefined);
    stream.on('status', (over: StatusObject) => {
      const isFetches = (this.#fetches as unknown) === stream;
      if (!isFetches && (this.#snapshots as unknown) !== stream) return;
      if (isFetches) this.#fetches = undefined;
      else this.#snapshots = undefined;
      const why = over.code === status.OK ? 'the controller ended the stream' : over.details;
      if (this.#asked !== undefined) this.#unavailable(this.#asked, why);
    });
    return stream;
  }

  #handleAnswer(answer: Answer): void {
    const asked = this.#asked;
    if (asked === undefined || answer.correlationId !== this.#correlationId) return;
    this.#finished(asked);
    try {
      asked.answered(answer);
    } catch (error) {
      if (!(error instanceof WireFormatError)) throw error;
      asked.unavailable(error.message);
    }
  }

  /** Another leader: what is parked at the old one is asked of the new one. */
  #followLeader(): void {
    const { leader } = this.#options.tracker;
    if (leader === this.#leader) return;
    this.#leader = leader;
    this.#dropStreams();
    if (this.#asked === undefined) return;
    if (leader !== undefined) this.#ask(this.#asked, leader);
    else this.#awaitLeader(this.#asked);
  }

  #dropStreams(): void {
    const streams = [this.#fetches, this.#snapshots];
    this.#fetches = undefined;
    this.#snapshots = undefined;
    for (const stream of streams) stream?.end();
  }

  #unavailable(asked: Asked, message: string): void {
    if (this.#asked !== asked) return;
    this.#finished(asked);
    asked.unavailable(message);
  }

  #finished(asked: Asked): void {
    clearTimeout(asked.timer);
    this.#asked = undefined;
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
  if (response.snapshotId !== undefined) return { kind: 'snapshot', id: response.snapshotId, leaderId: response.leaderId, leaderEpoch: response.leaderEpoch };
  return {
    kind: 'batches',
    batches: response.batches,
    highWatermark: response.highWatermark,
    leaderId: response.leaderId,
    leaderEpoch: response.leaderEpoch,
    feedKey: response.feedKey,
  };
}

/** What a leader's answer to a FetchSnapshot means; one that is not about what was asked is of no use. */
export function snapshotResultOf(response: FetchSnapshotResponse, asked: Pick<SnapshotQuery, 'id' | 'position'>): SnapshotResult {
  const { error, snapshotId, position, bytes, size, leaderId, leaderEpoch } = response;
  if (error === 'SNAPSHOT_NOT_FOUND') return { kind: 'gone', message: 'the leader has this snapshot no longer' };
  if (error === 'POSITION_OUT_OF_RANGE') return { kind: 'gone', message: `the leader's snapshot ends before byte ${asked.position}` };
  if (REFUSALS.has(error)) return { kind: 'refused', message: `the active controller refuses our FetchSnapshot: ${error}` };
  if (error !== 'NONE') return { kind: 'unavailable', message: `the controller answers ${error}` };
  if (snapshotId.endOffset !== asked.id.endOffset || snapshotId.epoch !== asked.id.epoch || position !== asked.position) {
    return { kind: 'gone', message: `the leader answers with byte ${position} of the snapshot that ends at ${snapshotId.endOffset}, which was not asked for` };
  }
  return { kind: 'piece', bytes, size, leaderId, leaderEpoch };
}
