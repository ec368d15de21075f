import {
  RECORD_TYPE,
  copyBytes,
  forEachRecord,
  type EncodedBatch,
  type Epoch,
  type Offset,
  type RawRecord,
} from '@quorate/records';
import type { MetadataChange, MetadataDelta } from './delta.js';
import { ReplayError } from './errors.js';
import type { MetadataImage, Provenance } from './image.js';
import type { RecordPosition } from './view.js';

/** A record of the open transaction, with bytes of its own. */
interface HeldRecord {
  readonly raw: RawRecord;
  readonly at: RecordPosition;
}

/** A last stable offset at which a snapshot may be made: the end of a batch. */
export interface StablePoint extends Provenance {
  /** Of the batch that ends there: the next one chains to it. */
  readonly chainChecksum: number;
}

interface OpenTransaction {
  /** Of its Begin record: the last stable offset while it is open. */
  readonly beginOffset: Offset;
  readonly records: HeldRecord[];
}

/**
 * Feeds committed batches to an image, up to the last stable offset: what stands behind an open Begin is kept apart until
 * its End, and dropped at an Abort (KIP-868). The same on controllers, brokers and gateway.
 *
 * Batches are borrowed for the call; what a transaction keeps is copied.
 */
export class BatchFold {
  readonly #image: MetadataImage;
  #endOffset: Offset;
  #open: OpenTransaction | undefined;
  #stablePoint: StablePoint | undefined;

  /**
   * @param image - empty, or loaded from a snapshot, which is never made inside a transaction.
   * @param chainChecksum - of the batch that ends where the image does, as the snapshot's header says.
   */
  constructor(image: MetadataImage, chainChecksum?: number) {
    this.#image = image;
    this.#endOffset = image.appliedOffset;
    if (chainChecksum !== undefined) this.#stablePoint = { ...image.provenance, chainChecksum };
  }

  /** End of the batches folded so far, exclusive. */
  get endOffset(): Offset {
    return this.#endOffset;
  }

  /** Last stable offset, exclusive: the image holds everything below it. Equals `endOffset` outside of transactions. */
  get stableOffset(): Offset {
    return this.#image.appliedOffset;
  }

  /** Where the last stable offset stands in the log; undefined while it is not the end of a batch that was seen. */
  get stablePoint(): StablePoint | undefined {
    return this.#stablePoint;
  }

  get transactionOpen(): boolean {
    return this.#open !== undefined;
  }

  /**
   * Folds one committed batch; control batches only move the offsets.
   *
   * @param watch - false leaves the changes out: a cache that catches up does not need them, and they cost memory.
   * @throws ReplayError on a record that cannot be read or does not fit, Begin inside a transaction, End or Abort outside of
   *   one; Error on a batch that does not continue. Fatal: the log is what it is, and the image may hold part of the batch.
   */
  fold(batch: EncodedBatch, watch = true): MetadataDelta {
    if (batch.baseOffset !== this.#endOffset) {
      throw new Error(`batch at offset ${batch.baseOffset} does not continue the image, which has read up to ${this.#endOffset}`);
    }
    const fromOffset = this.stableOffset;
    const changes: MetadataChange[] = [];
    const sink = watch ? (change: MetadataChange): void => void changes.push(change) : undefined;
    if (!batch.isControl) {
      forEachRecord(batch, (raw, offset) => {
        this.#foldRecord(raw, { offset, epoch: batch.epoch, wallMs: batch.appendTimeMs }, sink);
      });
    }
    this.#endOffset = batch.endOffset;
    this.#settle(batch);
    return { fromOffset, endOffset: this.stableOffset, epoch: batch.epoch, timestampMs: batch.appendTimeMs, changes };
  }

  #foldRecord(raw: RawRecord, at: RecordPosition, sink: ((change: MetadataChange) => void) | undefined): void {
    switch (raw.type) {
      case RECORD_TYPE.BeginTransaction:
        if (this.#open !== undefined) {
          throw new ReplayError('BeginTransaction', at, `the transaction of offset ${this.#open.beginOffset} is open`);
        }
        this.#open = { beginOffset: at.offset, records: [] };
        return;
      case RECORD_TYPE.EndTransaction: {
        const { records } = this.#takeOpen('EndTransaction', at);
        for (const held of records) this.#image.applyRaw(held.raw, held.at, sink);
        this.#image.advanceTo({ endOffset: (at.offset + 1) as Offset, epoch: at.epoch as Epoch, timestampMs: at.wallMs });
        return;
      }
      case RECORD_TYPE.AbortTransaction:
        this.#takeOpen('AbortTransaction', at);
        this.#image.advanceTo({ endOffset: (at.offset + 1) as Offset, epoch: at.epoch as Epoch, timestampMs: at.wallMs });
        return;
      default:
        if (this.#open === undefined) this.#image.applyRaw(raw, at, sink);
        else this.#open.records.push({ raw: { ...raw, payload: copyBytes(raw.payload) }, at });
    }
  }

  #settle(batch: EncodedBatch): void {
    if (this.#open !== undefined) {
      // A transaction that begins inside a batch leaves the stable offset off every batch edge.
      if (this.#stablePoint?.endOffset !== this.stableOffset) this.#stablePoint = undefined;
      return;
    }
    this.#image.advanceTo({ endOffset: batch.endOffset, epoch: batch.epoch, timestampMs: batch.appendTimeMs });
    this.#stablePoint = { ...this.#image.provenance, chainChecksum: batch.checksum };
  }

  #takeOpen(kind: string, at: RecordPosition): OpenTransaction {
    const open = this.#open;
    if (open === undefined) throw new ReplayError(kind, at, 'no transaction is open');
    this.#open = undefined;
    return open;
  }
}
