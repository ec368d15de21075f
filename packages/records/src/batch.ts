import type { Epoch, Offset } from './ids.js';

/** One record as the batch holds it: type and version stand beside the protobuf payload. */
export interface RawRecord {
  /** Kafka's record type id; in a control batch, Kafka's control record type. */
  readonly type: number;
  readonly version: number;
  /** Protobuf bytes; when decoded, a view on the batch (copy what is kept). */
  readonly payload: Uint8Array;
}

/**
 * What is known of a batch without decoding its records. Batches are immutable, and the unit of replication, truncation
 * and snapshots: a log is cut on batch edges only.
 */
export interface BatchHeader {
  readonly baseOffset: Offset;
  /** Exclusive: `baseOffset` + number of records. */
  readonly endOffset: Offset;
  /** Epoch of the leader that wrote it. */
  readonly epoch: Epoch;
  /** Leader's wall clock when it appended, milliseconds since 1970. */
  readonly appendTimeMs: number;
  /** Control batches hold Raft's own records (LeaderChange, KRaftVersion, KRaftVoters); others hold metadata records. */
  readonly isControl: boolean;
  readonly recordCount: number;
  /** CRC-32C of this batch, header included. Also the link that the next batch chains to. */
  readonly checksum: number;
  /** Checksum of the batch that ends where this one begins; for the first batch, `genesisChecksum(clusterId)`. */
  readonly previousChecksum: number;
}

/** A batch with its bytes, which travel unchanged through log, wire and feed and are never re-encoded. */
export interface EncodedBatch extends BatchHeader {
  /** The whole batch, header included. Whoever keeps it beyond the call that handed it over owns a copy. */
  readonly bytes: Uint8Array;
}

/** Outcome of one item of a request, kept in the batch so that every node can answer a duplicate. */
export interface ItemOutcome {
  /** Kafka's error number; 0 is success. */
  readonly errorCode: number;
  /** Id of the topic that the item made or changed, 16 bytes; absent where the item is no topic. */
  readonly topicId?: Uint8Array | undefined;
}

/** One request whose outcome a batch holds. */
export interface RequestOutcome {
  /** UUIDv7 of the request, 16 bytes. */
  readonly requestId: Uint8Array;
  /** Index in the batch of the request's first record; equals the record count when it wrote none. */
  readonly firstRecord: number;
  readonly items: readonly ItemOutcome[];
}

/** We never write a batch larger than this (`metadata.log.max.batch.bytes`); checked before replay. */
export const MAX_WRITTEN_BATCH_BYTES = 768 * 1024;
/** We never write more records than this in one batch. */
export const MAX_WRITTEN_BATCH_RECORDS = 10_000;
/** Readers accept batches up to this size; anything that claims to be larger is damage. */
export const MAX_READ_BATCH_BYTES = 8 * 1024 * 1024;
/** Readers accept batches of up to this many records, so that a hostile one cannot claim millions of empty ones. */
export const MAX_READ_BATCH_RECORDS = 100_000;
