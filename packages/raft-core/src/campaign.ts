import type { Epoch, NodeId } from '@quorate/records';
import type { Ballot } from './ballot.js';
import type { ElectionRecord, ElectionTrigger } from './core-event.js';
import type { LogEnd } from './vote.js';

/** One attempt to become leader, from the start of its pre-vote to its outcome. */
export interface Campaign {
  readonly trigger: ElectionTrigger;
  /** From 1; grows with each round that was lost. */
  readonly attempt: number;
  /** The wait before this round. */
  readonly waitMs: number;
  readonly startedMs: number;
  readonly lastLeaderContactMs: number | undefined;
  readonly previousLeaderId: NodeId | undefined;
  readonly log: LogEnd;
  readonly preVotes: Ballot;
  /** The real vote, once the pre-vote is won. */
  votes: Ballot | undefined;
  /** When the present round is given up. */
  roundEndsMs: number;
}

/** The campaign as an account for people: filled in at its end, whatever the end was. */
export function electionRecord(
  campaign: Campaign,
  end: { readonly nodeId: NodeId; readonly epoch: Epoch; readonly nowMs: number; readonly outcome: ElectionRecord['outcome'] },
): ElectionRecord {
  return {
    nodeId: end.nodeId,
    epoch: end.epoch,
    trigger: campaign.trigger,
    attempt: campaign.attempt,
    waitMs: campaign.waitMs,
    lastLeaderContactMs: campaign.lastLeaderContactMs,
    previousLeaderId: campaign.previousLeaderId,
    startedMs: campaign.startedMs,
    lastEpoch: campaign.log.lastEpoch,
    endOffset: campaign.log.endOffset,
    preVotes: campaign.preVotes.entries,
    votes: campaign.votes?.entries ?? [],
    voteStartedMs: campaign.votes?.startedMs,
    endedMs: end.nowMs,
    outcome: end.outcome,
  };
}
