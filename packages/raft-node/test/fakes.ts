import { encodeBatch, genesisChecksum } from '@quorate/records';
import type { EncodedBatch, Epoch, NodeId, Offset, Uuid } from '@quorate/records';
import type { ElectionState, NodeEndpoints, RaftCoreConfig, RaftRequest, RaftResponse, Recovery, ReplyToken, RequestId } from '@quorate/raft-core';
import { DEFAULT_FETCH_MAX_BYTES, DEFAULT_TIMERS } from '@quorate/raft-core';
import type { ElectionStore, LogListener, LogRead, LogStore, Timers, Transport, TransportReceiver } from '../src/ports.js';
import type { SnapshotHead } from '../src/snapshot-ports.js';
import type { MetadataLogListener } from '../src/state-machine.js';

export const CLUSTER_ID = 'test-cluster';
const directory = (id: number): Uuid => `${String(id).padStart(21, 'd')}A` as Uuid;

/** A log in memory. Nothing is flushed, read or cut before the test says so, unless `immediate`. */
export class MemoryLog implements LogStore {
  readonly batches: EncodedBatch[] = [];
  startOffset = 0 as Offset;
  readonly sizeBytes = 0;
  startChecksum = genesisChecksum(CLUSTER_ID);
  generation = 0;
  immediate = true;
  reads = 0;
  truncations: Offset[] = [];
  recovery: Recovery | undefined;
  /** What `verify` finds. */
  damagedAt: Offset | undefined;
  closed = false;
  #held: (() => void)[] = [];
  #listener: LogListener | undefined;

  get endOffset(): Offset {
    return this.batches.at(-1)?.endOffset ?? this.startOffset;
  }

  get endChecksum(): number {
    return this.batches.at(-1)?.checksum ?? this.startChecksum;
  }

  setListener(listener: LogListener): void {
    this.#listener = listener;
  }

  fill(isFull: boolean): void {
    this.#listener?.full?.(isFull);
  }

  append(batch: EncodedBatch): void {
    this.batches.push(batch);
    const { endOffset } = batch;
    const { generation } = this;
    this.#do(() => this.#listener?.flushed(endOffset, generation));
  }

  truncate(endOffset: Offset, generation: number, done: () => void): void {
    this.truncations.push(endOffset);
    while (this.endOffset > endOffset) this.batches.pop();
    this.generation = generation;
    this.#do(done);
  }

  verify(_endOffset: Offset, done: (damagedAt: Offset | undefined, problem: string | undefined) => void): void {
    const { damagedAt } = this;
    this.#do(() => done(damagedAt, damagedAt === undefined ? undefined : 'rot'));
  }

  recoverFrom(endOffset: Offset, recovery: Recovery, generation: number, done: () => void): void {
    this.recovery = recovery;
    this.damagedAt = undefined;
    this.truncate(endOffset, generation, done);
  }

  recovered(): void {
    this.recovery = undefined;
  }

  read(from: Offset, upTo: Offset, _maxBytes: number, done: (read: LogRead) => void): void {
    this.reads += 1;
    this.#do(() => done({ batches: this.batches.filter((batch) => batch.baseOffset >= from && batch.endOffset <= upTo) }));
  }

  checksumAt(offset: Offset): number | undefined {
    return this.batches.find((batch) => batch.endOffset === offset)?.checksum;
  }

  beginAt({ id, chainChecksum }: SnapshotHead, generation: number): void {
    this.batches.length = 0;
    this.startOffset = id.endOffset;
    this.startChecksum = chainChecksum;
    this.generation = generation;
  }

  deleteBefore(startOffset: Offset): void {
    this.startChecksum = this.checksumAt(startOffset) ?? this.startChecksum;
    while ((this.batches[0]?.endOffset ?? Infinity) <= startOffset) this.batches.shift();
    this.startOffset = startOffset;
  }

  close(done: () => void): void {
    this.closed = true;
    done();
  }

  fail(error: Error): void {
    this.#listener?.failed(error);
  }

  /** Lets go what was held back, in order. */
  release(): void {
    for (const action of this.#held.splice(0)) action();
  }

  #do(action: () => void): void {
    if (this.immediate) action();
    else this.#held.push(action);
  }
}

export class MemoryElections implements ElectionStore {
  readonly persisted: ElectionState[] = [];
  immediate = true;
  #held: (() => void)[] = [];

  persist(state: ElectionState, done: () => void): void {
    this.persisted.push(state);
    if (this.immediate) done();
    else this.#held.push(done);
  }

  release(): void {
    for (const done of this.#held.splice(0)) done();
  }
}

/** A clock that the test moves. */
export class ManualTimers implements Timers {
  now = 1000;
  #atMs: number | undefined;
  #fire: (() => void) | undefined;

