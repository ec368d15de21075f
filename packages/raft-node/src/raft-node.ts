import { RaftCore, RaftInvariantError } from '@quorate/raft-core';
import type {
  AddRaftVoterRequest,
  ClusterIdentity,
  Effect,
  ElectionRecord,
  FetchResponse,
  ImageDigest,
  Input,
  NodeEndpoints,
  RaftCoreConfig,
  RaftRequest,
  RaftStatus,
  RemoveRaftVoterRequest,
  ReplyToken,
  SnapshotId,
  VoterChangeResponse,
  TransferOutcome,
  TransferToken,
} from '@quorate/raft-core';
import type { EncodedBatch, Epoch, NodeId, Offset } from '@quorate/records';
import { CommittedDelivery } from './deliver-committed.js';
import { ElectionLog } from './election-log.js';
import type { CastVote } from './election-log.js';
import { FetchReplies } from './fetch-replies.js';
import type { FeedPosition } from './fetch-replies.js';
import { FetchedWhileFull } from './fetched-while-full.js';
import { Fifo } from './fifo.js';
import { LocalCalls } from './local-calls.js';
import { described, observeInto } from './observe.js';
import type { Observe } from './observe.js';
import { OpenReads } from './open-reads.js';
import type { ElectionStore, LogStore, Timers, Transport, TransportReceiver } from './ports.js';
import { encodeProposal } from './propose.js';
import { CLEANING_INTERVAL_MS, nextCleaningStep } from './retention.js';
import type { SnapshotRetention } from './retention.js';
import { runEffect } from './run-effect.js';
import type { EffectHost } from './run-effect.js';
import { SnapshotMaker } from './make-snapshot.js';
import type { InstallResult, SnapshotInfo, SnapshotSink, SnapshotStore } from './snapshot-ports.js';
import type { LeaderKnown, MetadataLog, MetadataLogListener, Proposal, ProposeResult, SnapshotPoint, SnapshotRefusal, ReadIndexOutcome } from './state-machine.js';
import { verifyChain } from './verify-chain.js';

export interface RaftNodeOptions {
  readonly config: RaftCoreConfig;
  readonly log: LogStore;
  readonly elections: ElectionStore;
  readonly snapshots: SnapshotStore;
  readonly retention: SnapshotRetention;
  readonly transport: Transport;
  readonly timers: Timers;
  readonly listener: MetadataLogListener;
  /** Offset (exclusive) up to which the state machine already holds the log; committed batches are delivered from there. */
  readonly appliedOffset: Offset;
  readonly observe: Observe;
  /** The node has stopped for good, and has answered nothing since the cause: a failed write or fsync, or a bug. */
  readonly onFatal: (error: Error) => void;
  readonly feed?: FeedPosition | undefined;
  /** Digest of this node's image, for its fetches. */
  readonly imageDigest?: (() => ImageDigest | undefined) | undefined;
}

/** Slices of committed batches delivered before the event loop gets a turn. */
const SLICES_PER_TURN = 4;

/**
 * One replica: a core, and the loop that carries out what it decides.
 *
 * One input at a time is stepped and all its effects are carried out in order before the next; an effect that must be
 * durable pauses the loop. Everything arrives by call and leaves by callback; nothing here waits, sleeps or reads a clock
 * that it was not given. When no effect is left the state machine is told what is committed, and may propose from there.
 */
export class RaftNode implements MetadataLog {
  readonly #core: RaftCore;
  readonly #options: RaftNodeOptions;
  readonly #log: LogStore;
  readonly #timers: Timers;
  readonly #observe: Observe;
  readonly #electionLog = new ElectionLog();
  readonly #delivery: CommittedDelivery;
  readonly #fetchReplies: FetchReplies;
  readonly #reads = new OpenReads();
  readonly #effectHost: EffectHost;
  readonly #snapshots: SnapshotStore;
  readonly #snapshotMaker: SnapshotMaker;

  readonly #inputs = new Fifo<Input>();
  /** Goes before all that wait: what the core was stopped for. */
  #firstInput: Input | undefined;
  #effects: readonly Effect[] = [];
  #nextEffect = 0;
  #flushedOffset: Offset | undefined;
  #running = false;
  #paused = false;
  #halted = false;
  #tickQueued = false;
  #cleanAtMs: number;
  #armedMs: number | undefined;

