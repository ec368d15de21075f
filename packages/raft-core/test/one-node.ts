import { encodeBatch, encodeControlRecord, genesisChecksum, type ControlRecord, type EncodedBatch, type Epoch, type NodeId, type Offset } from '@quorate/records';
import type { CoreEvent, ElectionRecord } from '../src/core-event.js';
import type { Effect } from '../src/effect.js';
import type { Input } from '../src/input.js';
import type {
  AddRaftVoterRequest,
  BeginQuorumEpochRequest,
  DescribeQuorumResponse,
  EndQuorumEpochRequest,
  FetchRequest,
  FetchSnapshotRequest,
  LeaderHint,
  SnapshotId,
  RaftRequest,
  RaftResponse,
  RemoveRaftVoterRequest,
  UpdateRaftVoterRequest,
  VoteRequest,
  VoteResponse,
} from '../src/messages.js';
import type { RaftStatus } from '../src/status.js';
import { CLUSTER, FakeHost, directoryOf, emptyDisk, endpointsOf, numbered, voterOf, type Disk, type FakeSnapshot, type HostSetup, type World } from './fake-host.js';

/** A request that the node has sent. */
export interface Sent<Request extends RaftRequest = RaftRequest> {
  readonly requestId: number;
  readonly to: NodeId;
  readonly request: Request;
}

type Kind = RaftRequest['kind'];
type RequestOf<K extends Kind> = Extract<RaftRequest, { kind: K }>;
type ResponseOf<K extends Kind> = Extract<RaftResponse, { kind: K }>;

export interface OneNodeSetup extends Partial<Omit<HostSetup, 'id' | 'disk' | 'world' | 'bootstrapVoters' | 'random'>> {
  readonly id?: number;
  readonly voters?: readonly number[];
  readonly disk?: Partial<Disk>;
  /** Every number that the node draws; 0.5 unless told. */
  readonly random?: number;
  /** False: appends are on disk only when the test calls `flush()`. */
  readonly flushesAtOnce?: boolean;
}

/** One core on a bench: the test plays all others. Appends are flushed at once unless told otherwise. */
export class OneNode implements World {
  readonly host: FakeHost;
  /** All that the node has sent, oldest first. */
  readonly sent: Sent[] = [];
  readonly replies = new Map<number, RaftResponse>();
  /** Effects since `forget()`. */
  effects: Effect[] = [];
  flushesAtOnce: boolean;
  random: number;
  #now = 1000;
  #token = 0;

  constructor({ id = 1, voters = [1, 2, 3], disk = {}, random = 0.5, flushesAtOnce = true, ...rest }: OneNodeSetup = {}) {
    this.random = random;
    this.flushesAtOnce = flushesAtOnce;
    this.host = new FakeHost({
      ...rest,
      id,
      bootstrapVoters: voters.map((voter) => voterOf(voter)),
      disk: { ...emptyDisk(), ...disk },
      random: () => this.random,
      world: this,
    });
  }

  static started(setup: OneNodeSetup = {}): OneNode {
    const node = new OneNode(setup);
    node.start();
    return node;
  }

  /** A node that node 1 has not been: follows `leader` in `epoch`, has fetched from it, and its next Fetch is in flight. */
  static following(leader: number, epoch: number, setup: OneNodeSetup = {}): OneNode {
    const node = OneNode.started(setup);
    node.ask(beginRequest({ from: leader, epoch, to: node.host.id }));
    node.advance(20);
    node.answer('fetch', { leaderId: id(leader), leaderEpoch: epoch as Epoch });
    node.forget();
    return node;
  }

  /** The leader of epoch 1 with an empty log before it; its first batch is flushed, nothing is committed. */
  static leading(setup: OneNodeSetup = {}): OneNode {
    const node = OneNode.started(setup);
    node.win();
    node.forget();
    return node;
  }

  /** Lets the node stand and answers all its votes with yes. */
  win(): void {
    for (let round = 0; this.status.role !== 'leader'; round += 1) {
      if (round > 10) throw new Error(`does not win: ${this.host.core.describe()}`);
      if (this.open('vote').length === 0) this.toDeadline();
      for (const open of this.open('vote')) this.respond(open, granted({ leaderEpoch: open.request.candidateEpoch }));
    }
  }

  start(): void {
    this.host.start();
    this.#afterStep();
  }

  step(input: Input): void {
    this.host.step(input);
    this.#afterStep();
  }

  propose(records = 1): EncodedBatch {
    const batch = this.host.propose(Array.from({ length: records }, (_, index) => numbered(index)));
    this.#afterStep();
    return batch;
  }

  get status(): RaftStatus {
    return this.host.core.status();
  }

  nowMs(): number {
    return this.#now;
  }

