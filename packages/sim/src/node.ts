import { ControllerNode, DEFAULT_CONTROLLER_NODE_CONFIG } from '@quorate/controller-node';
import type { ControllerEvent } from '@quorate/controller-node';
import { DEFAULT_CONTROLLER_CONFIG } from '@quorate/controller-core';
import { MetadataImage } from '@quorate/metadata-image';
import { formatDirectory, LogDamageError, openLog } from '@quorate/metadata-log';
import type { OpenedLog } from '@quorate/metadata-log';
import { DEFAULT_FETCH_MAX_BYTES, DEFAULT_TIMERS, describeCoreEvent, ROLE_LABEL } from '@quorate/raft-core';
import type { CoreEvent, ReplicaKey, RoleKind, SnapshotId, Voter } from '@quorate/raft-core';
import { RaftNode } from '@quorate/raft-node';
import type { LogStore, MetadataLogListener, SnapshotReader, SnapshotStore } from '@quorate/raft-node';
import type { EncodedBatch, Epoch, NodeId, Offset, Uuid } from '@quorate/records';
import { uuidFromBytes, ZERO_UUID } from '@quorate/records';
import type { SeenSnapshot } from './checks/snapshot-at-log-start.js';
import { RESERVE_BYTES, type SimDisk } from './disk.js';
import type { FaultPlan } from './fault-plan.js';
import type { AtlasReplica } from './faults/fault-atlas.js';
import type { Invariants } from './invariants.js';
import { LogShadow } from './log-shadow.js';
import { ObservedLog } from './observed-log.js';
import { ObservedSnapshots } from './observed-snapshots.js';
import { SimProcess } from './process.js';
import type { ClockSettings } from './process.js';
import type { Random } from './random.js';
import { portOf } from './rpc-bus.js';
import type { RpcBus, SimTransport } from './rpc-bus.js';
import type { Trace } from './trace.js';
import type { World } from './world.js';

export const CLUSTER_ID = 'simulated-cluster';
/** `broker.session.timeout.ms` of the simulated cluster. */
export const SESSION_TIMEOUT_MS = 3000;

/** What all nodes of a world share. */
export interface NodeContext {
  readonly world: World;
  readonly random: Random;
  readonly bus: RpcBus;
  readonly invariants: Invariants;
  readonly trace: Trace;
  readonly plan: FaultPlan;
  readonly voters: readonly Voter[];
  /** Puts a committed batch on the feed. */
  readonly publish: (batch: EncodedBatch) => void;
}

/** What an operator may set anew at a restart. */
export type NodeSettings = Pick<FaultPlan, 'maxBatchRecords' | 'maxBatchBytes' | 'segmentBytes'>;

/** A node's present life. */
interface Life {
  readonly process: SimProcess;
  readonly transport: SimTransport;
  snapshots: SnapshotStore | undefined;
  raft: RaftNode | undefined;
  controller: ControllerNode | undefined;
  log: LogStore | undefined;
}

/** One controller of the simulated cluster, through all its lives: the real node on a simulated clock, network and disk. */
export class SimNode {
  readonly id: NodeId;
  readonly disk: SimDisk;
  readonly #context: NodeContext;
  #directoryId: Uuid;
  readonly #clock: ClockSettings;
  readonly #random: Random;
  #wallShiftMs = 0;
  #life: Life | undefined;
  #role: RoleKind = 'unattached';
  #epoch = 0;
  #seenHighWatermark = 0;
  #epochStartOffset: number | undefined;
  /** Told of every batch that this node's controller proposes. */
  onProposed: () => void = () => {};
  /** Its disk is damaged and it refuses to start: what is left of it is for an operator. */
  isLost = false;
  /** Its disk was replaced: it is a replica of another directory id, and no voter. */
  isWiped = false;
  #settings: NodeSettings;
  /** The process ended by itself; whoever runs the node decides when it comes back. */
  stoppedBecause: string | undefined;

