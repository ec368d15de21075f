import { KAFKA_ERRORS } from '@quorate/records';
import type { RaftErrorName } from './messages.js';

/** What a peer that gets this answer does: follow the hint in it, try again later, give the request up, or call for an operator. */
export type RaftErrorReaction = 'ok' | 'follow-hint' | 'retry-later' | 'done' | 'operator';

/**
 * Every error that a Raft RPC answers with: its number in the one table of them, what it says, and what the asker does.
 * Source: KIP-595, KIP-853.
 */
export const RAFT_ERRORS: { readonly [Name in RaftErrorName]: { readonly code: number; readonly reaction: RaftErrorReaction; readonly message: string } } = {
  NONE: { code: KAFKA_ERRORS.NONE, reaction: 'ok', message: 'no error' },
  UNKNOWN_SERVER_ERROR: { code: KAFKA_ERRORS.UNKNOWN_SERVER_ERROR, reaction: 'retry-later', message: 'the server met an unexpected error' },
  NOT_LEADER_OR_FOLLOWER: { code: KAFKA_ERRORS.NOT_LEADER_OR_FOLLOWER, reaction: 'follow-hint', message: 'this node does not lead the epoch' },
  REQUEST_TIMED_OUT: { code: KAFKA_ERRORS.REQUEST_TIMED_OUT, reaction: 'retry-later', message: 'the request was not done in time' },
  BROKER_NOT_AVAILABLE: { code: KAFKA_ERRORS.BROKER_NOT_AVAILABLE, reaction: 'retry-later', message: 'this node is shutting down' },
  UNSUPPORTED_VERSION: { code: KAFKA_ERRORS.UNSUPPORTED_VERSION, reaction: 'retry-later', message: 'the request is not understood here' },
  INVALID_REQUEST: { code: KAFKA_ERRORS.INVALID_REQUEST, reaction: 'operator', message: 'the request contradicts itself' },
  FENCED_LEADER_EPOCH: { code: KAFKA_ERRORS.FENCED_LEADER_EPOCH, reaction: 'follow-hint', message: 'the epoch of the request is older than the one here' },
  UNKNOWN_LEADER_EPOCH: { code: KAFKA_ERRORS.UNKNOWN_LEADER_EPOCH, reaction: 'retry-later', message: 'the epoch of the request is newer than the one here' },
  SNAPSHOT_NOT_FOUND: { code: KAFKA_ERRORS.SNAPSHOT_NOT_FOUND, reaction: 'follow-hint', message: 'the snapshot is not here' },
  POSITION_OUT_OF_RANGE: { code: KAFKA_ERRORS.POSITION_OUT_OF_RANGE, reaction: 'retry-later', message: 'the position is outside the snapshot' },
  INCONSISTENT_CLUSTER_ID: { code: KAFKA_ERRORS.INCONSISTENT_CLUSTER_ID, reaction: 'operator', message: 'the sender belongs to another cluster' },
  INVALID_VOTER_KEY: { code: KAFKA_ERRORS.INVALID_VOTER_KEY, reaction: 'done', message: 'the request is meant for another replica: other node id or other directory id' },
  DUPLICATE_VOTER: { code: KAFKA_ERRORS.DUPLICATE_VOTER, reaction: 'done', message: 'a voter of that node id is in the voter set already' },
  VOTER_NOT_FOUND: { code: KAFKA_ERRORS.VOTER_NOT_FOUND, reaction: 'done', message: 'the voter set holds no voter of that node id and directory id' },
  INCONSISTENT_RECOVERY_ID: { code: KAFKA_ERRORS.INCONSISTENT_RECOVERY_ID, reaction: 'operator', message: 'the sender belongs to another history of this cluster; format it empty and let it rejoin' },
  CHAIN_MISMATCH: { code: KAFKA_ERRORS.CHAIN_MISMATCH, reaction: 'operator', message: 'same offset and epoch, different bytes: one of the two copies is damaged' },
};

/** Name of the error with that number; unknown numbers read as UNKNOWN_SERVER_ERROR. */
export function raftErrorName(code: number): RaftErrorName {
  for (const [name, entry] of Object.entries(RAFT_ERRORS)) if (entry.code === code) return name as RaftErrorName;
  return 'UNKNOWN_SERVER_ERROR';
}

/** An invariant of the protocol is broken: a bug here or in a peer. Nothing may go on; the process must die. */
export class RaftInvariantError extends Error {
  override readonly name = 'RaftInvariantError';
}
