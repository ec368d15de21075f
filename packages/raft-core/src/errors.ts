import type { RaftErrorName } from './messages.js';

/** What a peer that gets this answer does: follow the hint in it, try again later, give the request up, or call for an operator. */
export type RaftErrorReaction = 'ok' | 'follow-hint' | 'retry-later' | 'done' | 'operator';

/**
 * Every error that a Raft RPC answers with: Kafka's number, what it says, and what the asker does. Numbers from 10001 on are
 * ours; Kafka leaves that range free. Source: kraft.md §2.3, org.apache.kafka.common.protocol.Errors.
 */
export const RAFT_ERRORS: { readonly [Name in RaftErrorName]: { readonly code: number; readonly reaction: RaftErrorReaction; readonly message: string } } = {
  NONE: { code: 0, reaction: 'ok', message: 'no error' },
  UNKNOWN_SERVER_ERROR: { code: -1, reaction: 'retry-later', message: 'the server met an unexpected error' },
  NOT_LEADER_OR_FOLLOWER: { code: 6, reaction: 'follow-hint', message: 'this node does not lead the epoch' },
  REQUEST_TIMED_OUT: { code: 7, reaction: 'retry-later', message: 'the request was not done in time' },
  BROKER_NOT_AVAILABLE: { code: 8, reaction: 'retry-later', message: 'this node is shutting down' },
  UNSUPPORTED_VERSION: { code: 35, reaction: 'retry-later', message: 'the request is not understood here' },
  INVALID_REQUEST: { code: 42, reaction: 'operator', message: 'the request contradicts itself' },
  FENCED_LEADER_EPOCH: { code: 74, reaction: 'follow-hint', message: 'the epoch of the request is older than the one here' },
  UNKNOWN_LEADER_EPOCH: { code: 75, reaction: 'retry-later', message: 'the epoch of the request is newer than the one here' },
  SNAPSHOT_NOT_FOUND: { code: 98, reaction: 'follow-hint', message: 'the snapshot is not here' },
  POSITION_OUT_OF_RANGE: { code: 99, reaction: 'retry-later', message: 'the position is outside the snapshot' },
  INCONSISTENT_CLUSTER_ID: { code: 104, reaction: 'operator', message: 'the sender belongs to another cluster' },
  INVALID_VOTER_KEY: { code: 125, reaction: 'done', message: 'the request is meant for another replica: other node id or other directory id' },
  INCONSISTENT_RECOVERY_ID: { code: 10001, reaction: 'operator', message: 'the sender belongs to another history of this cluster; format it empty and let it rejoin' },
  CHAIN_MISMATCH: { code: 10002, reaction: 'operator', message: 'same offset and epoch, different bytes: one of the two copies is damaged' },
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
