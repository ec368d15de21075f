import { BatchFold, ImageLoad, MetadataImage } from '@quorate/metadata-image';
import { MetadataFollower } from '@quorate/metadata-follower';
import type { CommittedFetchQuery, CommittedFetchResult, SnapshotQuery, SnapshotResult, SnapshotStart } from '@quorate/metadata-follower';
import type { FetchResponse, FetchSnapshotResponse, RaftRequest, RequestId } from '@quorate/raft-core';
import { genesisChecksum, ZERO_UUID } from '@quorate/records';
import type { Epoch, NodeId, Offset } from '@quorate/records';
import type { SimFeed } from './feed.js';
import type { Invariants } from './invariants.js';
import { CLUSTER_ID, digestOf } from './node.js';
import { SimProcess } from './process.js';
import type { Random } from './random.js';
import { portOf } from './rpc-bus.js';
import type { RpcBus, SimTransport } from './rpc-bus.js';
import type { Trace } from './trace.js';
import type { World } from './world.js';

/** A Fetch that is so much later than it may be parked is not answered any more. */
const OVERDUE_MS = 2000;

export interface CacheParts {
  readonly world: World;
  readonly random: Random;
  readonly bus: RpcBus;
  readonly feed: SimFeed;
  readonly invariants: Invariants;
  readonly trace: Trace;
  readonly voterIds: readonly NodeId[];
}

/** A broker's metadata cache: the real follower and image on the simulated feed and network. It keeps nothing over a restart. */
export class SimCache {
  readonly #id: NodeId;
  readonly #parts: CacheParts;
  #life: { readonly process: SimProcess; readonly follower: MetadataFollower; readonly image: MetadataImage } | undefined;

  constructor(id: NodeId, parts: CacheParts) {
    this.#id = id;
    this.#parts = parts;
  }

