import type { Epoch, NodeId, Offset } from '@quorate/records';

/** Why an election began. */
export type ElectionTrigger =
  | 'start-up'
  | 'fetch-timeout'
  | 'leader-silent'
  | 'connection-lost'
  | 'succession'
  | 'check-quorum'
  | 'election-timeout'
  | 'operator';

/** Why a voter said no. */
export type VoteRefusal =
  | 'hears-leader'
  | 'is-leader'
  | 'already-voted'
  | 'log-behind'
  | 'older-epoch'
  | 'unknown-voter-key'
  | 'knows-leader'
  | 'is-candidate'
  | 'recovering'
  | 'shutting-down'
  | 'unreachable'
  | 'timed-out';

/** What one voter answered in one round. */
export interface BallotEntry {
  readonly voterId: NodeId;
  readonly granted: boolean;
  readonly refusal: VoteRefusal | undefined;
  /** How complete the voter's log was; absent when it did not answer. */
  readonly lastEpoch: Epoch | undefined;
  readonly endOffset: Offset | undefined;
  /** Milliseconds from the start of its round to the answer. */
  readonly afterMs: number;
}

/** One election as seen by the node that stood: won, lost or given up. Monotonic times of that node. */
export interface ElectionRecord {
  readonly nodeId: NodeId;
  /** The epoch it stood for. */
  readonly epoch: Epoch;
  readonly trigger: ElectionTrigger;
  /** From 1; grows with each round that was lost. */
  readonly attempt: number;
  /** The random wait before this round, in milliseconds. */
  readonly waitMs: number;
  /** When the old leader was last heard; absent at start-up. */
  readonly lastLeaderContactMs: number | undefined;
  readonly previousLeaderId: NodeId | undefined;
  readonly startedMs: number;
  readonly lastEpoch: Epoch;
  readonly endOffset: Offset;
  readonly preVotes: readonly BallotEntry[];
  readonly votes: readonly BallotEntry[];
  /** When the real vote began; absent when the pre-vote was not won. */
  readonly voteStartedMs: number | undefined;
  readonly endedMs: number;
  readonly outcome: 'won' | 'lost-pre-vote' | 'lost-vote' | 'timed-out' | 'yielded' | 'found-leader' | 'higher-epoch';
}

/**
 * What happened inside the core, as data. Whoever listens turns it into a log line, a span, a metric or a trace line; the
 * attribute names are those of the telemetry list (`node epoch role offset peer`).
 */
export type CoreEvent =
  | { readonly kind: 'described'; readonly name: string; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly attributes: Readonly<Record<string, string | number | boolean>> }
  | { readonly kind: 'roleChanged'; readonly from: string; readonly to: string; readonly epoch: Epoch; readonly leaderId: NodeId | undefined; readonly reason: string }
  | { readonly kind: 'voteCast'; readonly candidateId: NodeId; readonly epoch: Epoch; readonly preVote: boolean; readonly granted: boolean; readonly refusal: VoteRefusal | undefined }
  | { readonly kind: 'electionEnded'; readonly election: ElectionRecord }
  | { readonly kind: 'leaderCommitted'; readonly epoch: Epoch; readonly offset: Offset };
