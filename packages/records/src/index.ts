export { brokerEpoch, epoch, nodeId, offset, MAX_SAFE_INT64, type BrokerEpoch, type Epoch, type NodeId, type Offset, type Uuid } from './ids.js';
export {
  MAX_READ_BATCH_BYTES,
  MAX_READ_BATCH_RECORDS,
  MAX_WRITTEN_BATCH_BYTES,
  MAX_WRITTEN_BATCH_RECORDS,
  type BatchHeader,
  type EncodedBatch,
  type ItemOutcome,
  type RawRecord,
  type RequestOutcome,
} from './batch.js';
export {
  CONTROL_RECORD_TYPE,
  CONTROL_RECORD_VERSIONS,
  RECORD_TYPE,
  RECORD_VERSIONS,
  controlRecordKindOf,
  recordKindOf,
  type ControlRecord,
  type ControlRecordKind,
  type ControlRecordValues,
  type MetadataRecord,
  type MetadataRecordKind,
  type MetadataRecordValues,
  type PerControlRecord,
  type PerMetadataRecord,
} from './record-kinds.js';
export { decodeRecord, encodeRecord, encodeRecords } from './record-codec.js';
export { decodeControlRecord, encodeControlRecord } from './control-record-codec.js';
export { RecordFormatError } from './errors.js';
export { encodeBatch, parseBatchHeader, readBatch, readBatches, type BatchInput, type BatchRead } from './batch-codec.js';
export { encodedRecordSize, forEachRecord, recordsOf } from './batch-records.js';
export { keptRequestsOf, outcomeOf, requestsOf, type KeptRequest } from './batch-requests.js';
export { HEADER_BYTES as BATCH_HEADER_BYTES } from './batch-layout.js';
export { crc32c, crc32cOfBoth, genesisChecksum } from './crc32c.js';
export { RESERVED_DIRECTORY, ZERO_UUID, isReservedUuid, parseUuid, uuidFromBytes, uuidFromWords, uuidToBytes, uuidToWords } from './uuid.js';
export { bytesEqual, concatBytes, copyBytes } from './bytes.js';
export { utf8Decode, utf8DecodeStrict, utf8Encode } from './utf8.js';
export { KAFKA_ERRORS, kafkaErrorMessage, kafkaErrorName, type KafkaErrorName } from './kafka-error.js';
