import type { ElectionTrigger, RaftErrorName, VoteRefusal } from '@quorate/raft-core';
import { KAFKA_ERRORS, kafkaErrorName } from '@quorate/records';
import { ElectionTrigger as WireTrigger, VoteRefusal as WireRefusal } from '@quorate/records/gen/quorate/raft/v1/raft';

/** The words of the Raft RPCs and their numbers on the wire; each table is read both ways. */

const TRIGGERS: Readonly<Record<ElectionTrigger, WireTrigger>> = {
  'start-up': WireTrigger.ELECTION_TRIGGER_START_UP,
  'fetch-timeout': WireTrigger.ELECTION_TRIGGER_FETCH_TIMEOUT,
  'leader-silent': WireTrigger.ELECTION_TRIGGER_LEADER_SILENT,
  'connection-lost': WireTrigger.ELECTION_TRIGGER_CONNECTION_LOST,
  succession: WireTrigger.ELECTION_TRIGGER_SUCCESSION,
  'check-quorum': WireTrigger.ELECTION_TRIGGER_CHECK_QUORUM,
  'election-timeout': WireTrigger.ELECTION_TRIGGER_ELECTION_TIMEOUT,
  operator: WireTrigger.ELECTION_TRIGGER_OPERATOR,
};

const REFUSALS: Readonly<Record<VoteRefusal, WireRefusal>> = {
  'hears-leader': WireRefusal.VOTE_REFUSAL_HEARS_LEADER,
  'is-leader': WireRefusal.VOTE_REFUSAL_IS_LEADER,
  'already-voted': WireRefusal.VOTE_REFUSAL_ALREADY_VOTED,
  'log-behind': WireRefusal.VOTE_REFUSAL_LOG_BEHIND,
  'older-epoch': WireRefusal.VOTE_REFUSAL_OLDER_EPOCH,
  'unknown-voter-key': WireRefusal.VOTE_REFUSAL_UNKNOWN_VOTER_KEY,
  'knows-leader': WireRefusal.VOTE_REFUSAL_KNOWS_LEADER,
  'is-candidate': WireRefusal.VOTE_REFUSAL_IS_CANDIDATE,
  recovering: WireRefusal.VOTE_REFUSAL_RECOVERING,
  'shutting-down': WireRefusal.VOTE_REFUSAL_SHUTTING_DOWN,
  unreachable: WireRefusal.VOTE_REFUSAL_UNREACHABLE,
  'timed-out': WireRefusal.VOTE_REFUSAL_TIMED_OUT,
};

/** Errors that a Raft RPC may answer with; another number from a newer peer is read as UNKNOWN_SERVER_ERROR. */
const RAFT_ERRORS: readonly RaftErrorName[] = [
  'NONE',
  'INCONSISTENT_CLUSTER_ID',
  'INCONSISTENT_RECOVERY_ID',
  'INVALID_REQUEST',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'NOT_LEADER_OR_FOLLOWER',
  'BROKER_NOT_AVAILABLE',
  'INVALID_VOTER_KEY',
  'UNSUPPORTED_VERSION',
  'SNAPSHOT_NOT_FOUND',
  'POSITION_OUT_OF_RANGE',
  'REQUEST_TIMED_OUT',
  'DUPLICATE_VOTER',
  'VOTER_NOT_FOUND',
  'CHAIN_MISMATCH',
  'UNKNOWN_SERVER_ERROR',
];

const TRIGGER_OF = inverse(TRIGGERS);
const REFUSAL_OF = inverse(REFUSALS);
const KNOWN_ERRORS: ReadonlySet<string> = new Set(RAFT_ERRORS);

export const triggerToWire = (trigger: ElectionTrigger): WireTrigger => TRIGGERS[trigger];
/** A trigger that a newer peer knows and we do not counts as `election-timeout`: it is for the record only. */
export const triggerFromWire = (value: WireTrigger): ElectionTrigger => TRIGGER_OF.get(value) ?? 'election-timeout';

export const refusalToWire = (refusal: VoteRefusal | undefined): WireRefusal =>
  refusal === undefined ? WireRefusal.VOTE_REFUSAL_UNSPECIFIED : REFUSALS[refusal];
export const refusalFromWire = (value: WireRefusal): VoteRefusal | undefined => REFUSAL_OF.get(value);

export const raftErrorToWire = (error: RaftErrorName): number => KAFKA_ERRORS[error];
export function raftErrorFromWire(code: number): RaftErrorName {
  const name = kafkaErrorName(code);
  return name !== undefined && KNOWN_ERRORS.has(name) ? (name as RaftErrorName) : 'UNKNOWN_SERVER_ERROR';
}

function inverse<K extends string, V>(table: Readonly<Record<K, V>>): ReadonlyMap<V, K> {
  return new Map(Object.entries(table).map(([name, value]) => [value as V, name as K]));
}
