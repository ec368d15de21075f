import type { Epoch, Offset } from '@quorate/records';
import type { VoteRefusal } from './core-event.js';
import type { ReplicaKey } from './replica-key.js';
import { assertNever } from './assert.js';

/** How complete a log is: compared as a pair, epoch first. */
export interface LogEnd {
  readonly lastEpoch: Epoch;
  readonly endOffset: Offset;
}

/** What a voter is, as far as a vote depends on it. The epochs of voter and candidate are equal by now. */
export interface VoterSituation {
  readonly role: 'unattached' | 'prospective' | 'candidate' | 'leader' | 'follower' | 'resigned';
  /** Whom it voted for in this epoch. */
  readonly votedKey: ReplicaKey | undefined;
  /** Whether it knows who leads this epoch. */
  readonly knowsLeader: boolean;
  /** A follower that has fetched from its leader and still hears it. */
  readonly hearsLeader: boolean;
  /** It repairs its log. */
  readonly recovering: boolean;
  readonly log: LogEnd;
}

export type VoteVerdict = { readonly granted: true } | { readonly granted: false; readonly refusal: VoteRefusal };

/** Positive when `a` is more complete than `b`, negative when less, 0 when both end alike. */
export function compareLogs(a: LogEnd, b: LogEnd): number {
  return a.lastEpoch - b.lastEpoch || a.endOffset - b.endOffset;
}

/**
 * Says whether this voter gives its vote, or would give it, and why not.
 *
 * One vote per epoch, and only for a log at least as complete as ours; otherwise a committed record could vanish. A
 * pre-vote binds to nothing: it asks whether a real election would be welcome, so it is refused only by a voter that is
 * well led or has the better log. Source: KIP-595, KIP-996; Raft paper 5.2, 5.4.1; hearing the leader is ours.
 */
export function decideVote(voter: VoterSituation, candidate: ReplicaKey & LogEnd, preVote: boolean): VoteVerdict {
  if (voter.recovering) return refuse('recovering');
  return preVote ? decidePreVote(voter, candidate) : decideRealVote(voter, candidate);
}

function decideRealVote(voter: VoterSituation, candidate: ReplicaKey & LogEnd): VoteVerdict {
  switch (voter.role) {
    case 'leader':
    case 'resigned':
      return refuse('is-leader');
    case 'follower':
      return refuse('knows-leader');
    case 'candidate':
      return refuse('is-candidate');
    case 'unattached':
    case 'prospective':
      if (voter.votedKey !== undefined) return isSameReplica(voter.votedKey, candidate) ? { granted: true } : refuse('already-voted');
      if (voter.knowsLeader) return refuse('knows-leader');
      return byLog(voter, candidate);
    default:
      return assertNever(voter.role);
  }
}

function decidePreVote(voter: VoterSituation, candidate: LogEnd): VoteVerdict {
  if (voter.role === 'leader') return refuse('is-leader');
  if (voter.role === 'follower' && voter.hearsLeader) return refuse('hears-leader');
  return byLog(voter, candidate);
}

function byLog(voter: VoterSituation, candidate: LogEnd): VoteVerdict {
  return compareLogs(candidate, voter.log) >= 0 ? { granted: true } : refuse('log-behind');
}

/** A vote that was stored without directory id is for the node, whatever its disk. */
function isSameReplica(voted: ReplicaKey, candidate: ReplicaKey): boolean {
  return voted.id === candidate.id && (voted.directoryId === undefined || voted.directoryId === candidate.directoryId);
}

function refuse(refusal: VoteRefusal): VoteVerdict {
  return { granted: false, refusal };
}
