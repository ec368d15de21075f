import { forEachRecord, parseBatchHeader, readBatch, readBatches, recordsOf, requestsOf } from '@quorate/records';
import { repairBatches } from '../repair-batches.js';
import type { FuzzTarget } from '../target.js';
import { batches, joined, requests } from './made.js';
import { encodeBatch } from '@quorate/records';

/** What `readBatch` takes for sound, no reader of its parts may fail on. */
export const batchTarget: FuzzTarget = {
  name: 'batch',
  shape: 'bytes',
  // A view on each batch: an object of some 300 bytes for 51 of input at least.
  valid: (random) => joined(batches(random)),
  repair: (bytes, random) => repairBatches(bytes, 0, random.oneIn(2)),
  decode(bytes) {
    parseBatchHeader(bytes, 0);
    const { batches: found, problem } = readBatches(bytes);
    for (const batch of found) {
      let count = 0;
      forEachRecord(batch, (raw, offset, index) => {
        count += raw.type >= 0 && offset === batch.baseOffset + index ? 1 : 0;
      });
      if (count !== batch.recordCount) throw new Error(`${count} of ${batch.recordCount} records`);
      for (const request of requestsOf(batch)) if (request.requestId.length !== 16) throw new Error('a request id that is not 16 bytes');
    }
    return problem === undefined ? 'read' : 'refused';
  },
};

/** The requests section by itself, in a batch that is sound around it. */
export const requestsTarget: FuzzTarget = {
  name: 'requests',
  shape: 'protobuf',
  valid: (random) => {
    const { bytes } = encodeBatch({ baseOffset: 0, epoch: 1, appendTimeMs: 1, isControl: false, previousChecksum: 0, records: RECORDS, requests: requests(random, RECORDS.length) });
    return bytes.subarray(48, 48 + ((bytes[40]! << 24) | (bytes[41]! << 16) | (bytes[42]! << 8) | bytes[43]!));
  },
  decode(section) {
    // The one copy is the test's own: it counts as one of the two that are allowed.
    const bytes = new Uint8Array(48 + section.length + RECORDS_BYTES.length);
    bytes.set(EMPTY.subarray(0, 48));
    bytes.set(section, 48);
    bytes.set(RECORDS_BYTES, 48 + section.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(4, bytes.length);
    view.setUint32(40, section.length);
    repairBatches(bytes, 0, false);
    const read = readBatch(bytes, 0);
    if (read.kind !== 'batch') return 'refused';
    let first = 0;
    for (const request of requestsOf(read.batch)) {
      if (request.requestId.length !== 16) throw new Error('a request id that is not 16 bytes');
      if (request.firstRecord < first || request.firstRecord > RECORDS.length) throw new Error(`first record ${request.firstRecord}`);
      first = request.firstRecord;
    }
    return recordsOf(read.batch).length === RECORDS.length ? 'read' : 'refused';
  },
};

const RECORDS = Array.from({ length: 3 }, () => ({ type: 20, version: 0, payload: new Uint8Array(0) }));
const EMPTY = encodeBatch({ baseOffset: 0, epoch: 1, appendTimeMs: 1, isControl: false, previousChecksum: 0, records: RECORDS }).bytes;
const RECORDS_BYTES = EMPTY.subarray(48);
