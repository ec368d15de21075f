import { connect, headers as natsHeaders, type NatsConnection } from '@nats-io/transport-node';
import { encodeBatch, encodeRecord, genesisChecksum, type EncodedBatch, type Epoch, type Offset } from '@quorate/records';
import type { FeedReceiver } from '@quorate/metadata-follower';
import { FEED_HEADER, feedMac } from '../src/feed-message.js';
import { logSubject } from '../src/subjects.js';

export const CLUSTER_ID = 'kT9mTzJmQZ2rHq0vWc1bLA';
export const KEY = new Uint8Array(32).fill(7);
export const EPOCH = 3 as Epoch;

/** Batches of one record each that continue one another from offset 0. */
export function batchChain(count: number, { payloadBytes = 5, clusterId = CLUSTER_ID } = {}): readonly EncodedBatch[] {
  const batches: EncodedBatch[] = [];
  for (let n = 0; n < count; n++) {
    batches.push(
      encodeBatch({
        baseOffset: n as Offset,
        epoch: 1 as Epoch,
        appendTimeMs: 1_700_000_000_000 + n,
        isControl: false,
        previousChecksum: batches.at(-1)?.checksum ?? genesisChecksum(clusterId),
        records: [{ ...encodeRecord({ kind: 'NoOp', version: 0, value: {} }), payload: new Uint8Array(payloadBytes).fill(n % 251) }],
      }),
    );
  }
  return batches;
}

/** One message as it travels; the tests change what they want to forge. */
export interface FeedMessage {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** The message that a publisher would send. */
export function signed(batch: EncodedBatch, { key = KEY as Uint8Array, epoch = EPOCH, clusterId = CLUSTER_ID } = {}): FeedMessage {
  const mac = feedMac(key, { clusterId, leaderEpoch: epoch, baseOffset: batch.baseOffset, endOffset: batch.endOffset, body: batch.bytes });
  return {
    body: batch.bytes,
    headers: {
      [FEED_HEADER.baseOffset]: String(batch.baseOffset),
      [FEED_HEADER.endOffset]: String(batch.endOffset),
      [FEED_HEADER.leaderEpoch]: String(epoch),
      [FEED_HEADER.previousChecksum]: String(batch.previousChecksum),
      [FEED_HEADER.mac]: mac.toString('base64url'),
    },
  };
}

/** Somebody on the same NATS who publishes what he wants. */
export class Intruder {
  readonly #connection: NatsConnection;
  readonly #subject = logSubject({ clusterId: CLUSTER_ID, recoveryId: undefined });

  private constructor(connection: NatsConnection) {
    this.#connection = connection;
  }

  static async at(url: string): Promise<Intruder> {
    return new Intruder(await connect({ servers: [url], maxReconnectAttempts: -1, reconnectTimeWait: 20 }));
  }

  send({ body, headers }: FeedMessage): void {
    const wire = natsHeaders();
    for (const [name, value] of Object.entries(headers)) wire.set(name, value);
    this.#connection.publish(this.#subject, body, { headers: wire });
  }

  /** Everything that travels, on every subject. */
  listen(): { readonly subject: string; readonly body: Uint8Array; readonly headers: Record<string, string> }[] {
    const heard: { subject: string; body: Uint8Array; headers: Record<string, string> }[] = [];
    this.#connection.subscribe('>', {
      callback: (_error, message) => {
        heard.push({ subject: message.subject, body: Uint8Array.from(message.data), headers: Object.fromEntries((message.headers?.keys() ?? []).map((name) => [name, message.headers?.get(name) ?? ''])) });
      },
    });
    return heard;
  }

  /** Everything sent before has reached the server. */
  flush(): Promise<void> {
    return this.#connection.flush();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

/** What a follower of the feed was told. */
export class Heard implements FeedReceiver {
  readonly batches: EncodedBatch[] = [];
  readonly announcedOffsets: number[] = [];
  readonly drops: string[] = [];
  readonly ups: boolean[] = [];

  batch(batch: EncodedBatch): void {
    this.batches.push(batch);
  }
  announced(endOffset: Offset): void {
    this.announcedOffsets.push(endOffset);
  }
  dropped(reason: string): void {
    this.drops.push(reason);
  }
  connected(up: boolean): void {
    this.ups.push(up);
  }

  get isUp(): boolean {
    return this.ups.at(-1) === true;
  }
}