  start(): void {
    const { world, random, bus, feed, invariants } = this.#parts;
    const process = new SimProcess(world, random, { rate: 1, offsetMs: 0 }, 0);
    const link = new LeaderLink(bus.transport(this.#id, process), this.#parts, process);
    const image = new MetadataImage();
    let fold = new BatchFold(image);
    let loading: { readonly start: SnapshotStart; readonly load: ImageLoad } | undefined;
    invariants.cacheRestarted(this.#id);
    const follower = new MetadataFollower({
      fetch: link,
      feed: feed.connect(),
      image: {
        apply: (batch) => {
          invariants.cacheApplied(this.#id, batch);
          fold.fold(batch, false);
          invariants.imageAt(this.#id, image.appliedOffset, digestOf(image));
          return image.appliedOffset;
        },
        reset: () => {},
        loadBegins: (start) => {
          loading = { start, load: new ImageLoad(start) };
        },
        load: (batches) => {
          for (const batch of batches) loading!.load.add(batch);
        },
        loadEnds: () => {
          image.become(loading!.load.finish());
          invariants.cacheLoaded(this.#id, loading!.start);
          fold = new BatchFold(image, loading!.start.chainChecksum);
          loading = undefined;
          invariants.imageAt(this.#id, image.appliedOffset, digestOf(image));
        },
      },
      timers: process.timers(),
      genesisChecksum: genesisChecksum(CLUSTER_ID),
      observe: (event) => {
        if (event.kind === 'restarted') invariants.cacheStartedOver(this.#id, event.reason);
        if (event.kind === 'snapshotLoaded') this.#parts.trace.tally('cache snapshots loaded');
        if (event.kind === 'gap') this.#parts.trace.tally('feed gaps');
        if (event.kind === 'applied') this.#parts.trace.tally(`cache batches by ${event.path}`);
      },
      failed: (error) => {
        throw error;
      },
    });
    this.#life = { process, follower, image };
    follower.start();
  }

  restart(): void {
    this.#life?.follower.close();
    this.#life?.process.kill();
    this.start();
  }

  get stableOffset(): Offset {
    return this.#life?.image.appliedOffset ?? (0 as Offset);
  }
}

/** Who waits for the answer that is under way. */
interface Waiting {
  readonly answered: (response: FetchResponse | FetchSnapshotResponse) => void;
  readonly failed: (message: string) => void;
}

/** Finds the leader by asking around, and fetches what is committed from it, one request at a time. */
class LeaderLink {
  readonly #transport: SimTransport;
  readonly #parts: CacheParts;
  readonly #process: SimProcess;
  #leaderId: NodeId | undefined;
  #epoch = 0 as Epoch;
  #requestId: RequestId = 0;
  #waiting: Waiting | undefined;

  constructor(transport: SimTransport, parts: CacheParts, process: SimProcess) {
    this.#transport = transport;
    this.#parts = parts;
    this.#process = process;
    transport.open({
      request: () => {},
      requestCancelled: () => {},
      response: (requestId, _from, response) => (response.kind === 'fetch' || response.kind === 'fetchSnapshot') && this.#answered(requestId, response),
      requestFailed: (requestId) => this.#failed(requestId, 'unavailable'),
      connectionLost: () => {},
      connectionUp: () => {},
    });
  }

  fetch(query: CommittedFetchQuery, done: (result: CommittedFetchResult) => void): void {
    this.#ask(query.maxWaitMs + OVERDUE_MS, {
      kind: 'fetch',
      clusterId: CLUSTER_ID,
      recoveryId: ZERO_UUID,
      replica: { id: this.#transport.id, directoryId: undefined },
      // The feed may have brought batches of an epoch that nobody has told us of yet.
      currentLeaderEpoch: Math.max(this.#epoch, query.lastEpoch) as Epoch,
      fetchOffset: query.fromOffset,
      lastFetchedEpoch: query.lastEpoch,
      maxWaitMs: query.maxWaitMs,
      maxBytes: query.maxBytes,
      highWatermark: query.fromOffset,
      chainChecksum: query.chainChecksum,
      readRound: 0,
      imageDigest: undefined,
      recovering: false,
      committedOnly: true,
    }, {
      answered: (response) => done(resultOf(response as FetchResponse)),
      failed: (message) => done({ kind: 'unavailable', message }),
    });
  }

  fetchSnapshot({ id, position, maxBytes }: SnapshotQuery, done: (result: SnapshotResult) => void): void {
    this.#ask(OVERDUE_MS, {
      kind: 'fetchSnapshot',
      clusterId: CLUSTER_ID,
      recoveryId: ZERO_UUID,
      replica: { id: this.#transport.id, directoryId: undefined },
      currentLeaderEpoch: this.#epoch,
      snapshotId: id,
      position,
      maxBytes,
    }, {
      answered: (response) => done(snapshotResultOf(response as FetchSnapshotResponse)),
      failed: (message) => done({ kind: 'unavailable', message }),
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#transport.close();
  }

  #ask(patienceMs: number, request: RaftRequest, waiting: Waiting): void {
    const requestId = ++this.#requestId;
    this.#waiting = waiting;
    const target = this.#leaderId ?? this.#parts.random.pick(this.#parts.voterIds);
    this.#process.after(patienceMs, () => this.#failed(requestId, 'no answer'));
    this.#transport.send(requestId, { id: target, endpoints: [{ name: 'CONTROLLER', host: `n${target}`, port: portOf(target) }] }, request);
  }

  #answered(requestId: RequestId, response: FetchResponse | FetchSnapshotResponse): void {
    if (requestId !== this.#requestId) return;
    // An epoch that nobody has won may be gone with its candidate; who has won one is never gone back behind.
    const isElected = response.leaderId !== undefined;
    if (response.leaderEpoch >= this.#epoch) this.#leaderId = response.leaderId;
    if (isElected && response.leaderEpoch >= this.#epoch) this.#epoch = response.leaderEpoch;
    this.#take()?.answered(response);
  }

  #failed(requestId: RequestId, message: string): void {
    if (requestId !== this.#requestId) return;
    this.#leaderId = undefined;
    this.#take()?.failed(message);
  }

  #take(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}

function snapshotResultOf({ error, bytes, size, leaderId, leaderEpoch }: FetchSnapshotResponse): SnapshotResult {
  if (error === 'SNAPSHOT_NOT_FOUND' || error === 'POSITION_OUT_OF_RANGE') return { kind: 'gone', message: error };
  if (error !== 'NONE') return { kind: 'unavailable', message: error };
  return { kind: 'piece', bytes, size, leaderId, leaderEpoch };
}

function resultOf(response: FetchResponse): CommittedFetchResult {
  const { error, diverging, batches, highWatermark, leaderId, leaderEpoch, feedKey } = response;
  if (error === 'CHAIN_MISMATCH') return { kind: 'contradiction', message: 'the leader holds another batch where ours ends' };
  if (error === 'INVALID_REQUEST') return { kind: 'refused', message: 'the controller calls our Fetch invalid' };
  if (error !== 'NONE') return { kind: 'unavailable', message: error };
  if (diverging !== undefined) return { kind: 'contradiction', message: `the leader's epoch ${diverging.epoch} ends at ${diverging.endOffset}` };
  if (response.snapshotId !== undefined) return { kind: 'snapshot', id: response.snapshotId, leaderId, leaderEpoch };
  return { kind: 'batches', batches, highWatermark, leaderId, leaderEpoch, feedKey };
}
