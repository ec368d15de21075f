import {
  RECORD_TYPE,
  decodeRecord,
  recordKindOf,
  type Epoch,
  type MetadataRecord,
  type NodeId,
  type Offset,
  type RawRecord,
  type Uuid,
} from '@quorate/records';
import { digestAcl, type AclRow } from './acls/image.js';
import { applyRecord } from './apply-record.js';
import { digestQuota, type QuotaRow } from './client-quotas/image.js';
import { digestBroker, digestController } from './cluster/image.js';
import { DigestSum } from './columns/row-digest.js';
import { digestConfig, type ConfigResource } from './configs/image.js';
import { digestToken, type TokenRow } from './delegation-tokens/image.js';
import type { ChangeSink } from './delta.js';
import { DIGEST_VERSION, ROW_KIND, type ImageDigest } from './digest.js';
import { ReplayError } from './errors.js';
import { digestFeature } from './features/image.js';
import { HeldTable } from './held-table.js';
import { ImageSnapshot } from './image-snapshot.js';
import { digestProducerIds } from './producer-ids/image.js';
import { digestScram, type ScramRow } from './scram/image.js';
import { newScratch } from './replay-scratch.js';
import { StoreView } from './store-view.js';
import type { MetadataStore, PartitionCondition, ReplayContext } from './store.js';
import { TopicImage, type TopicImageBytes } from './topics/image.js';
import { replayPartitionBytes, replayPartitionChangeBytes, replayTopicBytes } from './topics/replay-bytes.js';
import type { BrokerRow, ControllerRow, RecordPosition } from './view.js';

/** The tables of the committed image. */
export class ImageStore implements MetadataStore {
  readonly sum = new DigestSum();
  readonly features = new HeldTable<string, number>(ROW_KIND.feature, this.sum, digestFeature);
  readonly brokers = new HeldTable<NodeId, BrokerRow>(ROW_KIND.broker, this.sum, digestBroker);
  readonly controllers = new HeldTable<NodeId, ControllerRow>(ROW_KIND.controller, this.sum, digestController);
  readonly topics = new TopicImage(this.sum);
  readonly configs = new HeldTable<string, ConfigResource>(ROW_KIND.config, this.sum, digestConfig);
  readonly clientQuotas = new HeldTable<string, QuotaRow>(ROW_KIND.clientQuota, this.sum, digestQuota);
  readonly producerIds = new HeldTable<'next', number>(ROW_KIND.producerIds, this.sum, digestProducerIds);
  readonly acls = new HeldTable<Uuid, AclRow>(ROW_KIND.acl, this.sum, digestAcl);
  readonly scram = new HeldTable<string, ScramRow>(ROW_KIND.scram, this.sum, digestScram);
  readonly delegationTokens = new HeldTable<string, TokenRow>(ROW_KIND.delegationToken, this.sum, digestToken);
}

/** Where the image stands in the log. */
export interface Provenance {
  /** Exclusive: the last stable offset. */
  readonly endOffset: Offset;
  /** Of the last batch contained; 0 when none is. */
  readonly epoch: Epoch;
  /** Append time of that batch, milliseconds since 1970; 0 when there is none. */
  readonly timestampMs: number;
}

/**
 * What the committed log says up to the last stable offset. One a process; changed in place, row by row, at the cost of
 * what a record touches.
 */
export class MetadataImage extends StoreView {
  #store = new ImageStore();
  readonly #scratch = newScratch();
  #endOffset = 0;
  #epoch = 0;
  #timestampMs = 0;

  override get store(): ImageStore {
    return this.#store;
  }

  override get appliedOffset(): Offset {
    return this.#endOffset as Offset;
  }

  get provenance(): Provenance {
    return { endOffset: this.#endOffset as Offset, epoch: this.#epoch as Epoch, timestampMs: this.#timestampMs };
  }

  /**
   * Replays one committed record, or one of a snapshot. Nothing of the record is kept that it could change later.
   *
   * For the records of a snapshot, `at` is the same for all: the last offset that the snapshot contains. Whoever loads one
   * calls `advanceTo` at its end, since an empty image has no records.
   *
   * @param sink - told what changed.
   * @throws ReplayError when the record does not fit what the image holds: fatal, since the log says so.
   */
  apply(record: MetadataRecord, at: RecordPosition, sink?: ChangeSink): void {
    applyRecord({ store: this.store, at, sink, scratch: this.#scratch }, record);
    this.#advance(at);
  }

  /**
   * Replays one record as the batch holds it. Topics and partitions go straight into the columns; the payload is borrowed for the
   * call only.
   *
   * @throws ReplayError when the record cannot be read or does not fit what the image holds.
   */
  applyRaw(raw: RawRecord, at: RecordPosition, sink?: ChangeSink): void {
    const context = { store: this.store, at, sink, scratch: this.#scratch };
    if (!this.#replayBytes(context, raw)) applyRecord(context, decodeOrThrow(raw, at));
    this.#advance(at);
  }

  /** The frequent records straight into the columns; false when the record must be decoded. */
  #replayBytes(context: ReplayContext, raw: RawRecord): boolean {
    const { topics } = this.store;
    switch (raw.type) {
      case RECORD_TYPE.PartitionChange:
        return replayPartitionChangeBytes(context, topics, raw);
      case RECORD_TYPE.Partition:
        return replayPartitionBytes(context, topics, raw);
      case RECORD_TYPE.Topic:
        return replayTopicBytes(context, topics, raw);
      default:
        return false;
    }
  }

  /** Moves the last stable offset over batches that hold no metadata, or past a transaction that came to nothing. */
  advanceTo({ endOffset, epoch, timestampMs }: Provenance): void {
    this.#endOffset = endOffset;
    this.#epoch = epoch;
    this.#timestampMs = timestampMs;
  }

  /** What the image sums up to at `appliedOffset`. */
  digest(): ImageDigest {
    return { version: DIGEST_VERSION, value: this.store.sum.toBytes() };
  }

  /**
   * Keeps the image as it is for a snapshot, while the image itself goes on. Costs a list of pages now, and a copy of each
   * page that is written before the snapshot is released.
   */
  hold(): ImageSnapshot {
    return new ImageSnapshot(this.store, this.provenance);
  }

  /**
   * Takes the place that a loaded snapshot ended at, and all its rows, in one step: whoever holds this image goes on with it.
   * The other image is not to be used any more. Rows that are walked over just now are still the old ones.
   */
  become(loaded: MetadataImage): void {
    this.#store = loaded.#store;
    this.advanceTo(loaded.provenance);
  }

  /** How many partitions meet the condition; kept, not counted. */
  countWhere(condition: PartitionCondition): number {
    return this.store.topics.countWhere(condition);
  }

  /** What the pages of topics and partitions take in memory. */
  get bytes(): TopicImageBytes {
    return this.store.topics.bytes;
  }

  #advance(at: RecordPosition): void {
    this.#endOffset = at.offset + 1;
    this.#epoch = at.epoch;
    this.#timestampMs = at.wallMs;
  }
}

function decodeOrThrow(raw: RawRecord, at: RecordPosition): MetadataRecord {
  try {
    return decodeRecord(raw);
  } catch (cause) {
    throw new ReplayError(recordKindOf(raw.type) ?? `type ${raw.type}`, at, (cause as Error).message, { cause });
  }
}
