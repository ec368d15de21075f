/** For offline tools: reading a directory that nobody uses, damaged or not, and changing what an operator must change by hand. */
export { examineLog, type ExamineOptions, type ExaminedLog, type LogFinding, type PlacedBatch } from './examine-log.js';
export { discardLog, type DiscardRequest, type Discarded } from './discard-log.js';
export { replaceProperties } from './replace-properties.js';
export { verifyDirectory, type VerifiedDirectory, type VerifiedSnapshot } from './verify-directory.js';
export { EPOCH_LEAP, overrideVoters, type Overridden, type OverrideRequest } from './override-voters.js';