  forget(): void {
    this.effects = [];
  }

  /** Moves the clock, deadline by deadline. */
  advance(ms: number): void {
    const endMs = this.#now + ms;
    for (let deadline = this.host.core.nextDeadlineMs(); deadline !== undefined && deadline <= endMs; deadline = this.host.core.nextDeadlineMs()) {
      this.#now = Math.max(this.#now, deadline);
      this.step({ kind: 'tick' });
    }
    this.#now = endMs;
  }

  /** The host stands still: the clock moves and no timer fires. */
  sleep(ms: number): void {
    this.#now += ms;
  }

  /** Moves the clock to the next deadline and no further. */
  toDeadline(): number {
    const deadline = this.host.core.nextDeadlineMs();
    if (deadline === undefined) throw new Error('there is no deadline');
    const waited = Math.max(0, deadline - this.#now);
    this.#now += waited;
    this.step({ kind: 'tick' });
    return waited;
  }

  /** Sends the node a request; returns the answer, undefined while it is parked. */
  ask<K extends Kind>(request: RequestOf<K>): ResponseOf<K> | undefined {
    this.host.request((this.#token += 1), request);
    this.#afterStep();
    return this.replies.get(this.#token) as ResponseOf<K> | undefined;
  }

  get lastToken(): number {
    return this.#token;
  }

  /** Requests of that kind that wait for an answer, oldest first. */
  open<K extends Kind>(kind: K): Sent<RequestOf<K>>[] {
    return this.sent.filter((one): one is Sent<RequestOf<K>> => one.request.kind === kind);
  }

  /** Answers the newest request of that kind. */
  answer<K extends Kind>(kind: K, response: Partial<ResponseOf<K>>): void {
    const newest = this.open(kind).at(-1);
    if (newest === undefined) throw new Error(`no ${kind} is in flight`);
    this.respond(newest, response);
  }

  respond<K extends Kind>(sent: Sent<RequestOf<K>>, response: Partial<ResponseOf<K>>): void {
    this.sent.splice(this.sent.indexOf(sent), 1);
    const full = { ...blank(sent.request), leaderEpoch: this.status.epoch, ...response } as RaftResponse;
    this.step({ kind: 'response', requestId: sent.requestId, from: sent.to, response: full });
  }

  fail(sent: Sent, failure: 'unavailable' | 'timed-out' | 'unsupported' = 'unavailable'): void {
    this.sent.splice(this.sent.indexOf(sent), 1);
    this.step({ kind: 'requestFailed', requestId: sent.requestId, from: sent.to, failure });
  }

  get events(): CoreEvent[] {
    return this.effects.flatMap((effect) => (effect.kind === 'event' ? [effect.event] : []));
  }

  get elections(): ElectionRecord[] {
    return this.events.flatMap((event) => (event.kind === 'electionEnded' ? [event.election] : []));
  }

  kinds(): string[] {
    return this.effects.filter((effect) => effect.kind !== 'event').map((effect) => effect.kind);
  }

  only<K extends Effect['kind']>(kind: K): Extract<Effect, { kind: K }>[] {
    return this.effects.filter((effect): effect is Extract<Effect, { kind: K }> => effect.kind === kind);
  }

  // ---- the world that the host sees

  send(_from: FakeHost, effect: Extract<Effect, { kind: 'send' }>, request: RaftRequest): void {
    this.sent.push({ requestId: effect.requestId, to: effect.to, request });
  }

  reply(_from: FakeHost, token: number, response: RaftResponse): void {
    this.replies.set(token, response);
  }

  checkConnection(): void {}

  observe(from: FakeHost, effect: Effect): void {
    this.effects.push(effect);
  }

  /** Makes all that was appended durable. */
  flush(): void {
    this.host.flush();
  }

  #afterStep(): void {
    if (this.flushesAtOnce && this.host.hasUnflushed) this.host.flush();
  }
}

export const id = (value: number): NodeId => value as NodeId;
export const at = (value: number): Offset => value as Offset;
export const epochOf = (value: number): Epoch => value as Epoch;

export function voteRequest(from: {
  readonly from: number; readonly epoch: number; readonly preVote?: boolean; readonly lastEpoch?: number; readonly endOffset?: number;
  readonly to?: number; readonly attempt?: number; readonly disk?: number; readonly toDisk?: number;
}): VoteRequest {
  return {
    kind: 'vote',
    ...CLUSTER,
    voter: { id: id(from.to ?? 1), directoryId: directoryOf(from.to ?? 1, from.toDisk) },
    candidate: { id: id(from.from), directoryId: directoryOf(from.from, from.disk) },
    candidateEpoch: from.epoch as Epoch,
    lastEpoch: (from.lastEpoch ?? 0) as Epoch,
    endOffset: (from.endOffset ?? 0) as Offset,
    preVote: from.preVote ?? false,
    trigger: 'fetch-timeout',
    attempt: from.attempt ?? 1,
  };
}

export function beginRequest(from: { readonly from: number; readonly epoch: number; readonly to?: number; readonly toDisk?: number; readonly endpoints?: BeginQuorumEpochRequest['leaderEndpoints'] }): BeginQuorumEpochRequest {
  return {
    kind: 'beginQuorumEpoch',
    ...CLUSTER,
    voter: { id: id(from.to ?? 1), directoryId: directoryOf(from.to ?? 1, from.toDisk) },
    leaderId: id(from.from),
    leaderEpoch: from.epoch as Epoch,
    leaderEndpoints: from.endpoints ?? endpointsOf(from.from),
  };
}

export function endRequest(from: { readonly from: number; readonly epoch: number; readonly successors?: readonly number[] }): EndQuorumEpochRequest {
  return {
    kind: 'endQuorumEpoch',
    ...CLUSTER,
    leaderId: id(from.from),
    leaderEpoch: from.epoch as Epoch,
    preferredCandidates: (from.successors ?? []).map((successor) => ({ id: id(successor), directoryId: directoryOf(successor) })),
    leaderEndpoints: endpointsOf(from.from),
  };
}

export function fetchRequest(from: {
  readonly from?: number; readonly epoch: number; readonly offset: number; readonly lastEpoch?: number; readonly maxWaitMs?: number;
  readonly highWatermark?: number | 'unknown'; readonly checksum?: number; readonly recovering?: boolean; readonly committedOnly?: boolean; readonly disk?: number;
  readonly maxBytes?: number; readonly readRound?: number;
}): FetchRequest {
  return {
    kind: 'fetch',
    ...CLUSTER,
    replica: from.from === undefined ? { id: undefined, directoryId: undefined } : { id: id(from.from), directoryId: directoryOf(from.from, from.disk) },
    currentLeaderEpoch: from.epoch as Epoch,
    fetchOffset: from.offset as Offset,
    lastFetchedEpoch: (from.lastEpoch ?? 0) as Epoch,
    maxWaitMs: from.maxWaitMs ?? 500,
    maxBytes: from.maxBytes ?? 1_000_000,
    highWatermark: from.highWatermark === 'unknown' ? undefined : ((from.highWatermark ?? 0) as Offset),
    chainChecksum: from.checksum,
    readRound: from.readRound ?? 0,
    imageDigest: undefined,
    recovering: from.recovering ?? false,
    committedOnly: from.committedOnly ?? false,
  };
}

export function fetchSnapshotRequest(from: {
  readonly from?: number; readonly epoch: number; readonly snapshot: readonly [endOffset: number, epoch: number]; readonly position?: number; readonly maxBytes?: number;
  readonly disk?: number;
}): FetchSnapshotRequest {
  return {
    kind: 'fetchSnapshot',
    ...CLUSTER,
    replica: from.from === undefined ? { id: undefined, directoryId: undefined } : { id: id(from.from), directoryId: directoryOf(from.from, from.disk) },
    currentLeaderEpoch: from.epoch as Epoch,
    snapshotId: snapshotId(...from.snapshot),
    position: from.position ?? 0,
    maxBytes: from.maxBytes ?? 1000,
  };
}

export function snapshotId(endOffset: number, epoch: number): SnapshotId {
  return { endOffset: endOffset as Offset, epoch: epoch as Epoch };
}

export function addRequest(from: { readonly id: number; readonly disk?: number | 'unknown'; readonly endpoints?: AddRaftVoterRequest['endpoints']; readonly timeoutMs?: number; readonly ackWhenCommitted?: boolean; readonly validateOnly?: boolean }): AddRaftVoterRequest {
  return {
    kind: 'addRaftVoter',
    ...CLUSTER,
    timeoutMs: from.timeoutMs ?? 10_000,
    voter: { id: id(from.id), directoryId: from.disk === 'unknown' ? undefined : directoryOf(from.id, from.disk) },
    endpoints: from.endpoints ?? endpointsOf(from.id),
    ackWhenCommitted: from.ackWhenCommitted ?? true,
    validateOnly: from.validateOnly ?? false,
  };
}

export function removeRequest(from: { readonly id: number; readonly disk?: number; readonly validateOnly?: boolean }): RemoveRaftVoterRequest {
  return { kind: 'removeRaftVoter', ...CLUSTER, voter: { id: id(from.id), directoryId: directoryOf(from.id, from.disk) }, validateOnly: from.validateOnly ?? false };
}

export function updateRequest(from: { readonly id: number; readonly epoch: number; readonly disk?: number; readonly endpoints?: UpdateRaftVoterRequest['endpoints']; readonly kraftVersion?: { readonly min: number; readonly max: number } }): UpdateRaftVoterRequest {
  return {
    kind: 'updateRaftVoter',
    ...CLUSTER,
    currentLeaderEpoch: from.epoch as Epoch,
    voter: { id: id(from.id), directoryId: directoryOf(from.id, from.disk) },
    endpoints: from.endpoints ?? endpointsOf(from.id),
    kraftVersion: from.kraftVersion ?? { min: 0, max: 1 },
  };
}

/** What a controller says of itself when it is asked. */
export function described(node: number, response: Partial<DescribeQuorumResponse> = {}): Partial<DescribeQuorumResponse> {
  return { replica: { id: id(node), directoryId: directoryOf(node) }, kraftVersion: { min: 0, max: 1 }, ...response };
}

const NO_HINT: LeaderHint = { leaderId: undefined, leaderEpoch: 0 as Epoch, leaderEndpoints: [] };

/** A yes, in the epoch of the node that asked unless told otherwise. */
export function granted(response: Partial<VoteResponse> = {}): Partial<VoteResponse> {
  return { granted: true, ...response };
}

export function refused(refusal: VoteResponse['refusal'], response: Partial<VoteResponse> = {}): Partial<VoteResponse> {
  return { granted: false, refusal, ...response };
}

function blank(request: RaftRequest): RaftResponse {
  const { kind } = request;
  switch (kind) {
    case 'vote':
      return { kind, error: 'NONE', ...NO_HINT, granted: false, refusal: undefined, lastEpoch: 0 as Epoch, endOffset: 0 as Offset };
    case 'fetch':
      return {
        kind, error: 'NONE', ...NO_HINT, highWatermark: undefined, logStartOffset: 0 as Offset, diverging: undefined, snapshotId: undefined,
        batches: [], readRound: 0, feedPublishedOffset: undefined, feedKey: undefined,
      };
    case 'fetchSnapshot':
      return { kind, error: 'NONE', ...NO_HINT, snapshotId: request.snapshotId, size: 0, position: request.position, bytes: new Uint8Array(0), chainChecksum: 0 };
    case 'addRaftVoter':
    case 'removeRaftVoter':
    case 'updateRaftVoter':
      return { kind, error: 'NONE', ...NO_HINT, message: '', endOffset: undefined };
    case 'describeQuorum':
      return {
        kind, error: 'NONE', ...NO_HINT, replica: { id: id(0), directoryId: undefined }, kraftVersion: { min: 0, max: 1 }, highWatermark: undefined,
        logEndOffset: 0 as Offset, voters: [], committedVoters: [], replicas: [],
      };
    default:
      return { kind, error: 'NONE', ...NO_HINT };
  }
}

/** A chain of batches, `[epoch, records]` each, from offset 0 or behind the given ones. */
export function batchesOf(shape: readonly (readonly [epoch: number, records: number] | readonly [epoch: number, control: ControlRecord])[], before: readonly EncodedBatch[] = []): EncodedBatch[] {
  const batches: EncodedBatch[] = [];
  for (const [epoch, content] of shape) {
    const last = batches.at(-1) ?? before.at(-1);
    const isControl = typeof content !== 'number';
    const records = isControl ? [encodeControlRecord(content)] : Array.from({ length: content }, (_, index) => numbered(index));
    const previousChecksum = last?.checksum ?? genesisChecksum(CLUSTER.clusterId);
    batches.push(encodeBatch({ baseOffset: last?.endOffset ?? 0, epoch, appendTimeMs: 0, isControl, previousChecksum, records }));
  }
  return batches;
}

/** The snapshot that holds all of these batches, of three voters unless told otherwise. */
export function snapshotOfAll(batches: readonly EncodedBatch[], voters: readonly number[] = [1, 2, 3]): FakeSnapshot {
  const last = batches.at(-1);
  if (last === undefined) throw new Error('a snapshot holds something');
  return { id: snapshotId(last.endOffset, last.epoch), chainChecksum: last.checksum, voters: voters.map((voter) => voterOf(voter)), kraftVersion: 1 };
}

/** A disk whose log begins behind a snapshot of `gone`, and goes on with `kept`. */
export function diskBehindSnapshot(gone: readonly EncodedBatch[], kept: EncodedBatch[] = [], voters?: readonly number[]): Disk {
  const snapshot = snapshotOfAll(gone, voters);
  return { ...emptyDisk(), start: { offset: snapshot.id.endOffset, epoch: snapshot.id.epoch, checksum: snapshot.chainChecksum }, snapshots: [snapshot], batches: kept };
}

export const numberedRecords = (count: number) => Array.from({ length: count }, (_, index) => numbered(index));
