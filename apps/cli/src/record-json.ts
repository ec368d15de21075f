import { decodeControlRecord, decodeRecord, kafkaErrorName, RecordFormatError, requestsOf, uuidFromBytes, type EncodedBatch, type RawRecord } from '@quorate/records';

/** A batch as one JSON object: header, and the requests whose outcomes it holds. */
export function batchJson(batch: EncodedBatch): Readonly<Record<string, unknown>> {
  const requests = requestsOf(batch).map(({ requestId, firstRecord, items }) => ({
    id: uuidText(requestId),
    firstRecord,
    items: items.map(({ errorCode, topicId }) => ({ error: kafkaErrorName(errorCode) ?? errorCode, ...(topicId === undefined ? {} : { topicId: uuidFromBytes(topicId) }) })),
  }));
  return {
    baseOffset: batch.baseOffset,
    endOffset: batch.endOffset,
    epoch: batch.epoch,
    appendTime: timeText(batch.appendTimeMs),
    isControl: batch.isControl,
    recordCount: batch.recordCount,
    sizeBytes: batch.bytes.length,
    checksum: hex32(batch.checksum),
    previousChecksum: hex32(batch.previousChecksum),
    ...(requests.length === 0 ? {} : { requests }),
  };
}

/** A record as one JSON object; one that cannot be decoded says why and shows its bytes. */
export function recordJson(raw: RawRecord, isControl: boolean): Readonly<Record<string, unknown>> {
  try {
    const { kind, version, value } = isControl ? decodeControlRecord(raw) : decodeRecord(raw);
    return { kind, version, value: plain(value) };
  } catch (error) {
    if (!(error instanceof RecordFormatError)) throw error;
    return { type: raw.type, version: raw.version, problem: error.message, payload: Buffer.from(raw.payload).toString('hex') };
  }
}

/** Bytes become text: 16 of them a UUID as Kafka writes it, others hexadecimal. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.length === 16 ? uuidFromBytes(value) : Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}

/** Request ids are UUIDv7, in the form that callers send. */
function uuidText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export function timeText(ms: number): string {
  return ms <= 8.64e15 ? new Date(ms).toISOString() : `${ms} ms`;
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
