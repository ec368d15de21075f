import { MetadataImage, type MetadataDelta } from '@quorate/metadata-image';
import { uuidFromBytes, type Epoch, type MetadataRecord, type Offset, type Uuid } from '@quorate/records';
import { FollowPath } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import type { ImageReader } from '../src/admin/image-reader.js';

export const uuidBytes = (number: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, index) => (index === 15 ? number : index === 0 ? 1 : 0));
export const uuid = (number: number): Uuid => uuidFromBytes(uuidBytes(number));

export const topicRecord = (name: string, number: number): MetadataRecord => ({ kind: 'Topic', version: 0, value: { name, topicId: uuidBytes(number) } });
export const removeTopicRecord = (number: number): MetadataRecord => ({ kind: 'RemoveTopic', version: 0, value: { topicId: uuidBytes(number) } });
export const partitionRecord = (number: number, partitionId: number, replicas: readonly number[]): MetadataRecord => ({
  kind: 'Partition',
  version: 1,
  value: {
    partitionId,
    topicId: uuidBytes(number),
    replicas: [...replicas],
    isr: [...replicas],
    removingReplicas: [],
    addingReplicas: [],
    leader: replicas[0] ?? -1,
    leaderRecoveryState: 0,
    leaderEpoch: 0,
    partitionEpoch: 0,
    directories: replicas.map((id) => uuidBytes(100 + id)),
  },
});
export const brokerRecord = (brokerId: number, fenced = false): MetadataRecord => ({
  kind: 'RegisterBroker',
  version: 3,
  value: {
    brokerId,
    incarnationId: uuidBytes(brokerId),
    brokerEpoch: brokerId * 10,
    endpoints: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 9000 + brokerId, securityProtocol: 0 }],
    features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 21 }],
    fenced,
    inControlledShutdown: false,
    isMigratingZkBroker: false,
    logDirs: [uuidBytes(100 + brokerId)],
  },
});
export const configRecord = (resourceName: string, name: string, value: string): MetadataRecord => ({ kind: 'Config', version: 0, value: { resourceType: 2, resourceName, name, value } });
export const featureRecord = (name: string, featureLevel: number): MetadataRecord => ({ kind: 'FeatureLevel', version: 0, value: { name, featureLevel } });

/** An image that a test appends to, as a process without a log would hold it. */
export class SmallImage implements ImageReader {
  readonly clusterId = 'cluster';
  readonly nodeId = 101;
  readonly image = new MetadataImage();
  caughtUp = true;
  #offset = 0;
  readonly #listeners = new Set<(delta: MetadataDelta | undefined) => void>();
  #waiting: { readonly offset: Offset; readonly done: (isReached: boolean) => void }[] = [];

  /** One stable step. */
  append(...records: readonly MetadataRecord[]): this {
    const fromOffset = this.#offset as Offset;
    const changes: MetadataDelta['changes'][number][] = [];
    for (const record of records) {
      this.image.apply(record, { offset: this.#offset as Offset, epoch: 1, wallMs: 1000 }, (change) => changes.push(change));
      this.#offset += 1;
    }
    const delta: MetadataDelta = { fromOffset, endOffset: this.#offset as Offset, epoch: 1 as Epoch, timestampMs: 1000, changes };
    for (const listener of [...this.#listeners]) listener(delta);
    const reached = this.#waiting.filter(({ offset }) => offset <= this.#offset);
    this.#waiting = this.#waiting.filter(({ offset }) => offset > this.#offset);
    for (const { done } of reached) done(true);
    return this;
  }

  startOver(): void {
    for (const listener of [...this.#listeners]) listener(undefined);
  }

  view(): MetadataImage {
    return this.image;
  }
  isCaughtUp(): boolean {
    return this.caughtUp;
  }
  waitFor(offset: Offset, deadlineMs: number, done: (isReached: boolean) => void): void {
    this.#waiting.push({ offset, done });
    setTimeout(() => done(false), Math.max(0, deadlineMs - performance.now())).unref();
  }
  /** What a linearizable read must hold; the test says so. */
  index: Offset | Error = 0 as Offset;

  async readIndex(): Promise<Offset> {
    if (this.index instanceof Error) throw this.index;
    return this.index;
  }
  digest() {
    return this.image.digest();
  }
  highWatermark(): Offset {
    return this.#offset as Offset;
  }
  followPath(): FollowPath {
    return FollowPath.FOLLOW_PATH_FETCH;
  }
  onDelta(listener: (delta: MetadataDelta | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
