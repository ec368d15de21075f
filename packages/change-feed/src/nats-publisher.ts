import { headers as natsHeaders } from '@nats-io/transport-node';
import type { EncodedBatch, Epoch, Offset } from '@quorate/records';
import { FEED_HEADER, feedMac, messageId } from './feed-message.js';
import { NatsLink } from './nats-connection.js';
import { encodeClusterToken, logSubject } from './subjects.js';

export interface NatsPublisherOptions {
  readonly servers: readonly string[];
  readonly name: string;
  readonly clusterId: string;
  readonly recoveryId: string | undefined;
  readonly onUp: () => void;
  readonly onDown: () => void;
  readonly onProblem: (message: string) => void;
}

/** Header bytes of one message, bounded from above; what a server's max_payload leaves is the body's. */
const HEADER_ALLOWANCE_BYTES = 4096;

/** Publishes committed batches. A server that is away loses them; followers then fetch over gRPC. */
export class NatsPublisher {
  readonly #options: NatsPublisherOptions;
  readonly #link: NatsLink;
  readonly #subject: string;
  readonly #clusterToken: string;

  constructor(options: NatsPublisherOptions) {
    this.#options = options;
    this.#subject = logSubject(options);
    this.#clusterToken = encodeClusterToken(options.clusterId);
    this.#link = new NatsLink({
      servers: options.servers,
      name: options.name,
      listener: { up: () => options.onUp(), down: () => options.onDown(), problem: (message) => options.onProblem(message) },
    });
  }

  open(): void {
    this.#link.open();
  }

  get isUp(): boolean {
    return this.#link.connection !== undefined;
  }

  /**
   * Hands one batch to the connection, signed with the key of the leader's epoch. A batch above the server's max_payload
   * goes out as header only.
   *
   * @returns false when no server is connected: nothing was sent.
   */
  publish(batch: EncodedBatch, leaderEpoch: Epoch, key: Uint8Array): boolean {
    const connection = this.#link.connection;
    if (connection === undefined) return false;
    const room = (connection.info?.max_payload ?? 1024 * 1024) - HEADER_ALLOWANCE_BYTES;
    const isWhole = batch.bytes.length <= room;
    const body = isWhole ? batch.bytes : new Uint8Array(0);
    const mac = feedMac(key, { clusterId: this.#options.clusterId, leaderEpoch, baseOffset: batch.baseOffset, endOffset: batch.endOffset, body });
    const headers = natsHeaders();
    headers.set(FEED_HEADER.messageId, messageId(this.#clusterToken, batch));
    headers.set(FEED_HEADER.contentType, 'application/vnd.quorate.batch');
    headers.set(FEED_HEADER.baseOffset, String(batch.baseOffset));
    headers.set(FEED_HEADER.endOffset, String(batch.endOffset));
    headers.set(FEED_HEADER.leaderEpoch, String(leaderEpoch));
    headers.set(FEED_HEADER.previousChecksum, String(batch.previousChecksum));
    headers.set(FEED_HEADER.mac, mac.toString('base64url'));
    if (!isWhole) headers.set(FEED_HEADER.body, 'header');
    try {
      connection.publish(this.#subject, body, { headers });
    } catch {
      return false;
    }
    return true;
  }

  async close(): Promise<void> {
    await this.#link.close();
  }
}

/** Last offset known to be on the feed, kept by whoever publishes: a lower bound that never falls within one epoch. */
export interface PublishedOffset {
  readonly epoch: Epoch;
  readonly endOffset: Offset;
}
