import {
  encodeBatch,
  encodeControlRecord,
  forEachRecord,
  decodeControlRecord,
  genesisChecksum,
  concatBytes,
  utf8Decode,
  utf8Encode,
  type EncodedBatch,
  type Epoch,
  type NodeId,
  type Offset,
  type RawRecord,
  type Uuid,
} from '@quorate/records';
import { DEFAULT_FETCH_MAX_BYTES, DEFAULT_TIMERS, type RaftTimers, type Recovery, type VoterSetAt } from '../src/config.js';
import type { Effect } from '../src/effect.js';
import type { ElectionState } from '../src/election-state.js';
import type { Input } from '../src/input.js';
import type { FetchResponse, FetchSnapshotResponse, RaftRequest, RaftResponse, SnapshotId } from '../src/messages.js';
import { RaftCore } from '../src/raft-core.js';
import type { Endpoint, Voter } from '../src/replica-key.js';
import { votersFromRecord } from '../src/voters-record.js';

export const CLUSTER = { clusterId: 'test-cluster', recoveryId: 'AAAAAAAAAAAAAAAAAAAAAA' as Uuid };

/** Directory id of a node's n-th disk. */
export const directoryOf = (id: number, disk = 0): Uuid => `disk${String(disk).padStart(2, '0')}OfNode${String(id).padStart(9, '0')}A`.padEnd(21, 'A').substring(0, 21).concat('A') as Uuid;

export const endpointsOf = (id: number): readonly Endpoint[] => [{ name: 'CONTROLLER', host: `host-${id}`, port: 9000 + id }];

export const voterOf = (id: number, disk = 0): Voter => ({
  id: id as NodeId,
  directoryId: directoryOf(id, disk),
  endpoints: endpointsOf(id),
  kraftVersion: { min: 0, max: 1 },
});

/** A snapshot file: no metadata, only what Raft needs of it, and some bytes so that it can be fetched in pieces. */
export interface FakeSnapshot {
  readonly id: SnapshotId;
  readonly chainChecksum: number;
  readonly voters: readonly Voter[];
  readonly kraftVersion: number;
}

/** What comes before the first batch of a log. */
export interface LogStart {
  readonly offset: Offset;
  readonly epoch: Epoch;
  readonly checksum: number;
}

/** What survives a crash. */
export interface Disk {
  election: ElectionState | undefined;
  /** Flushed batches only. */
  batches: EncodedBatch[];
  generation: number;
  start: LogStart;
  /** Oldest first. */
  snapshots: FakeSnapshot[];
  /** Damage was found and is not repaired. */
  recovery: Recovery | undefined;
  /** The batch that begins there is not what was written. */
  damagedAt: Offset | undefined;
}

const LOG_FROM_0: LogStart = { offset: 0 as Offset, epoch: 0 as Epoch, checksum: genesisChecksum(CLUSTER.clusterId) };

export const emptyDisk = (): Disk => ({ election: undefined, batches: [], generation: 0, start: LOG_FROM_0, snapshots: [], recovery: undefined, damagedAt: undefined });

/** What opening the log does about damage: puts the note on disk, then cuts. */
export function cutDamage(disk: Disk): void {
  const { damagedAt, election, recovery } = disk;
  if (damagedAt === undefined) return;
  const endOffset = disk.batches.at(-1)?.endOffset ?? disk.start.offset;
  disk.recovery = mergeRecovery(recovery, { epoch: election?.epoch ?? (0 as Epoch), endOffset });
  disk.damagedAt = undefined;
  disk.batches = disk.batches.filter((batch) => batch.endOffset <= damagedAt);
}

/** A snapshot that the log cannot do without is damaged: it begins at 0 again, empty. */
export function loseAll(disk: Disk): void {
  disk.damagedAt = disk.start.offset;
  cutDamage(disk);
  Object.assign(disk, { start: LOG_FROM_0, snapshots: [] });
}

function mergeRecovery(before: Recovery | undefined, found: Recovery): Recovery {
  if (before === undefined) return found;
  const isKnown = before.endOffset !== undefined && found.endOffset !== undefined;
  return {
    epoch: before.epoch > found.epoch ? before.epoch : found.epoch,
    endOffset: isKnown ? (Math.max(before.endOffset, found.endOffset) as Offset) : undefined,
  };
}