  #leader: LeaderKnown;
  #leading: Epoch | undefined;
  #handingOver = false;
  /** The hand-over was abandoned, and the state machine is not told yet. */
  #resumed = false;
  readonly #transfers = new Map<TransferToken, (outcome: TransferOutcome) => void>();
  #lastTransfer: TransferToken = 0;
  #voterIds = new Set<NodeId>();
  readonly #localCalls = new LocalCalls();
  readonly #fetchedWhileFull = new FetchedWhileFull();
  #isDiskFull = false;
  readonly #feedKeyTokens = new Set<ReplyToken>();
  #stopped: (() => void)[] = [];

  constructor(options: RaftNodeOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#timers = options.timers;
    this.#snapshots = options.snapshots;
    this.#cleanAtMs = this.#nextCleaningMs();
    this.#core = new RaftCore(options.config);
    this.#leader = { epoch: options.config.electionState?.epoch ?? (0 as Epoch), leaderId: undefined };
    this.#observe = observeInto(this.#electionLog, options.observe);
    this.#delivery = new CommittedDelivery({
      log: options.log,
      snapshots: options.snapshots,
      listener: options.listener,
      from: options.appliedOffset,
      highWatermark: options.config.log.latestSnapshot?.endOffset,
      onRead: () => this.#run(),
    });
    this.#fetchReplies = new FetchReplies({
      log: options.log,
      transport: options.transport,
      feed: options.feed,
      mayHaveFeedKey: (token) => this.#feedKeyTokens.delete(token),
    });
    this.#snapshotMaker = new SnapshotMaker({
      store: options.snapshots,
      log: options.log,
      decide: (id) => this.#core.decideSnapshot(id),
      created: (snapshotId) => {
        // What a new snapshot makes dispensable need not wait for the minute to end.
        this.#cleanAtMs = this.#timers.nowMs();
        this.#enqueue({ kind: 'snapshotCreated', snapshotId });
      },
    });
    this.#effectHost = this.#makeEffectHost();
  }

  // ---- what the state machine and the process call -------------------------------------------------------------------

  /** Opens the transport and starts the core. */
  start(): void {
    // What log and transport bring while they open waits for the core's first role.
    this.#running = true;
    this.#log.setListener({
      flushed: (endOffset, generation) => this.#enqueue({ kind: 'flushed', endOffset, generation }),
      failed: (error) => this.#fail(error),
      full: (isFull) => this.#onDiskFull(isFull),
    });
    this.#options.transport.open(this.#receiver());
    this.#running = false;
    this.#effects = this.#core.start(this.#timers.nowMs());
    this.#run();
  }

  /**
   * Graceful: hands over leadership if it has it, then closes transport and log. The core bounds how long that takes.
   * A node that is stopped already answers at once.
   */
  stop(done: () => void): void {
    if (this.#halted) return done();
    this.#stopped.push(done);
    if (this.#stopped.length === 1) this.#enqueue({ kind: 'shutdown' });
  }

  /** At once, as a crash would: nothing more is written, sent, answered or told. The log is not closed. */
  halt(): void {
    if (this.#halted) return;
    this.#halted = true;
    this.#inputs.clear();
    this.#timers.arm(undefined, () => {});
    this.#options.transport.close();
  }

  get endOffset(): Offset {
    return this.#log.endOffset;
  }

  get highWatermark(): Offset {
    return this.#delivery.highWatermark;
  }

  get leader(): LeaderKnown {
    return this.#leader;
  }

  propose(proposal: Proposal): ProposeResult {
    if (this.#halted) return { kind: 'refused', reason: 'stopped' };
    // A leader that may propose is never paused: it persists nothing and truncates nothing while it leads.
    if (this.#paused || this.#nextEffect < this.#effects.length) return { kind: 'refused', reason: 'not-leader' };
    const batch = encodeProposal(proposal, this.#log, this.#leading);
    if (typeof batch === 'string') return { kind: 'refused', reason: batch };
    try {
      return this.#withoutReentry(() => this.#stepProposal(batch));
    } catch (error) {
      this.#fail(asError(error));
      return { kind: 'refused', reason: 'stopped' };
    }
  }

  readIndex(done: (outcome: ReadIndexOutcome) => void): void {
    if (this.#halted) return done({ kind: 'refused', reason: 'stopped' });
    const token = this.#reads.add(done);
    if (token !== undefined) this.#withoutReentry(() => this.#enqueue({ kind: 'read', token }));
  }

  get isHandingOver(): boolean {
    return this.#handingOver;
  }

  /**
   * Hands leadership to that voter, or to the one that is furthest. `done` is called at most once (never when the node has been
   * stopped), when the epoch is over or will not be.
   */
  transferLeadership(to: { readonly successorId: NodeId | undefined; readonly validateOnly: boolean }, done: (outcome: TransferOutcome) => void): void {
    if (this.#halted) return done({ kind: 'refused', reason: 'not-leader' });
    const token = (this.#lastTransfer += 1);
    this.#transfers.set(token, done);
    this.#withoutReentry(() => this.#enqueue({ kind: 'transfer', token, ...to }));
  }

  resign(epoch: Epoch, reason: string): void {
    this.#withoutReentry(() => this.#enqueue({ kind: 'resign', epoch, reason }));
  }

  createSnapshot(at: SnapshotPoint): SnapshotSink | SnapshotRefusal {
    return this.#halted ? 'stopped' : this.#snapshotMaker.create(at);
  }

  snapshots(): readonly SnapshotInfo[] {
    return this.#snapshots.list();
  }

  // ---- voter changes

  /**
   * Makes a replica a voter, if this node leads (KIP-853). `done` is called once: after the new set is committed, appended
   * (`ackWhenCommitted` false) or refused, and never from within this call while the loop runs.
   */
  addVoter(change: Omit<AddRaftVoterRequest, 'kind' | keyof ClusterIdentity>, done: (answer: VoterChangeResponse) => void): void {
    this.#changeVoters({ kind: 'addRaftVoter', ...this.#options.config.cluster, ...change }, done);
  }

  /** Takes a voter out of the voter set, if this node leads; itself included. `done` as in `addVoter`. */
  removeVoter(change: Omit<RemoveRaftVoterRequest, 'kind' | keyof ClusterIdentity>, done: (answer: VoterChangeResponse) => void): void {
    this.#changeVoters({ kind: 'removeRaftVoter', ...this.#options.config.cluster, ...change }, done);
  }

  #changeVoters(request: AddRaftVoterRequest | RemoveRaftVoterRequest, done: (answer: VoterChangeResponse) => void): void {
    if (this.#halted) {
      const nobody = { leaderId: undefined, leaderEpoch: this.#leader.epoch, leaderEndpoints: [] };
      return done({ kind: request.kind, error: 'BROKER_NOT_AVAILABLE', message: 'this node has stopped', ...nobody, endOffset: undefined });
    }
    const token = this.#localCalls.add((response) => done(response as VoterChangeResponse));
    this.#enqueue({ kind: 'request', token, request });
  }

  // ---- what operators and tests ask ----------------------------------------------------------------------------------

  status(): RaftStatus {
    return this.#core.status();
  }

  describe(): string {
    return this.#core.describe();
  }

  /** The last elections this node stood in, oldest first. */
  elections(): readonly ElectionRecord[] {
    return this.#electionLog.elections();
  }

  /** The last votes this node cast, oldest first. */
  votes(): readonly CastVote[] {
    return this.#electionLog.votes();
  }

  get halted(): boolean {
    return this.#halted;
  }

  /** Inputs that wait for the loop; bounded in a healthy node. */
  get queuedInputs(): number {
    return this.#inputs.length;
  }

  /** Fetches without an answer yet that may get the feed's key; bounded by what the transport lets wait. */
  get waitingFeedReaders(): number {
    return this.#feedKeyTokens.size;
  }

  // ---- the loop ------------------------------------------------------------------------------------------------------

  #enqueue(input: Input): void {
    if (this.#halted) return;
    this.#inputs.push(input);
    this.#run();
  }

  #run(): void {
    if (this.#running || this.#halted) return;
    this.#running = true;
    try {
      this.#turn();
    } catch (error) {
      this.#fail(asError(error));
    }
    this.#running = false;
    this.#arm();
  }

  #turn(): void {
    for (let slices = 0; !this.#halted; ) {
      this.#carryOutEffects();
      if (this.#paused || this.#halted) return;
      this.#localCalls.tell();
      const input = this.#takeInput();
      if (input !== undefined) this.#step(input);
      else if (this.#reads.hasAnswers) this.#reads.tellAnswers();
      else if (this.#resumed) this.#tellResumed();
      else if (this.#flushedOffset !== undefined) this.#tellFlushed(this.#flushedOffset);
      else if (this.#cleanAtMs <= this.#timers.nowMs() && !this.#delivery.isLoading) this.#cleanOne();
      else if (this.#delivery.hasWork && slices++ < SLICES_PER_TURN) this.#delivery.pump();
      else return;
    }
  }

  #takeInput(): Input | undefined {
    const first = this.#firstInput;
    this.#firstInput = undefined;
    return first ?? this.#fetchedWhileFull.take(this.#timers.nowMs()) ?? this.#inputs.shift();
  }

  #step(input: Input): void {
    if (input.kind === 'tick') this.#tickQueued = false;
    if (input.kind === 'read') this.#reads.asking();
    if (input.kind === 'flushed' && input.generation === this.#log.generation) this.#flushedOffset = input.endOffset;
    this.#effects = this.#core.step(this.#complete(input), this.#timers.nowMs());
    this.#nextEffect = 0;
  }

  #carryOutEffects(): void {
    while (this.#nextEffect < this.#effects.length && !this.#paused && !this.#halted) {
      runEffect(this.#effects[this.#nextEffect++]!, this.#effectHost);
    }
    this.#fetchReplies.endStep();
  }

  /** Drops the oldest snapshot if it is time: the core first, which then promises it to nobody, then the files. */
  #cleanOne(): void {
    const kept = { snapshots: this.#snapshots.list(), logStartOffset: this.#log.startOffset, logBytes: this.#log.sizeBytes };
    const step = nextCleaningStep(kept, this.#options.retention, this.#timers.wallMs());
    // What others have made committed may not be on our own disk yet.
    const mayGo = (startOffset: Offset): boolean => startOffset <= this.#delivery.deliveredOffset && startOffset <= this.#core.status().flushedOffset;
    if (step === undefined || !mayGo(step.startOffset)) {
      this.#cleanAtMs = this.#nextCleaningMs();
      return;
    }
    const { startOffset, reason } = step;
    this.#step({ kind: 'logStartAdvanced', startOffset });
    this.#carryOutEffects();
    this.#snapshots.deleteBefore(startOffset);
    this.#observe(described('raft-node.cleaned', 'info', { offset: startOffset, reason }), this.#timers.nowMs());
  }

  #nextCleaningMs(): number {
    return this.#timers.nowMs() + (this.#options.retention.intervalMs ?? CLEANING_INTERVAL_MS);
  }

  #stepProposal(batch: EncodedBatch): ProposeResult {
    this.#effects = this.#core.step({ kind: 'propose', batch }, this.#timers.nowMs());
    this.#nextEffect = 0;
    const refused = this.#effects.find((effect) => effect.kind === 'proposalRefused');
    this.#carryOutEffects();
    if (this.#halted) return { kind: 'refused', reason: 'stopped' };
    return refused === undefined ? { kind: 'appended', batch } : { kind: 'refused', reason: refused.reason };
  }

  /** What the state machine calls must not call the state machine: the rest is left to the next turn. */
  #withoutReentry<T>(action: () => T): T {
    const wasRunning = this.#running;
    this.#running = true;
    try {
      return action();
    } finally {
      this.#running = wasRunning;
      if (!wasRunning) this.#arm();
    }
  }

  #setHandingOver(isHandingOver: boolean): void {
    this.#resumed = this.#handingOver && !isHandingOver && this.#leading !== undefined;
    this.#handingOver = isHandingOver;
  }

  #tellResumed(): void {
    this.#resumed = false;
    if (this.#leading !== undefined) this.#options.listener.handOverAbandoned(this.#leading);
  }

  #tellFlushed(endOffset: Offset): void {
    this.#flushedOffset = undefined;
    this.#options.listener.flushed(endOffset);
  }

  #pause(): () => void {
    this.#paused = true;
    return () => {
      this.#paused = false;
      this.#run();
    };
  }

  /** Not while paused: a deadline that has passed cannot be dealt with before the disk is done, only be fired again and again. */
  #arm(): void {
    if (this.#halted || this.#paused) return;
    const hasMore = this.#inputs.length > 0 || this.#reads.hasAnswers || this.#resumed || this.#delivery.hasWork;
    const atMs = hasMore ? this.#timers.nowMs() : Math.min(this.#core.nextDeadlineMs() ?? Infinity, this.#cleanAtMs, this.#fetchedWhileFull.dueMs);
    if (atMs === this.#armedMs) return;
    this.#armedMs = atMs;
    this.#timers.arm(atMs, () => this.#onDeadline());
  }

  #onDeadline(): void {
    this.#armedMs = undefined;
    if (this.#tickQueued) return this.#run();
    this.#tickQueued = true;
    this.#enqueue({ kind: 'tick' });
  }

  #fail(error: Error): void {
    if (this.#halted) return;
    this.halt();
    this.#observe(described('raft-node.failed', 'error', { node: this.#options.config.self.id, message: error.message }), this.#timers.nowMs());
    this.#options.onFatal(error);
  }

  // ---- between the world and the core ----------------------------------------------------------------------------------

  #receiver(): TransportReceiver {
    return {
      request: (token, request) => this.#onRequest(token, request),
      requestCancelled: (token) => {
        this.#feedKeyTokens.delete(token);
        this.#enqueue({ kind: 'requestCancelled', token });
      },
      response: (requestId, from, response) => this.#onResponse({ kind: 'response', requestId, from, response }),
      requestFailed: (requestId, from, failure) => this.#enqueue({ kind: 'requestFailed', requestId, from, failure }),
      connectionLost: (peer) => this.#enqueue({ kind: 'connectionLost', peer }),
      connectionUp: (peer) => this.#enqueue({ kind: 'connectionUp', peer }),
    };
  }

  #onResponse(input: Extract<Input, { kind: 'response' }>): void {
    const { response } = input;
    const isData = response.kind === 'fetch' ? response.batches.length > 0 : response.kind === 'fetchSnapshot' && response.bytes.length > 0;
    if (!this.#isDiskFull || !isData) return this.#enqueue(input);
    this.#fetchedWhileFull.hold(input, this.#timers.nowMs());
    if (!this.#running) this.#arm();
  }

  #onDiskFull(isFull: boolean): void {
    this.#isDiskFull = isFull;
    this.#enqueue({ kind: 'diskFull', isFull });
  }

  #onRequest(token: ReplyToken, request: RaftRequest): void {
    if (this.#options.feed !== undefined && request.kind === 'fetch' && this.#isFeedReader(request)) this.#feedKeyTokens.add(token);
    this.#enqueue({ kind: 'request', token, request });
  }

  #isFeedReader(request: Extract<RaftRequest, { kind: 'fetch' }>): boolean {
    return request.committedOnly || (request.replica.id !== undefined && this.#voterIds.has(request.replica.id));
  }

  /** Adds what only the host knows, as of the moment the input is stepped. */
  #complete(input: Input): Input {
    if (input.kind === 'request' && input.request.kind === 'fetch') {
      return { ...input, localChecksum: this.#log.checksumAt(input.request.fetchOffset) };
    }
    if (input.kind === 'response' && input.response.kind === 'fetch' && input.response.batches.length > 0) {
      return { ...input, response: this.#verified(input.response, input.from) };
    }
    return input;
  }

  /**
   * Fetched batches that do not continue our chain are dropped; the next fetch asks for them again. When not even the first
   * one does, our own end is in doubt: what the leader has committed must not be taken for what we hold.
   */
  #verified(response: FetchResponse, from: NodeId): FetchResponse {
    const end = { endOffset: this.#log.endOffset, checksum: this.#log.endChecksum };
    const { good, problem } = verifyChain(end, response.batches);
    if (problem === undefined) return response;
    this.#observe(described('raft-node.batches-dropped', 'warn', { peer: from, problem }), this.#timers.nowMs());
    return { ...response, batches: good, highWatermark: good.length === 0 ? undefined : response.highWatermark };
  }

  #makeEffectHost(): EffectHost {
    return {
      log: this.#log,
      snapshots: this.#snapshots,
      elections: this.#options.elections,
      transport: this.#options.transport,
      timers: this.#timers,
      fetchReplies: this.#fetchReplies,
      delivery: this.#delivery,
      reads: this.#reads,
      observe: this.#observe,
      imageDigest: this.#options.imageDigest ?? (() => undefined),
      pause: () => this.#pause(),
      installed: (id, generation, result) => this.#installed(id, generation, result),
      verified: (input) => this.#enqueue(input),
      stop: (problem) => this.#fail(new RaftInvariantError(problem)),
      leaderChanged: (leader) => {
        this.#leader = leader;
      },
      handingOver: (isHandingOver) => this.#setHandingOver(isHandingOver),
      transferAnswered: (token, outcome) => {
        this.#transfers.get(token)?.(outcome);
        this.#transfers.delete(token);
      },
      leading: (epoch) => {
        this.#leading = epoch;
      },
      votersChanged: (peers) => this.#votersChanged(peers),
      answeredHere: (token, response) => this.#localCalls.answered(token, response),
      shutdownComplete: () => this.#shutdownComplete(),
    };
  }

  #votersChanged(peers: readonly NodeEndpoints[]): void {
    this.#voterIds = new Set(peers.map((peer) => peer.id));
    this.#options.transport.setPeers(peers);
  }

  #installed(snapshotId: SnapshotId, generation: number, result: InstallResult): void {
    if (result.kind === 'damaged') {
      this.#firstInput = { kind: 'snapshotRejected', snapshotId, problem: result.problem };
      return;
    }
    const { voters, kraftVersion } = result.head;
    this.#firstInput = { kind: 'snapshotInstalled', snapshotId, generation, voters, kraftVersion };
  }

  #shutdownComplete(): void {
    this.halt();
    this.#log.close(() => {
      for (const done of this.#stopped.splice(0)) done();
    });
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
