import { BatchFold, MetadataImage, type MetadataDelta, type MetadataView } from '@quorate/metadata-image';
import { encodeBatch, encodeRecord, uuidFromBytes, type Epoch, type MetadataRecord, type MetadataRecordValues, type Offset, type Uuid } from '@quorate/records';
import { FollowPath } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import type { ImageReader } from '../src/admin/image-reader.js';
import type { CallContext } from '../src/server/call-context.js';

interface Waiter {
  readonly offset: Offset;
  readonly untilMs: number;
  readonly done: (isReached: boolean) => void;
}

/** A real image that grows as the test says, read as a process reads its own. */
export class ImageWorld implements ImageReader {
  readonly clusterId = 'kT9mTzJmQZ2rHq0vWc1bLA';
  readonly nodeId = 101;
  caughtUp = true;
  readonly waiters: Waiter[] = [];
  readonly #listeners = new Set<(delta: MetadataDelta | undefined) => void>();
  #image = new MetadataImage();
  #fold = new BatchFold(this.#image);
  #checksum = 0;

  constructor(...records: readonly MetadataRecord[]) {
    if (records.length > 0) this.commit(...records);
  }

  /** One committed batch of these records, and whoever waits for its offset is told. */
  commit(...records: readonly MetadataRecord[]): Offset {
    const batch = encodeBatch({
      baseOffset: this.#fold.endOffset,
      epoch: 1 as Epoch,
      appendTimeMs: 1_700_000_000_000,
      isControl: false,
      previousChecksum: this.#checksum,
      records: records.map(encodeRecord),
    });
    this.#checksum = batch.checksum;
    const delta = this.#fold.fold(batch);
    for (const listener of [...this.#listeners]) listener(delta);
    for (const waiter of this.waiters.splice(0)) {
      if (waiter.offset <= this.#image.appliedOffset) waiter.done(true);
      else this.waiters.push(waiter);
    }
    return this.#image.appliedOffset;
  }

  /** Forgets everything, as a follower whose image was contradicted. */
  startOver(): void {
    this.#image = new MetadataImage();
    this.#fold = new BatchFold(this.#image);
    for (const listener of [...this.#listeners]) listener(undefined);
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  view(): MetadataView {
    return this.#image;
  }
  waitFor(offset: Offset, untilMs: number, done: (isReached: boolean) => void): void {
    this.waiters.push({ offset, untilMs, done });
  }
  digest() {
    return this.#image.digest();
  }
  highWatermark(): Offset {
    return this.#image.appliedOffset;
  }
  followPath(): FollowPath {
    return FollowPath.FOLLOW_PATH_FETCH;
  }
  isCaughtUp(): boolean {
    return this.caughtUp;
  }
  onDelta(listener: (delta: MetadataDelta | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** Sixteen bytes that name the `n`th thing. */
export function idBytes(n: number): Uint8Array {
  const bytes = new Uint8Array(16).fill(1);
  new DataView(bytes.buffer).setUint32(12, n);
  return bytes;
}
export const id = (n: number): Uuid => uuidFromBytes(idBytes(n));

export const topic = (name: string, n: number): MetadataRecord => ({ kind: 'Topic', version: 0, value: { name, topicId: idBytes(n) } });
export const removeTopic = (n: number): MetadataRecord => ({ kind: 'RemoveTopic', version: 0, value: { topicId: idBytes(n) } });

export function partition(topicNumber: number, partitionId: number, replicas: number[] = [101]): MetadataRecord {
  const value = {
    partitionId,
    topicId: idBytes(topicNumber),
    replicas,
    isr: replicas,
    removingReplicas: [],
    addingReplicas: [],
    leader: replicas[0] ?? -1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    directories: replicas.map(() => new Uint8Array(16)),
  };
  return { kind: 'Partition', version: 2, value };
}

export function partitionChange(topicNumber: number, partitionId: number, change: Partial<MetadataRecordValues['PartitionChange']>): MetadataRecord {
  return { kind: 'PartitionChange', version: 2, value: { partitionId, topicId: idBytes(topicNumber), ...change } };
}

export function registerBroker(brokerId: number, more: Partial<MetadataRecordValues['RegisterBroker']> = {}): MetadataRecord {
  const value = {
    brokerId,
    brokerEpoch: 5,
    incarnationId: idBytes(1000 + brokerId),
    endpoints: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 19_000 + brokerId, securityProtocol: 0 }],
    features: [],
    fenced: false,
    inControlledShutdown: false,
    isMigratingZkBroker: false,
    logDirs: [idBytes(2000 + brokerId)],
    ...more,
  };
  return { kind: 'RegisterBroker', version: 4, value };
}

export const unregisterBroker = (brokerId: number): MetadataRecord => ({ kind: 'UnregisterBroker', version: 0, value: { brokerId, brokerEpoch: 5 } });
export const topicConfig = (name: string, key: string, value?: string): MetadataRecord => ({ kind: 'Config', version: 0, value: { resourceType: 2, resourceName: name, name: key, value } });
export const feature = (name: string, featureLevel: number): MetadataRecord => ({ kind: 'FeatureLevel', version: 0, value: { name, featureLevel } });

/** A caller who waits that long and can go away. */
export function caller(waitMs = 1000): { readonly context: CallContext; readonly goAway: () => void } {
  const gone = new AbortController();
  const context: CallContext = { method: 'test', peer: '127.0.0.1:1', deadlineMs: performance.now() + waitMs, signal: gone.signal, onStopping: () => undefined };
  return { context, goAway: () => gone.abort() };
}