/** Where a host's effects go that are not about its own disk. */
export interface World {
  nowMs(): number;
  send(from: FakeHost, effect: Extract<Effect, { kind: 'send' }>, request: RaftRequest): void;
  reply(from: FakeHost, token: number, response: RaftResponse): void;
  checkConnection(from: FakeHost, peer: NodeId): void;
  /** Everything else, after the host has done its own part. */
  observe(from: FakeHost, effect: Effect): void;
}

export interface HostSetup {
  readonly id: number;
  readonly bootstrapVoters: readonly Voter[];
  readonly disk: Disk;
  readonly random: () => number;
  readonly world: World;
  readonly timers?: Partial<RaftTimers>;
  readonly bootstrapServers?: readonly Endpoint[];
  /** Found damaged: in the epoch of its quorum-state, nobody knows up to where; or as told. */
  readonly recovering?: boolean;
  readonly fetchSnapshotMaxBytes?: number;
  /** Which of the node's disks this is; another one makes another replica. */
  readonly diskNumber?: number;
  readonly endpoints?: readonly Endpoint[];
  readonly autoJoin?: boolean;
}

/**
 * A host for one core that keeps everything in memory: a log whose unflushed tail a crash takes away, an election state that
 * is durable at once, and a world to talk to. It does what raft-node, metadata-log and rpc do, without disk, threads or bytes on
 * a wire.
 */
export class FakeHost {
  readonly id: NodeId;
  readonly core: RaftCore;
  readonly disk: Disk;
  readonly #setup: HostSetup;
  /** The whole log, unflushed tail included. */
  batches: EncodedBatch[];
  generation: number;
  /** Set while effects are carried out and a crash was asked for in their middle. */
  crashAfterEffects = Infinity;
  crashed = false;
  highWatermark = 0 as Offset;
  #received: Uint8Array[] = [];
  /** What became of an install: stepped when all effects that came with it are carried out. */
  #installed: Input | undefined;
  /** The next installs find the file damaged. */
  rejectInstalls = 0;

  constructor(setup: HostSetup) {
    this.#setup = setup;
    this.id = setup.id as NodeId;
    this.disk = setup.disk;
    this.batches = [...setup.disk.batches];
    this.generation = setup.disk.generation;
    this.highWatermark = setup.disk.snapshots.at(-1)?.id.endOffset ?? this.highWatermark;
    this.core = new RaftCore({
      cluster: CLUSTER,
      self: { id: this.id, directoryId: directoryOf(setup.id, setup.diskNumber), endpoints: setup.endpoints ?? endpointsOf(setup.id) },
      bootstrapServers: setup.bootstrapServers ?? [],
      timers: { ...DEFAULT_TIMERS, ...setup.timers },
      fetchMaxBytes: DEFAULT_FETCH_MAX_BYTES,
      fetchSnapshotMaxBytes: setup.fetchSnapshotMaxBytes ?? DEFAULT_FETCH_MAX_BYTES,
      autoJoin: setup.autoJoin ?? false,
      random: setup.random,
      electionState: setup.disk.election,
      log: {
        startOffset: this.disk.start.offset,
        startEpoch: this.disk.start.epoch,
        endOffset: this.endOffset,
        generation: this.generation,
        epochs: epochsOf(this.batches),
        latestSnapshot: setup.disk.snapshots.at(-1)?.id,
        recovering: setup.recovering === true ? { epoch: setup.disk.election?.epoch ?? (0 as Epoch), endOffset: undefined } : setup.disk.recovery,
      },
      voterSets: [...(setup.bootstrapVoters.length === 0 ? [] : [{ offset: undefined, voters: setup.bootstrapVoters }]), ...voterSetsOf(setup.disk)],
      kraftVersion: 1,
    });
  }

  /** Reads its own log, and says what it finds. */
  verify({ endOffset, generation }: { readonly endOffset: Offset; readonly generation: number }): void {
    const { damagedAt } = this.disk;
    const found = damagedAt !== undefined && damagedAt < endOffset ? damagedAt : undefined;
    this.step({ kind: 'logVerified', endOffset, generation, damagedAt: found, problem: found === undefined ? undefined : 'rot' });
  }

