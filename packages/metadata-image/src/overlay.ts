import type { MetadataRecord, Offset } from '@quorate/records';
import { applyRecord } from './apply-record.js';
import type { MetadataImage } from './image.js';
import { Journal } from './overlay/journal.js';
import { OverlayTable } from './overlay/overlay-table.js';
import { OverlayTopics } from './overlay/overlay-topics.js';
import { newScratch } from './replay-scratch.js';
import { StoreView } from './store-view.js';
import type { MetadataStore } from './store.js';
import type { RecordPosition } from './view.js';

class OverlayStore implements MetadataStore {
  readonly features;
  readonly brokers;
  readonly controllers;
  readonly topics;
  readonly configs;
  readonly clientQuotas;
  readonly producerIds;
  readonly acls;
  readonly scram;
  readonly delegationTokens;

  constructor(base: MetadataStore, journal: Journal) {
    this.features = new OverlayTable(base.features, journal);
    this.brokers = new OverlayTable(base.brokers, journal);
    this.controllers = new OverlayTable(base.controllers, journal);
    this.topics = new OverlayTopics(base.topics, journal);
    this.configs = new OverlayTable(base.configs, journal);
    this.clientQuotas = new OverlayTable(base.clientQuotas, journal);
    this.producerIds = new OverlayTable(base.producerIds, journal);
    this.acls = new OverlayTable(base.acls, journal);
    this.scram = new OverlayTable(base.scram, journal);
    this.delegationTokens = new OverlayTable(base.delegationTokens, journal);
  }

  clear(): void {
    for (const table of Object.values(this)) (table as { clear(): void }).clear();
  }
}

/**
 * The leader's state: the committed image, and over it what was decided since and is not yet stable. Read like the image;
 * written by the same rules. What commits is folded into the image and dropped here; losing leadership drops it all.
 */
export class Overlay extends StoreView {
  override readonly store: OverlayStore;
  readonly #base: MetadataImage;
  readonly #journal = new Journal();
  readonly #scratch = newScratch();
  #appliedOffset = 0;
  #transactionBegin: number | undefined;

  constructor(base: MetadataImage) {
    super();
    this.#base = base;
    this.store = new OverlayStore(base.store, this.#journal);
  }

  override get appliedOffset(): Offset {
    return Math.max(this.#appliedOffset, this.#base.appliedOffset) as Offset;
  }

  /**
   * Replays a record that was decided here. A metadata transaction counts here at once; Abort takes it back.
   *
   * @throws ReplayError when the record does not fit: the overlay must be dropped, it may hold part of what was decided.
   */
  apply(record: MetadataRecord, at: RecordPosition): void {
    this.#journal.begin(at.offset);
    if (record.kind === 'BeginTransaction') this.#transactionBegin = at.offset;
    if (record.kind === 'AbortTransaction' && this.#transactionBegin !== undefined) this.#journal.undoFrom(this.#transactionBegin);
    if (record.kind === 'AbortTransaction' || record.kind === 'EndTransaction') this.#transactionBegin = undefined;
    applyRecord({ store: this.store, at, sink: undefined, scratch: this.#scratch }, record);
    this.#appliedOffset = at.offset + 1;
  }

  /** Drops what records below the offset wrote: the image, folded up to this last stable offset, holds it now. */
  foldTo(offset: Offset): void {
    this.#journal.foldTo(offset);
  }

  /** Drops everything that is not in the image. */
  dropAll(): void {
    this.store.clear();
    this.#journal.clear();
    this.#appliedOffset = 0;
    this.#transactionBegin = undefined;
  }
}