  nowMs(): number {
    return this.now;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.now;
  }

  arm(atMs: number | undefined, fire: () => void): void {
    this.#atMs = atMs;
    this.#fire = fire;
  }

  get armedMs(): number | undefined {
    return this.#atMs;
  }

  /** Goes to the next deadline and fires it; false when none is armed or it lies beyond `limitMs`. */
  fireNext(limitMs: number): boolean {
    if (this.#atMs === undefined || this.#atMs > limitMs || this.#fire === undefined) return false;
    this.now = Math.max(this.now, this.#atMs);
    const fire = this.#fire;
    this.#atMs = undefined;
    this.#fire = undefined;
    fire();
    return true;
  }
}

export class RecordingTransport implements Transport {
  receiver: TransportReceiver | undefined;
  readonly sent: { requestId: RequestId; to: NodeEndpoints; request: RaftRequest }[] = [];
  readonly replies: { token: ReplyToken; response: RaftResponse }[] = [];

  onOpen: (receiver: TransportReceiver) => void = () => {};

  open(receiver: TransportReceiver): void {
    this.receiver = receiver;
    this.onOpen(receiver);
  }

  setPeers(): void {}

  send(requestId: RequestId, to: NodeEndpoints, request: RaftRequest): void {
    this.sent.push({ requestId, to, request });
  }

  reply(token: ReplyToken, response: RaftResponse): void {
    this.replies.push({ token, response });
  }

  checkConnection(): void {}

  close(): void {
    this.receiver = undefined;
  }
}

/** Writes down what Raft says. */
export class RecordingListener implements MetadataLogListener {
  readonly said: string[] = [];
  onCommitted: (batches: readonly EncodedBatch[]) => void = () => {};

  snapshotBegins(head: SnapshotHead): void {
    this.said.push(`snapshot of ${head.id.endOffset} begins`);
  }

  snapshotBatches(batches: readonly EncodedBatch[]): void {
    this.said.push(`snapshot has ${batches.map((batch) => `${batch.baseOffset}-${batch.endOffset}`).join(' ')}`);
  }

  snapshotEnds(): void {
    this.said.push('snapshot ends');
  }

  committed(batches: readonly EncodedBatch[]): void {
    this.said.push(`committed ${batches.map((batch) => `${batch.baseOffset}-${batch.endOffset}`).join(' ')}`);
    this.onCommitted(batches);
  }

  claim(epoch: Epoch, epochStartOffset: Offset): void {
    this.said.push(`claim ${epoch} from ${epochStartOffset}`);
  }

  renounce(epoch: Epoch): void {
    this.said.push(`renounce ${epoch}`);
  }

  handOverAbandoned(epoch: Epoch): void {
    this.said.push(`hand-over of ${epoch} abandoned`);
  }

  flushed(endOffset: Offset): void {
    this.said.push(`flushed ${endOffset}`);
  }
}

export function endpointsOf(id: number) {
  return [{ name: 'CONTROLLER', host: 'localhost', port: 9000 + id }];
}

export function configOf(self: number, voterIds: readonly number[]): RaftCoreConfig {
  return {
    cluster: { clusterId: CLUSTER_ID, recoveryId: 'AAAAAAAAAAAAAAAAAAAAAA' as Uuid },
    self: { id: self as NodeId, directoryId: directory(self), endpoints: endpointsOf(self) },
    bootstrapServers: [],
    timers: DEFAULT_TIMERS,
    fetchMaxBytes: DEFAULT_FETCH_MAX_BYTES,
    fetchSnapshotMaxBytes: DEFAULT_FETCH_MAX_BYTES,
    autoJoin: false,
    random: () => 0.5,
    electionState: undefined,
    log: { startOffset: 0 as Offset, startEpoch: 0 as Epoch, endOffset: 0 as Offset, generation: 0, epochs: [], latestSnapshot: undefined, recovering: undefined },
    voterSets: [
      {
        offset: undefined,
        voters: voterIds.map((id) => ({ id: id as NodeId, directoryId: directory(id), endpoints: endpointsOf(id), kraftVersion: { min: 0, max: 1 } })),
      },
    ],
    kraftVersion: 1,
  };
}

/** A batch of NoOp records behind another. */
export function batchAfter(previous: { endOffset: Offset; checksum: number }, epoch: number, count = 1): EncodedBatch {
  return encodeBatch({
    baseOffset: previous.endOffset,
    epoch,
    appendTimeMs: 1_700_000_000_000,
    isControl: false,
    previousChecksum: previous.checksum,
    records: Array.from({ length: count }, () => ({ type: 20, version: 0, payload: new Uint8Array(0) })),
  });
}