  get endOffset(): Offset {
    return this.batches.at(-1)?.endOffset ?? this.disk.start.offset;
  }

  start(): void {
    this.#run(this.core.start(this.#setup.world.nowMs()));
  }

  step(input: Input): void {
    if (this.crashed) return;
    this.#run(this.core.step(input, this.#setup.world.nowMs()));
  }

  request(token: number, request: RaftRequest): void {
    const localChecksum = request.kind === 'fetch' ? this.#checksumAt(request.fetchOffset) : undefined;
    this.step({ kind: 'request', token, request, localChecksum });
  }

  /** Makes what was appended up to there durable and says so; a flush that a truncation overtook says nothing new. */
  flush(upTo: { readonly endOffset: Offset; readonly generation: number } = this): void {
    if (this.crashed) return;
    const { endOffset, generation } = upTo;
    if (generation === this.generation && endOffset > (this.disk.batches.at(-1)?.endOffset ?? 0)) {
      this.disk.batches = this.batches.filter((batch) => batch.endOffset <= endOffset);
      this.disk.generation = generation;
    }
    this.step({ kind: 'flushed', endOffset, generation });
  }

  get hasUnflushed(): boolean {
    return this.disk.batches.length !== this.batches.length;
  }

  /** Proposes one data batch in the core's epoch at its log end. */
  propose(records: readonly RawRecord[]): EncodedBatch {
    const batch = this.#encode(this.core.status().epoch, false, records);
    this.step({ kind: 'propose', batch });
    return batch;
  }

  /** Makes a snapshot of everything up to there, which is the high watermark unless told; the log stays as it is. */
  makeSnapshot(endOffset: Offset = this.highWatermark): FakeSnapshot | undefined {
    const last = this.batches.find((batch) => batch.endOffset === endOffset);
    if (last === undefined) return undefined;
    const id = { endOffset, epoch: last.epoch };
    const content = this.core.decideSnapshot(id);
    if (typeof content === 'string') return undefined;
    const made: FakeSnapshot = { id, chainChecksum: last.checksum, ...content };
    this.disk.snapshots.push(made);
    this.step({ kind: 'snapshotCreated', snapshotId: id });
    return made;
  }

  /** The oldest snapshot goes, and the log before the one that follows it; not when it is the only one. */
  dropOldestSnapshot(): boolean {
    const next = this.disk.snapshots[1];
    if (next === undefined || next.id.endOffset > this.core.status().flushedOffset) return false;
    return this.advanceLogStart(next);
  }

  /** The log before that snapshot goes, and all older snapshots. */
  advanceLogStart({ id, chainChecksum }: FakeSnapshot): boolean {
    this.step({ kind: 'logStartAdvanced', startOffset: id.endOffset });
    this.disk.start = { offset: id.endOffset, epoch: id.epoch, checksum: chainChecksum };
    this.disk.snapshots = this.disk.snapshots.filter((one) => one.id.endOffset >= id.endOffset);
    this.batches = this.batches.filter((batch) => batch.baseOffset >= id.endOffset);
    this.disk.batches = this.disk.batches.filter((batch) => batch.baseOffset >= id.endOffset);
    this.#damageIsGone();
    return true;
  }

