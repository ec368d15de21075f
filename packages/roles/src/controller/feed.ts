import { randomBytes } from 'node:crypto';
import { FeedPublishing, NatsPublisher } from '@quorate/change-feed';
import type { CommittedBatch } from '@quorate/controller-node';
import type { FeedPosition } from '@quorate/raft-node';
import { copyBytes, ZERO_UUID, type Epoch, type Offset, type Uuid } from '@quorate/records';
import type { Logger } from '@quorate/telemetry';

export interface ControllerFeedOptions {
  readonly servers: readonly string[];
  readonly nodeId: number;
  readonly clusterId: string;
  readonly recoveryId: Uuid;
  readonly logger: Logger;
}

/** So much of the committed log is kept for publishing again after a change of leader. */
const KEPT_BATCHES = 10_000;
const KEPT_BYTES = 32 * 1024 * 1024;

/** The change feed as a controller serves it: the active one publishes, the others are ready to go on where it stops. */
export class ControllerFeed implements FeedPosition {
  readonly #publishing: FeedPublishing;
  readonly #publisher: NatsPublisher;

  constructor({ servers, nodeId, clusterId, recoveryId, logger }: ControllerFeedOptions) {
    this.#publishing = new FeedPublishing({
      maxBatches: KEPT_BATCHES,
      maxBytes: KEPT_BYTES,
      send: (batch, epoch, key) => this.#publisher.publish(batch, epoch, key),
      newKey: () => new Uint8Array(randomBytes(32)),
    });
    this.#publisher = new NatsPublisher({
      servers,
      name: `quorum-controller-${nodeId}`,
      clusterId,
      recoveryId: recoveryId === ZERO_UUID ? undefined : recoveryId,
      onUp: () => {
        logger.info({ event: 'feed.up' }, 'the change feed is connected');
        this.#publishing.serverUp();
      },
      onDown: () => logger.warn({ event: 'feed.down' }, 'the change feed is not connected; changes spread over gRPC'),
      onProblem: (message) => logger.warn({ event: 'feed.problem' }, message),
    });
  }

  open(): void {
    this.#publisher.open();
  }

  get isUp(): boolean {
    return this.#publisher.isUp;
  }

  publishedOffset(): Offset | undefined {
    return this.#publishing.publishedOffset();
  }

  key(): Uint8Array | undefined {
    return this.#publishing.key();
  }

  heardPublishedOffset(offset: Offset): void {
    this.#publishing.heardPublishedOffset(offset);
  }

  committed(batches: readonly CommittedBatch[]): void {
    // The bytes are borrowed for the call; what is kept for publishing again owns its own.
    this.#publishing.committed(batches.map(({ batch }) => ({ ...batch, bytes: copyBytes(batch.bytes) })));
  }

  claim(epoch: Epoch): void {
    this.#publishing.claim(epoch);
  }

  renounce(): void {
    this.#publishing.renounce();
  }

  close(): Promise<void> {
    return this.#publisher.close();
  }
}
