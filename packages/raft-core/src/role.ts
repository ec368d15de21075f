import type { NodeId, Offset } from '@quorate/records';
import type { Campaign } from './campaign.js';
import type { ElectionTrigger } from './core-event.js';
import type { ReplyToken, RequestId, TransferToken } from './input.js';
import type { VoterChangeRequest } from './messages.js';
import type { LeaderHealth } from './leader-health.js';
import type { ParkedFetches } from './parked-fetches.js';
import type { ReadRounds } from './read-rounds.js';
import type { Endpoint, ReplicaKey } from './replica-key.js';
import type { ReplicaProgress } from './replica-progress.js';

/**
 * What a node is to its quorum, and what it keeps only as long as it is that. Epoch, vote and leader id stand in the
 * election state (they are durable), log and voter sets in the core's state (they outlive the role).
 *
 * An observer is no role: it is a node outside the voter set, Unattached or Follower. Source: KIP-595, KIP-853.
 */
export type Role = UnattachedRole | ProspectiveRole | CandidateRole | LeaderRole | FollowerRole | ResignedRole;
export type RoleKind = Role['kind'];

/** When and why this node will stand. Kept for nodes that may not stand as well, where it has no effect. */
export interface Standing {
  atMs: number;
  /** The wait up to then, for the election's record. */
  waitMs: number;
  readonly trigger: ElectionTrigger;
}

/** The one Fetch that is in flight or due. */
export interface Fetcher {
  /** Not before this. */
  nextMs: number;
  /** Failed requests in a row. */
  failures: number;
  /** The next one goes to a discovery address instead of the leader. */
  askAround: boolean;
}

/** Where the leader of the epoch is. */
export interface KnownLeader {
  readonly id: NodeId;
  readonly endpoints: readonly Endpoint[];
}

/** Follows nobody: knows no leader, or not where it is. */
export interface UnattachedRole {
  readonly kind: 'unattached';
  standing: Standing;
  readonly fetcher: Fetcher;
}

/** Asks whether an election would be welcome (KIP-996). */
export interface ProspectiveRole {
  readonly kind: 'prospective';
  readonly campaign: Campaign;
  /** The leader it no longer hears, to go back to when the round is lost. */
  readonly leader: KnownLeader | undefined;
}

/** Has voted for itself, and either collects votes or waits for its next round. */
export interface CandidateRole {
  readonly kind: 'candidate';
  phase: { readonly kind: 'voting'; readonly campaign: Campaign } | { readonly kind: 'waiting'; readonly standing: Standing };
}

/** A voter still to be told of the epoch, or of its end. */
export interface Announcement {
  nextMs: number;
  failures: number;
}

/** The one voter change that a leader has under way: first the replica is looked for at its address, then the new set is in the log (KIP-853). */
export interface VoterChange {
  readonly request: VoterChangeRequest;
  /** Who waits for the answer; undefined when it was given, or the asker is gone. */
  token: ReplyToken | undefined;
  /** By then the asker is answered, come what may. */
  readonly deadlineMs: number;
  phase:
    | { readonly kind: 'probing'; readonly requestId: RequestId }
    /** Offset of the record with the new set; it has nothing behind it in its batch. */
    | { readonly kind: 'appended'; readonly offset: Offset };
}

/** The end of an epoch in the making. */
export interface HandOver {
  readonly reason: string;
  readonly trigger: ElectionTrigger;
  readonly untilMs: number;
  /** An operator named who is to lead, and waits to hear of it; undefined when this node has to go whoever follows. */
  readonly transfer: { readonly token: TransferToken; readonly successorId: NodeId } | undefined;
  /** The epoch ends in any case: shutdown, resignation. Otherwise this node leads on when the successor does not come. */
  readonly mustGo: boolean;
}

export interface LeaderRole {
  readonly kind: 'leader';
  /** Offset of its first record. */
  readonly epochStartOffset: Offset;
  readonly grantingVoters: readonly ReplicaKey[];
  /** What it established in this epoch; never inherited. */
  highWatermark: Offset | undefined;
  /** Voters by node id, itself excluded. */
  readonly voters: Map<NodeId, ReplicaProgress>;
  /** Everyone else who fetches under an id, by id and directory id. */
  readonly observers: Map<string, ReplicaProgress>;
  readonly announcements: Map<NodeId, Announcement>;
  /** Fetches of voters: answered on append and when the high watermark moves. */
  readonly parkedVoters: ParkedFetches;
  /** Fetches of everyone else: answered when the high watermark moves, and paced. */
  readonly parkedReaders: ParkedFetches;
  /** Some reader may have something to learn. */
  readersDue: boolean;
  /** Voters heard in the present check-quorum window, and its end. */
  readonly heard: Set<NodeId>;
  checkQuorumMs: number;
  /** Proposals have stopped; the epoch ends when a successor has everything, or at the latest then. */
  handOver: HandOver | undefined;
  readonly health: LeaderHealth;
  /** Answers to readers were last sent then. */
  readersAnsweredMs: number;
  /** Number of the last read round; 0 before the first. */
  readRound: number;
  readonly reads: ReadRounds;
  voterChange: VoterChange | undefined;
}

/** Why a follower no longer hears its leader, and when it will stand. */
export interface LeaderLost extends Standing {
  /** The leader has ended its epoch: nothing more that it says makes it heard again. */
  readonly ended: boolean;
}

export interface FollowerRole {
  readonly kind: 'follower';
  leader: KnownLeader;
  /** At least one successful Fetch from this leader. */
  hasFetched: boolean;
  /** When the leader last said anything. */
  lastContactMs: number;
  /** Without a successful Fetch until then the leader counts as lost. */
  fetchDeadlineMs: number;
  /** Undefined while the leader is heard. */
  lost: LeaderLost | undefined;
  readonly fetcher: Fetcher;
  /** Last read round that the leader announced. */
  readRound: number;
  /** Not before this does the node ask the leader to change its own place in the voter set. */
  upkeepMs: number;
  /** The leader has taken this voter's own entry. */
  hasUpdatedLeader: boolean;
}

/** Led this epoch and does not any more; stays to grant votes and to tell the others. */
export interface ResignedRole {
  readonly kind: 'resigned';
  readonly trigger: ElectionTrigger;
  readonly deadlineMs: number;
  readonly preferredSuccessors: readonly ReplicaKey[];
  /** Voters that have not acknowledged the end of the epoch. */
  readonly unacknowledged: Map<NodeId, Announcement>;
}
