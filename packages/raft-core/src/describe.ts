import { assertNever } from './assert.js';
import type { BallotEntry, CoreEvent, ElectionRecord } from './core-event.js';
import type { RoleKind } from './role.js';
import type { RaftStatus } from './status.js';

/** Names of the roles in printed lines, all equally wide; the leader stands out. */
export const ROLE_LABEL: Readonly<Record<RoleKind, string>> = {
  unattached: 'unatt', prospective: 'prosp', candidate: 'cand ', leader: 'LEAD ', follower: 'foll ', resigned: 'resig',
};

/** A core's state as one line, e.g. `n1 LEAD  e4 leader n1 log 0-17 flushed 17 hw 12 voters 1,2,3`. */
export function describeStatus(status: RaftStatus): string {
  const parts = [
    `n${status.nodeId}`,
    ROLE_LABEL[status.role],
    `e${status.epoch}`,
    `leader ${status.leaderId === undefined ? '-' : `n${status.leaderId}`}`,
    `log ${status.logStartOffset}-${status.logEndOffset}`,
    `flushed ${status.flushedOffset}`,
    `hw ${status.highWatermark ?? '-'}`,
    `voters ${describeVoters(status)}`,
  ];
  if (!status.isVoter) parts.push('observer');
  if (status.recovering) parts.push('recovering');
  if (status.handingOver) parts.push('handing over');
  if (status.shutdown !== 'no') parts.push(`shutdown ${status.shutdown}`);
  return parts.join(' ');
}

/** The set in force, and the committed one where that is another. */
function describeVoters({ voters, committedVoters }: RaftStatus): string {
  const list = (set: RaftStatus['voters']): string => set.map(({ id }) => id).join(',') || '-';
  const isCommitted = voters.length === committedVoters.length && voters.every((voter, index) => voter.id === committedVoters[index]?.id && voter.directoryId === committedVoters[index].directoryId);
  return isCommitted ? list(voters) : `${list(voters)} (committed ${list(committedVoters)})`;
}

/** An event as one line. */
export function describeCoreEvent(event: CoreEvent): string {
  switch (event.kind) {
    case 'described':
      return `${event.name}: ${Object.entries(event.attributes).map(([key, value]) => `${key}=${value}`).join(' ')}`;
    case 'roleChanged':
      return `${event.from} -> ${event.to === 'leader' ? 'LEADER' : event.to} e${event.epoch} leader ${event.leaderId === undefined ? '-' : `n${event.leaderId}`} (${event.reason})`;
    case 'voteCast': {
      const what = event.preVote ? 'pre-vote' : 'vote';
      return `${event.granted ? 'grants' : 'refuses'} ${what} e${event.epoch} to n${event.candidateId}${event.refusal === undefined ? '' : ` (${event.refusal})`}`;
    }
    case 'electionEnded':
      return describeElection(event.election);
    case 'leaderCommitted':
      return `committed its own epoch e${event.epoch} at ${event.offset}`;
    default:
      return assertNever(event);
  }
}

/** An election as one line: why, which attempt, who said what, how it ended. */
export function describeElection(election: ElectionRecord): string {
  const preVotes = describeBallot('pre-votes', election.preVotes);
  const votes = describeBallot('votes', election.votes);
  const took = Math.round(election.endedMs - election.startedMs);
  return `election e${election.epoch} ${election.outcome}: ${election.trigger}, attempt ${election.attempt}, ${took} ms${preVotes}${votes}`;
}

function describeBallot(name: string, entries: readonly BallotEntry[]): string {
  if (entries.length === 0) return '';
  return `, ${name} ${entries.map(({ voterId, granted, refusal }) => `n${voterId}:${granted ? 'yes' : (refusal ?? 'no')}`).join(' ')}`;
}
