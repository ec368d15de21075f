import { encodedRecordSize } from '@quorate/records';
import type { ItemOutcome, Offset, RawRecord, RequestOutcome } from '@quorate/records';

/** What one batch may hold. */
export interface BatchLimits {
  readonly maxRecords: number;
  /** Of the whole batch, header and requests section included. */
  readonly maxBytes: number;
}

/** The header of a batch. */
const HEADER_BYTES = 48;

/** Upper bound of what a request adds to the requests section: field tags, id, index, and for each item a number and a topic id. */
export function requestBytes(items: readonly ItemOutcome[]): number {
  return 40 + 40 * items.length;
}

/** Bytes that records take in a batch. */
export function recordsBytes(records: readonly RawRecord[]): number {
  let bytes = 0;
  for (const record of records) bytes += encodedRecordSize(record);
  return bytes;
}

/** Records and requests of one batch in the making. */
export class BatchBuilder {
  readonly baseOffset: Offset;
  /** Append time of the batch, and what its decisions were told as `wallMs`; milliseconds since 1970. */
  readonly wallMs: number;
  readonly #limits: BatchLimits;
  readonly #records: RawRecord[] = [];
  readonly #requests: RequestOutcome[] = [];
  #bytes = HEADER_BYTES;

  constructor(baseOffset: Offset, wallMs: number, limits: BatchLimits) {
    this.baseOffset = baseOffset;
    this.wallMs = wallMs;
    this.#limits = limits;
  }

  /** Offset of the next record. */
  get endOffset(): Offset {
    return (this.baseOffset + this.#records.length) as Offset;
  }

  get isEmpty(): boolean {
    return this.#records.length === 0;
  }

  get records(): readonly RawRecord[] {
    return this.#records;
  }

  get requests(): readonly RequestOutcome[] {
    return this.#requests;
  }

  /** Whether so much more would fit; into an empty batch, whether it would ever. */
  hasRoomFor(recordCount: number, bytes: number): boolean {
    return this.#records.length + recordCount <= this.#limits.maxRecords && this.#bytes + bytes <= this.#limits.maxBytes;
  }

  add(record: RawRecord): void {
    this.#records.push(record);
    this.#bytes += encodedRecordSize(record);
  }

  /** Notes a request whose records in this batch begin at `firstRecord`. */
  addRequest(request: RequestOutcome): void {
    this.#requests.push(request);
    this.#bytes += requestBytes(request.items);
  }
}
