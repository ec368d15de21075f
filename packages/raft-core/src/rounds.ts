import { voterSet, standAfter, type CoreState } from './core-state.js';
import { nextBackoffMs, discoveryStart } from './adoption.js';
import type { Campaign } from './campaign.js';
import type { ElectionRecord, VoteRefusal } from './core-event.js';
import type { RequestFailure } from './input.js';
import type { RaftErrorName, VoteRequest, VoteResponse } from './messages.js';
import type { OpenRequest } from './request-table.js';
import { sendRequest } from './requests-out.js';
import type { ProspectiveRole, Standing } from './role.js';
import { lead } from './role-leader.js';
import { becomeCandidate, becomeFollower, becomeProspective, becomeUnattached, endCampaign } from './transitions.js';
import { assert } from './assert.js';

/**
 * The rounds of an election: a pre-vote, then, if that is won, a vote, then leadership. A round ends when it is won, when a
 * majority is out of reach (refusals and refused dials count alike), or at its time limit.
 */
export function stand(core: CoreState, standing: Standing): void {
  becomeProspective(core, standing);
  askAll(core);
  countRound(core);
}

/** Puts one voter's answer into the record of the round that runs; `countRound` draws the consequence. */
export function recordVoteResponse(core: CoreState, open: OpenRequest, response: VoteResponse): void {
  const refusal = response.granted && response.error === 'NONE' ? undefined : (response.refusal ?? refusalOf(response.error));
  const log = { lastEpoch: response.lastEpoch, endOffset: response.endOffset };
  ballot(runningCampaign(core))?.record(open.to, { refusal, log }, core.nowMs);
}

/** One voter that could not be asked. An address that does not speak the RPC has not answered either. */
export function takeVoteFailure(core: CoreState, open: OpenRequest, failure: RequestFailure): void {
  const refusal = failure === 'timed-out' ? 'timed-out' : 'unreachable';
  ballot(runningCampaign(core))?.record(open.to, { refusal, log: undefined }, core.nowMs);
  countRound(core);
}

/** The round has taken too long: whoever has not answered is marked so, and the round is lost. */
export function timeOutRound(core: CoreState): void {
  const campaign = runningCampaign(core);
  assert(campaign !== undefined, 'a round runs');
  ballot(campaign)?.close(core.nowMs);
  loseRound(core, campaign, 'timed-out');
}

/** Gives the pre-vote round up for another voter's sake; it is not lost, so the attempt does not count. */
export function yieldRound(core: CoreState, role: ProspectiveRole, standing: Standing): void {
  leavePreVote(core, role, standing, 'yielded to another voter', 'yielded');
}

/** Goes on when the round is won, gives it up when a majority is out of reach. */
export function countRound(core: CoreState): void {
  const campaign = runningCampaign(core);
  if (campaign === undefined) return;
  const { role } = core;
  const result = ballot(campaign)?.result;
  if (result === 'lost') loseRound(core, campaign, role.kind === 'prospective' ? 'lost-pre-vote' : 'lost-vote');
  if (result !== 'won') return;
  if (role.kind === 'candidate') {
    const granters = new Set(campaign.votes?.granters);
    lead(core, voterSet(core).voters.filter((voter) => granters.has(voter.id)));
    return;
  }
  becomeCandidate(core);
  askAll(core);
  countRound(core);
}

function loseRound(core: CoreState, campaign: Campaign, outcome: ElectionRecord['outcome']): void {
  core.lostRounds += 1;
  const standing = standAfter(core, campaign.trigger, nextBackoffMs(core));
  const { role } = core;
  if (role.kind === 'prospective') {
    leavePreVote(core, role, standing, outcome === 'timed-out' ? 'pre-vote timed out' : 'pre-vote lost', outcome);
    return;
  }
  assert(role.kind === 'candidate', `a ${role.kind} has no round to lose`);
  endCampaign(core, campaign, outcome);
  core.requests.clear();
  role.phase = { kind: 'waiting', standing };
}

/** Back to the leader it knows, to see whether it answers after all; else to nobody. */
function leavePreVote(core: CoreState, role: ProspectiveRole, standing: Standing, reason: string, outcome: ElectionRecord['outcome']): void {
  const { epoch } = core.election;
  if (role.leader !== undefined) {
    becomeFollower(core, { epoch, leader: role.leader, lost: { ...standing, ended: role.campaign.trigger === 'succession' }, reason, outcome });
    return;
  }
  becomeUnattached(core, { epoch, standing, fetchAtMs: discoveryStart(core), reason, outcome });
}

function askAll(core: CoreState): void {
  const campaign = runningCampaign(core);
  assert(campaign !== undefined, 'a round runs');
  const preVote = core.role.kind === 'prospective';
  for (const voter of voterSet(core).others(core.self.id)) {
    const request: VoteRequest = {
      kind: 'vote',
      ...core.config.cluster,
      voter: { id: voter.id, directoryId: voter.directoryId },
      candidate: core.self,
      candidateEpoch: core.election.epoch,
      ...core.log.end,
      preVote,
      trigger: campaign.trigger,
      attempt: campaign.attempt,
    };
    // The round's limit ends the wait for all of them at once.
    sendRequest(core, voter, request, Infinity);
  }
}

function runningCampaign(core: CoreState): Campaign | undefined {
  const { role } = core;
  if (role.kind === 'prospective') return role.campaign;
  return role.kind === 'candidate' && role.phase.kind === 'voting' ? role.phase.campaign : undefined;
}

function ballot(campaign: Campaign | undefined) {
  return campaign?.votes ?? campaign?.preVotes;
}

function refusalOf(error: RaftErrorName): VoteRefusal {
  if (error === 'INVALID_VOTER_KEY') return 'unknown-voter-key';
  if (error === 'BROKER_NOT_AVAILABLE') return 'shutting-down';
  return error === 'FENCED_LEADER_EPOCH' ? 'older-epoch' : 'unreachable';
}