  constructor(context: NodeContext, options: { id: NodeId; directoryId: Uuid; disk: SimDisk; clock: ClockSettings; random: Random }) {
    this.#context = context;
    this.id = options.id;
    this.#directoryId = options.directoryId;
    this.disk = options.disk;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#settings = context.plan;
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  get process(): SimProcess | undefined {
    return this.#life?.process;
  }

  get raft(): RaftNode | undefined {
    return this.#life?.raft;
  }

  get controller(): ControllerNode | undefined {
    return this.#life?.controller;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get isLeader(): boolean {
    return this.#role === 'leader' && this.isUp;
  }

  /** As it sees itself. */
  get isVoter(): boolean {
    return this.#life?.raft?.status().isVoter ?? false;
  }

  /** The replica that it is with its present disk. */
  get key(): ReplicaKey {
    return { id: this.id, directoryId: this.#directoryId };
  }

  /** Before the world begins: as one of the first voters. */
  format(): void {
    this.#context.invariants.voterIs(this.id, this.#directoryId);
    this.#format(this.#context.voters);
  }

  #format(initialVoters: readonly Voter[] | undefined): void {
    formatDirectory(
      this.disk.files,
      { clusterId: CLUSTER_ID, nodeId: this.id, directoryId: this.#directoryId, isController: true, initialVoters, bootstrapRecords: [] },
      (result) => {
        if (result.kind !== 'formatted') throw new Error(`node ${this.id} cannot be formatted: ${JSON.stringify(result)}`);
        this.disk.isFormatting = false;
      },
    );
  }

  /** Starts the process: recovers the log, then joins. */
  start(): void {
    if (this.isUp || this.isLost) return;
    this.stoppedBecause = undefined;
    const process = new SimProcess(this.#context.world, this.#random, this.#clock, this.#wallShiftMs);
    const life: Life = { process, transport: this.#context.bus.transport(this.id, process), snapshots: undefined, raft: undefined, controller: undefined, log: undefined };
    this.#life = life;
    this.#role = 'unattached';
    this.trace('starts');
    const options = { nodeId: this.id, clusterId: CLUSTER_ID, timers: process.timers(), segmentBytes: this.#settings.segmentBytes, cacheBytes: 64 * 1024, reserveBytes: RESERVE_BYTES };
    openLog(this.disk.files, options, (result) => {
      if (this.#life !== life) return;
      if (result.kind === 'opened') this.#open(life, result);
      else if (result.reason === 'disk-failed') this.#exit(`disk error at start: ${result.message}`);
      else if (this.disk.isForeign) this.#exit(`refuses the disk: ${result.reason}`);
      else if (this.disk.isDamaged) this.#lost(result.message);
      else throw new Error(`node ${this.id} cannot start: ${result.reason}: ${result.message}`);
    });
  }

  /** A node that finds damage starts all the same, neither votes nor counts, and fetches what it has lost. */
  #open(life: Life, opened: OpenedLog): void {
    const { damage } = opened.recovered.report;
    if (damage !== undefined) {
      if (!this.disk.isDamaged) throw new Error(`node ${this.id} cannot start: damaged: ${damage.problem}`);
      this.#context.trace.tally('nodes that repair damage');
      this.trace(`finds damage: ${damage.problem}`);
      this.#context.invariants.damageFound(this.id);
    }
    this.#run(life, opened);
  }

  /** The power fails. */
  crash(): void {
    this.#context.trace.tally('crashes');
    this.trace('CRASH');
    this.#end();
    this.disk.crash();
  }

  /** The power fails, and somebody copies what is on the disk. */
  crashAndKeepImage(): void {
    this.#context.trace.tally('crashes');
    this.trace('CRASH, and its disk is copied');
    this.#end();
    this.disk.crashAndKeepImage();
  }

  /** The power fails, and the copy is put in place of the disk. */
  restoreImage(): void {
    this.trace('CRASH, and an old image of its disk is put back');
    this.#end();
    this.disk.restoreImage();
    this.#context.invariants.diskReplaced(this.id);
  }

  /** The disk is replaced by an empty one, formatted anew: another replica, that joins by itself. */
  wipe(): void {
    this.trace('WIPED');
    this.#end();
    this.disk.replace();
    this.isWiped = true;
    this.#directoryId = uuidFromBytes(this.#random.bytes(16));
    this.#context.invariants.diskReplaced(this.id);
    this.#format(undefined);
  }

  /** Both machines are off; this one comes back with a copy of the other one's disk. */
  mountCopyOf(other: SimNode): void {
    for (const node of [this, other]) {
      node.trace('CRASH');
      node.#end();
    }
    this.disk.mountCopyOf(other.disk);
    this.#context.trace.tally('crashes');
  }

  mountOwn(): void {
    this.#end();
    this.disk.mountOwn();
  }

  /** From the next start on: other sizes of batches and segments. */
  changeSettings(): void {
    const random = this.#random;
    this.#settings = { maxBatchRecords: random.pick([4, 20, 10_000]), maxBatchBytes: random.pick([2_000, 768 * 1024]), segmentBytes: random.pick([4_000, 64_000, 8 * 1024 * 1024]) };
  }

  /** What the fault atlas wants to know. */
  atlasView(): AtlasReplica {
    const shadow = this.#context.invariants.logs.get(this.id);
    return {
      id: this.id,
      isUp: this.isUp,
      epoch: this.#epoch,
      isSettled: this.#role === 'leader' || this.#role === 'follower',
      endOffset: shadow?.endOffset ?? 0,
      flushedEnd: shadow?.flushedEnd ?? 0,
      checksumAt: (endOffset) => shadow?.batchBefore(endOffset)?.checksum,
    };
  }

  /** A voter that runs and has everything that is committed on its disk. */
  hasEverything(): boolean {
    const flushedEnd = this.#context.invariants.logs.get(this.id)?.flushedEnd ?? 0;
    const raft = this.#life?.raft;
    return raft !== undefined && raft.status().isVoter && !this.disk.isForeign && flushedEnd >= this.#context.invariants.committedEnd;
  }

  /** The process is killed, the machine is not. */
  kill(): void {
    this.trace('KILL');
    this.#end();
    this.disk.killProcess();
  }

  /** Graceful stop: hands over, then exits. */
  stop(done: () => void = () => {}): void {
    const life = this.#life;
    if (life?.raft === undefined) return;
    this.trace('STOP');
    life.raft.stop(() => {
      if (this.#life !== life) return;
      life.controller?.stop();
      this.#end();
      this.disk.killProcess();
      this.trace('stopped');
      done();
    });
  }

  /** An operator wants that node to lead, or whichever is furthest. */
  transferLeadership(successorId: NodeId | undefined): void {
    const life = this.#life;
    life?.process.deliver(() => {
      this.trace(`is told to hand over to ${successorId === undefined ? 'the best' : `n${successorId}`}`);
      life.raft?.transferLeadership({ successorId, validateOnly: false }, (outcome) => this.#context.trace.tally(`transfer ${outcome.kind}`));
    });
  }

  jumpWallClock(byMs: number): void {
    this.#wallShiftMs += byMs;
    this.#life?.process.jumpWallClock(byMs);
  }

  trace(event: string): void {
    const { trace, world } = this.#context;
    const raft = this.#life?.raft;
    trace.add(
      world.nowMs,
      {
        name: `n${this.id}`,
        role: this.isUp ? ROLE_LABEL[this.#role] : 'down',
        epoch: this.#epoch,
        endOffset: this.#context.invariants.logs.get(this.id)?.endOffset ?? 0,
        highWatermark: raft?.highWatermark,
      },
      event,
    );
  }

  /** Checks what may have changed since the last event. */
  observe(): void {
    const life = this.#life;
    const raft = life?.raft;
    if (raft === undefined || raft.halted) return;
    const { invariants } = this.#context;
    const highWatermark = raft.highWatermark;
    if (highWatermark === this.#seenHighWatermark) return;
    this.#seenHighWatermark = highWatermark;
    invariants.state(this.id, { epoch: this.#epoch, highWatermark });
    if (!this.isLeader || this.#epochStartOffset === undefined) return;
    const { voters, committedVoters } = raft.status();
    invariants.leaderAdvanced(this.id, highWatermark, { epochStartOffset: this.#epochStartOffset, voters, committedVoters });
  }

  observeQueues(): void {
    const { raft, controller, transport } = this.#life ?? {};
    if (raft === undefined || controller === undefined) return;
    this.#context.invariants.queues(this.id, {
      inputs: raft.queuedInputs,
      parkedRequests: transport!.parkedRequests,
      queuedCommands: controller.active?.queuedCommands ?? 0,
      pendingReplies: controller.active?.pendingReplies ?? 0,
      uncommittedBatches: controller.active?.uncommittedBatches ?? 0,
      waitingReads: controller.waitingReads,
    });
  }

  imageDigest(): { readonly offset: Offset; readonly digest: string } | undefined {
    const image = this.#life?.controller?.image;
    return image === undefined ? undefined : { offset: image.appliedOffset, digest: digestOf(image) };
  }

  /** Ids of the snapshots that the node can serve, oldest first. */
  snapshotIds(): readonly SnapshotId[] {
    return this.#life?.snapshots?.list().map(({ id }) => id) ?? [];
  }

  openSnapshot(id: SnapshotId): SnapshotReader | undefined {
    return this.#life?.snapshots?.open(id);
  }

  /** Walks over what the node's log holds of [from, upTo). */
  readCommitted(from: number, upTo: number, visit: (batch: EncodedBatch) => void): void {
    const log = this.#life?.log;
    for (let at = from; log !== undefined && at < upTo; ) {
      const before = at;
      log.read(at as Offset, upTo as Offset, 1024 * 1024, ({ batches }) => {
        for (const batch of batches) {
          visit(batch);
          at = batch.endOffset;
        }
      });
      if (at === before) throw new Error(`nothing readable at ${at}`);
    }
  }

  get logStartOffset(): number {
    return this.#life?.log?.startOffset ?? 0;
  }

  // ---- a life ------------------------------------------------------------------------------------------------------------------

  #run(life: Life, { store, elections, snapshots, recovered }: OpenedLog): void {
    const { invariants, voters } = this.#context;
    const settings = this.#settings;
    const snapshotPlan = this.#context.plan.snapshots;
    const shadow = new LogShadow({ endOffset: store.startOffset, checksum: store.startOffset === 0 ? undefined : store.checksumAt(store.startOffset) });
    this.#seenHighWatermark = 0;
    this.#epoch = recovered.electionState?.epoch ?? 0;
    this.disk.lookedAt(() => readWhole(store, shadow));
    shadow.flushed(store.endOffset); // recovery made it durable
    invariants.started(this.id, { directoryId: this.#directoryId, election: recovered.electionState, shadow });
    life.snapshots = new ObservedSnapshots(snapshots, shadow, { changed: (what) => this.#snapshotsChanged(life, what) });
    invariants.snapshots(this.id, seen(snapshots));
    const controller: ControllerNode = new ControllerNode({
      image: new MetadataImage(),
      controller: { ...DEFAULT_CONTROLLER_CONFIG, clusterId: CLUSTER_ID, sessionTimeoutMs: SESSION_TIMEOUT_MS, maxRecordsPerBatch: settings.maxBatchRecords },
      config: { ...DEFAULT_CONTROLLER_NODE_CONFIG, batchLimits: { maxRecords: settings.maxBatchRecords, maxBytes: settings.maxBatchBytes } },
      bootstrapRecords: [],
      timers: life.process.timers(),
      random: () => this.#random.unit(),
      observe: (event) => this.#controllerEvent(event),
      snapshots: snapshotPlan.maxRecords === undefined ? undefined : { limits: { maxRecordBytes: Number.POSITIVE_INFINITY, maxIntervalMs: undefined, maxRecords: snapshotPlan.maxRecords }, timers: life.process.timers() },
      feed: (committed) => {
        // Only the active controller publishes; what a new one has delivered before it claimed, the old one has published.
        if (controller.activeEpoch !== undefined) for (const { batch } of committed) this.#context.publish(batch);
      },
    });
    const self = voters.find(({ id }) => id === this.id)!;
    const raft = new RaftNode({
      config: {
        cluster: { clusterId: CLUSTER_ID, recoveryId: ZERO_UUID },
        self: { id: this.id, directoryId: this.#directoryId, endpoints: self.endpoints },
        bootstrapServers: voters.flatMap(({ endpoints }) => endpoints),
        timers: DEFAULT_TIMERS,
        fetchMaxBytes: DEFAULT_FETCH_MAX_BYTES,
        fetchSnapshotMaxBytes: snapshotPlan.fetchMaxBytes,
        autoJoin: true,
        random: () => this.#random.unit(),
        electionState: recovered.electionState,
        log: recovered.log,
        voterSets: recovered.voterSets,
        kraftVersion: recovered.kraftVersion,
      },
      log: new ObservedLog(store, shadow, (endOffset) => {
        this.#context.trace.tally('truncations');
        this.trace(`truncates to ${endOffset}`);
        invariants.truncated(this.id, endOffset, life.raft?.highWatermark ?? 0);
      }),
      elections: {
        persist: (state, done) =>
          elections.persist(state, () => {
            if (this.#life !== life) return;
            invariants.persisted(this.id, state);
            done();
          }),
      },
      snapshots: life.snapshots,
      retention: { maxBytes: snapshotPlan.retentionBytes, maxMs: undefined, intervalMs: snapshotPlan.cleaningIntervalMs },
      transport: life.transport,
      timers: life.process.timers(),
      listener: this.#observed(controller),
      appliedOffset: 0 as Offset,
      observe: (event) => this.#coreEvent(event),
      onFatal: (error) => this.#fatal(life, error),
    });
    life.raft = raft;
    // What a snapshot holds is known to be committed from the start.
    this.#seenHighWatermark = raft.highWatermark;
    invariants.state(this.id, { epoch: this.#epoch, highWatermark: raft.highWatermark });
    life.log = store;
    life.controller = controller;
    controller.start(raft);
    raft.start();
  }

  #snapshotsChanged(life: Life, what: string): void {
    if (this.#life !== life) return;
    this.trace(what);
    this.#context.trace.tally(`snapshots: ${what.replace(/ of.*| before.*/, '')}`);
    this.#context.invariants.snapshots(this.id, seen(life.snapshots!));
  }

  #observed(controller: ControllerNode): MetadataLogListener {
    const { invariants } = this.#context;
    return {
      snapshotBegins: (head) => {
        invariants.snapshotLoads(this.id, head.id.endOffset);
        controller.snapshotBegins(head);
      },
      snapshotBatches: (batches) => controller.snapshotBatches(batches),
      snapshotEnds: () => {
        this.#context.trace.tally('snapshots loaded');
        controller.snapshotEnds();
        invariants.imageAt(this.id, controller.image.appliedOffset, digestOf(controller.image));
      },
      committed: (batches: readonly EncodedBatch[], highWatermark: Offset) => {
        invariants.delivered(this.id, batches, highWatermark, this.#epoch);
        controller.committed(batches, highWatermark);
        invariants.imageAt(this.id, controller.image.appliedOffset, digestOf(controller.image));
      },
      claim: (epoch: Epoch, epochStartOffset: Offset) => {
        this.#context.trace.tally('claims');
        this.trace(`claims epoch ${epoch}`);
        invariants.claimed(this.id, epoch, epochStartOffset);
        controller.claim(epoch, epochStartOffset);
      },
      renounce: (epoch: Epoch, reason: string) => {
        invariants.renounced(this.id);
        this.trace(`renounces epoch ${epoch}: ${reason}`);
        controller.renounce(epoch, reason);
      },
      handOverAbandoned: (epoch: Epoch) => controller.handOverAbandoned(epoch),
      flushed: (endOffset: Offset) => controller.flushed(endOffset),
    };
  }

  #coreEvent(event: CoreEvent): void {
    if (event.kind === 'roleChanged') {
      this.#role = event.to as RoleKind;
      this.#epoch = event.epoch;
      if (event.to === 'leader') {
        this.#epochStartOffset = this.#context.invariants.logs.get(this.id)!.endOffset;
        this.#context.invariants.becameLeader(this.id, event.epoch);
      }
    }
    if (event.kind !== 'described' || event.level !== 'debug') this.trace(describeCoreEvent(event));
  }

  #controllerEvent(event: ControllerEvent): void {
    if (event.kind === 'commandAnswered') return this.#context.trace.tally(`answered ${event.outcome}`);
    if (event.kind === 'activated' && event.summary.includes('aborted')) this.#context.trace.tally('aborted transactions');
    if (event.kind === 'batchProposed') this.onProposed();
    const { kind, ...rest } = event;
    this.trace(`${kind} ${Object.entries(rest).map(([key, value]) => `${key}=${value}`).join(' ')}`);
  }

  /** A broken disk ends the process, as it does in production; anything else is a bug of ours. */
  #fatal(life: Life, error: Error): void {
    if (this.#life !== life) return;
    if ('code' in error) this.#exit(error.message);
    else if (error instanceof LogDamageError && this.disk.isDamaged) this.#lost(error.message);
    else throw error;
  }

  #lost(reason: string): void {
    this.#context.trace.tally('nodes lost to damage');
    this.isLost = true;
    this.#exit(reason);
  }

  #exit(reason: string): void {
    this.trace(`EXIT ${reason}`);
    this.stoppedBecause = reason;
    this.#end();
    this.disk.killProcess();
  }

  #end(): void {
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    life.process.kill();
    life.raft?.halt();
    life.transport.close();
  }
}

function readWhole(store: OpenedLog['store'], shadow: LogShadow): void {
  while (shadow.endOffset < store.endOffset) {
    const from = shadow.endOffset;
    store.read(from as Offset, store.endOffset, 1024 * 1024, ({ batches }) => batches.forEach(({ baseOffset, endOffset, epoch, checksum }) => shadow.append({ baseOffset, endOffset, epoch, checksum })));
    if (shadow.endOffset === from) throw new Error(`nothing readable at ${from}`);
  }
}

function seen(snapshots: SnapshotStore): SeenSnapshot[] {
  return snapshots.list().map(({ id, chainChecksum }) => ({ ...id, chainChecksum }));
}

export function digestOf(image: MetadataImage): string {
  const { version, value } = image.digest();
  return `${version}:${[...value].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** Where a voter of the simulated cluster listens. */
export function voterOf(id: NodeId, directoryId: Uuid): Voter {
  return { id, directoryId, endpoints: [{ name: 'CONTROLLER', host: `n${id}`, port: portOf(id) }], kraftVersion: { min: 0, max: 1 } };
}
