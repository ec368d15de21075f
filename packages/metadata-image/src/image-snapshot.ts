import type { NodeId, Uuid } from '@quorate/records';
import type { AclRow } from './acls/image.js';
import type { QuotaRow } from './client-quotas/image.js';
import type { ConfigResource } from './configs/image.js';
import type { TokenRow } from './delegation-tokens/image.js';
import type { ImageDigest } from './digest.js';
import type { HeldEntries } from './held-table.js';
import type { ImageStore, Provenance } from './image.js';
import { DIGEST_VERSION } from './digest.js';
import type { ScramRow } from './scram/image.js';
import type { HeldTopicImage } from './topics/image.js';
import type { BrokerRow, ControllerRow } from './view.js';

/** An image as it was when it was held. Release it when the snapshot is written or given up. */
export class ImageSnapshot {
  readonly provenance: Provenance;
  readonly digest: ImageDigest;
  readonly features: HeldEntries<string, number>;
  readonly brokers: HeldEntries<NodeId, BrokerRow>;
  readonly controllers: HeldEntries<NodeId, ControllerRow>;
  readonly topics: HeldTopicImage;
  readonly configs: HeldEntries<string, ConfigResource>;
  readonly clientQuotas: HeldEntries<string, QuotaRow>;
  readonly producerIds: HeldEntries<'next', number>;
  readonly acls: HeldEntries<Uuid, AclRow>;
  readonly scram: HeldEntries<string, ScramRow>;
  readonly delegationTokens: HeldEntries<string, TokenRow>;

  constructor(store: ImageStore, provenance: Provenance) {
    this.provenance = provenance;
    this.digest = { version: DIGEST_VERSION, value: store.sum.toBytes() };
    this.features = store.features.hold();
    this.brokers = store.brokers.hold();
    this.controllers = store.controllers.hold();
    this.topics = store.topics.hold();
    this.configs = store.configs.hold();
    this.clientQuotas = store.clientQuotas.hold();
    this.producerIds = store.producerIds.hold();
    this.acls = store.acls.hold();
    this.scram = store.scram.hold();
    this.delegationTokens = store.delegationTokens.hold();
  }

  /** Lets the image write its pages in place again. Idempotent. */
  release(): void {
    this.features.release();
    this.brokers.release();
    this.controllers.release();
    this.topics.release();
    this.configs.release();
    this.clientQuotas.release();
    this.producerIds.release();
    this.acls.release();
    this.scram.release();
    this.delegationTokens.release();
  }
}