  #run(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (this.crashAfterEffects-- <= 0) this.crashed = true;
      if (this.crashed) return;
      this.#carryOut(effect);
      this.#setup.world.observe(this, effect);
    }
    const installed = this.#installed;
    this.#installed = undefined;
    if (installed !== undefined) this.step(installed);
  }

  #carryOut(effect: Effect): void {
    const { world } = this.#setup;
    switch (effect.kind) {
      case 'persistElectionState':
        this.disk.election = effect.state;
        return;
      case 'append':
        for (const batch of effect.batches) this.#append(batch);
        return;
      case 'appendControl': {
        if (effect.baseOffset !== this.endOffset) throw new Error(`control batch at ${effect.baseOffset}, log ends at ${this.endOffset}`);
        this.#append(this.#encode(effect.epoch, true, effect.records.map(encodeControlRecord)));
        return;
      }
      case 'truncate':
        this.batches = this.batches.filter((batch) => batch.endOffset <= effect.endOffset);
        if (this.endOffset !== effect.endOffset) throw new Error(`truncated to ${effect.endOffset}, not a batch edge`);
        this.generation = effect.generation;
        this.disk.batches = this.disk.batches.filter((batch) => batch.endOffset <= effect.endOffset);
        this.disk.generation = effect.generation;
        this.#damageIsGone();
        return;
      case 'recoverLog':
        this.disk.recovery = effect.recovery;
        this.disk.damagedAt = undefined;
        this.batches = this.batches.filter((batch) => batch.endOffset <= effect.endOffset);
        if (this.endOffset !== effect.endOffset) throw new Error(`cut to ${effect.endOffset}, not a batch edge`);
        this.generation = effect.generation;
        this.disk.batches = this.disk.batches.filter((batch) => batch.endOffset <= effect.endOffset);
        this.disk.generation = effect.generation;
        return;
      case 'recovered':
        this.disk.recovery = undefined;
        return;
      case 'send':
        return world.send(this, effect, this.#filledIn(effect.request));
      case 'reply':
        return world.reply(this, effect.token, effect.response);
      case 'replyFetch':
        return this.#replyFetch(effect);
      case 'replyFetchSnapshot':
        return world.reply(this, effect.token, this.#fetchSnapshotResponse(effect));
      case 'storeSnapshotChunk':
        if (effect.position === 0) this.#received = [];
        this.#received.push(effect.bytes);
        return;
      case 'discardSnapshot':
        this.#received = [];
        return;
      case 'installSnapshot':
        return this.#install(effect);
      case 'advanceHighWatermark':
        this.highWatermark = effect.highWatermark;
        return;
      case 'checkConnection':
        return world.checkConnection(this, effect.peer);
      default:
        return;
    }
  }

  /** What was cut off or deleted is damaged no more. */
  #damageIsGone(): void {
    const { damagedAt } = this.disk;
    if (damagedAt !== undefined && !this.disk.batches.some((batch) => batch.baseOffset === damagedAt)) this.disk.damagedAt = undefined;
  }

  #append(batch: EncodedBatch): void {
    if (batch.baseOffset !== this.endOffset) throw new Error(`batch at ${batch.baseOffset} does not continue the log at ${this.endOffset}`);
    if (batch.previousChecksum !== this.#lastChecksum) throw new Error(`batch at ${batch.baseOffset} does not continue the chain`);
    this.batches.push(batch);
  }

  get #lastChecksum(): number {
    return this.batches.at(-1)?.checksum ?? this.disk.start.checksum;
  }

  #checksumAt(offset: Offset): number | undefined {
    if (offset === this.disk.start.offset) return offset === 0 ? undefined : this.disk.start.checksum;
    const batch = this.batches.find((one) => one.endOffset === offset);
    return batch === undefined ? undefined : this.#checksumOf(batch);
  }

  /** As it would be read from disk now. */
  #checksumOf(batch: EncodedBatch): number {
    return batch.baseOffset === this.disk.damagedAt ? batch.checksum ^ 1 : batch.checksum;
  }

  #encode(epoch: Epoch, isControl: boolean, records: readonly RawRecord[]): EncodedBatch {
    const appendTimeMs = Math.floor(this.#setup.world.nowMs());
    return encodeBatch({ baseOffset: this.endOffset, epoch, appendTimeMs, isControl, previousChecksum: this.#lastChecksum, records });
  }

  #filledIn(request: RaftRequest): RaftRequest {
    if (request.kind !== 'fetch') return request;
    return { ...request, chainChecksum: this.#checksumAt(this.endOffset) };
  }

  #replyFetch(effect: Extract<Effect, { kind: 'replyFetch' }>): void {
    const response = this.#fetchResponse(effect);
    if (!this.crashed) this.#setup.world.reply(this, effect.token, response);
  }

  #fetchSnapshotResponse({ response, snapshotId, position, maxBytes }: Extract<Effect, { kind: 'replyFetchSnapshot' }>): FetchSnapshotResponse {
    const found = this.disk.snapshots.find(({ id }) => id.endOffset === snapshotId.endOffset && id.epoch === snapshotId.epoch);
    const nothing = { ...response, position, size: 0, bytes: new Uint8Array(0), chainChecksum: 0 };
    if (found === undefined) return { ...nothing, error: 'SNAPSHOT_NOT_FOUND' };
    const file = fileOf(found);
    if (position >= file.length) return { ...nothing, error: 'POSITION_OUT_OF_RANGE' };
    return { ...response, position, size: file.length, bytes: file.subarray(position, position + maxBytes), chainChecksum: found.chainChecksum };
  }

  /** Durable at once, and its result is the next input. */
  #install({ snapshotId, generation }: Extract<Effect, { kind: 'installSnapshot' }>): void {
    const found = snapshotOf(concatBytes(this.#received));
    this.#received = [];
    if (this.rejectInstalls > 0) {
      this.rejectInstalls -= 1;
      this.#installed = { kind: 'snapshotRejected', snapshotId, problem: 'damaged on purpose' };
      return;
    }
    if (found.id.endOffset !== snapshotId.endOffset) throw new Error(`asked to install ${snapshotId.endOffset}, received ${found.id.endOffset}`);
    this.batches = [];
    this.disk.batches = [];
    this.disk.snapshots = [found];
    this.disk.damagedAt = undefined;
    this.disk.start = { offset: found.id.endOffset, epoch: found.id.epoch, checksum: found.chainChecksum };
    this.generation = generation;
    this.disk.generation = generation;
    this.#installed = { kind: 'snapshotInstalled', snapshotId, generation, voters: found.voters, kraftVersion: found.kraftVersion };
  }

  #fetchResponse(effect: Extract<Effect, { kind: 'replyFetch' }>): FetchResponse {
    const batches: EncodedBatch[] = [];
    let bytes = 0;
    for (const batch of this.batches) {
      if (batch.baseOffset < effect.from) continue;
      if (batch.endOffset > effect.upTo || (batches.length > 0 && bytes + batch.bytes.length > effect.maxBytes)) break;
      // Reading what is damaged ends the process; the next start deals with it.
      if (batch.baseOffset === this.disk.damagedAt) {
        this.crashed = true;
        break;
      }
      batches.push(batch);
      bytes += batch.bytes.length;
    }
    return { ...effect.response, batches, feedPublishedOffset: undefined, feedKey: undefined };
  }
}

