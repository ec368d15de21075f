/** Everything of this package that reads what somebody else sent, for fuzzing. */
export { commandFromWrite } from './admin/command-from-write.js';
export { keyAfter, pageToken } from './admin/paging.js';
export { requestIdOrNew } from './request-id.js';
export { outOfRangeField } from './server/out-of-range-field.js';
export * from './wire/raft-requests.js';
export * from './wire/raft-responses.js';
export * from './wire/raft-voter-changes.js';
export { WireFormatError } from './wire/wire-format-error.js';
