import { MAX_READ_BATCH_BYTES } from '@quorate/records';

/** Bounds of one server. Whatever is beyond them gets RESOURCE_EXHAUSTED or waits; nothing grows without an end. */
export interface ServerLimits {
  /** Largest message that is read, in bytes. */
  readonly maxMessageBytes: number;
  /** Calls and streams at a time, over all connections. */
  readonly maxCalls: number;
  /** Bytes of requests that are read and not answered yet, over all connections: single calls beyond are refused, streams wait. */
  readonly maxBytesInWork: number;
  /** Calls and streams at a time on one connection (HTTP/2's own limit). */
  readonly maxStreamsPerConnection: number;
  /** Connections at a time; further ones are closed at once. */
  readonly maxConnections: number;
  /** Memory that one connection may hold, in megabytes. */
  readonly maxSessionMemoryMb: number;
}

/** People and tools: gRPC's usual message size, many callers. */
export const ADMIN_LIMITS: ServerLimits = {
  maxMessageBytes: 4 * 1024 * 1024,
  maxCalls: 4096,
  maxBytesInWork: 64 * 1024 * 1024,
  maxStreamsPerConnection: 1024,
  maxConnections: 1024,
  maxSessionMemoryMb: 64,
};

/** Nodes of the cluster: sized for the largest batch that a reader accepts, and what stands around it. */
export const INTERNAL_MESSAGE_BYTES = MAX_READ_BATCH_BYTES + 64 * 1024;

/** Largest piece of a snapshot that one message carries, whatever was configured and asked for. */
export const MAX_SNAPSHOT_CHUNK_BYTES = MAX_READ_BATCH_BYTES;

export const CONTROLLER_LIMITS: ServerLimits = {
  maxMessageBytes: INTERNAL_MESSAGE_BYTES,
  maxCalls: 8192,
  maxBytesInWork: 128 * 1024 * 1024,
  maxStreamsPerConnection: 2048,
  maxConnections: 4096,
  maxSessionMemoryMb: 128,
};

/** Deadline of a call that came without one, in milliseconds. */
export const DEFAULT_DEADLINE_MS = 30_000;