export function epochsOf(batches: readonly EncodedBatch[]): { epoch: Epoch; startOffset: Offset }[] {
  const epochs: { epoch: Epoch; startOffset: Offset }[] = [];
  for (const { epoch, baseOffset } of batches) if (epochs.at(-1)?.epoch !== epoch) epochs.push({ epoch, startOffset: baseOffset });
  return epochs;
}

export function voterSetsOf({ batches, snapshots }: Pick<Disk, 'batches' | 'snapshots'>): VoterSetAt[] {
  const newest = snapshots.at(-1);
  const sets: VoterSetAt[] = newest === undefined ? [] : [{ offset: (newest.id.endOffset - 1) as Offset, voters: newest.voters }];
  for (const batch of batches) {
    if (!batch.isControl) continue;
    forEachRecord(batch, (raw, offset) => {
      const record = decodeControlRecord(raw);
      if (record.kind === 'KRaftVoters' && offset >= (newest?.id.endOffset ?? 0)) sets.push({ offset, voters: votersFromRecord(record.value) });
    });
  }
  return sets;
}

/** The file of a snapshot: JSON, so that it comes in several pieces. */
function fileOf(snapshot: FakeSnapshot): Uint8Array {
  return utf8Encode(JSON.stringify(snapshot));
}

function snapshotOf(file: Uint8Array): FakeSnapshot {
  return JSON.parse(utf8Decode(file)) as FakeSnapshot;
}

/** A data record that holds one number; nothing decodes it. */
export function numbered(value: number): RawRecord {
  return { type: 20, version: 0, payload: Uint8Array.from([value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255]) };
}

/** Small seeded generator (mulberry32), uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

