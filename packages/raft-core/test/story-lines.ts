import { describeCoreEvent } from '../src/describe.js';
import type { Effect } from '../src/effect.js';
import type { LeaderHint, RaftRequest, RaftResponse } from '../src/messages.js';

/** An effect as a line of a story; undefined for those that say nothing new (sends and replies have lines of their own). */
export function describeEffect(effect: Effect): string | undefined {
  switch (effect.kind) {
    case 'persistElectionState': {
      const { epoch, leaderId, votedKey } = effect.state;
      return `writes quorum-state: epoch ${epoch}, leader ${name(leaderId)}, vote ${name(votedKey?.id)}`;
    }
    case 'append':
      return `appends ${effect.batches.map((batch) => `${batch.baseOffset}-${batch.endOffset} e${batch.epoch}`).join(', ')}`;
    case 'appendControl':
      return `appends control batch at ${effect.baseOffset} e${effect.epoch}: ${effect.records.map((record) => record.kind).join(', ')}`;
    case 'truncate':
      return `truncates its log to ${effect.endOffset}`;
    case 'recoverLog':
      return `notes that it is damaged (epoch ${effect.recovery.epoch}, acknowledged up to ${effect.recovery.endOffset ?? '?'}), then cuts its log to ${effect.endOffset}`;
    case 'recovered':
      return 'has everything back, and counts again';
    case 'verifyLog':
      return `reads its log up to ${effect.endOffset} from disk`;
    case 'stop':
      return `stops: ${effect.problem}`;
    case 'installSnapshot':
      return `installs snapshot ${effect.snapshotId.endOffset}-${effect.snapshotId.epoch}: its log begins there, empty`;
    case 'discardSnapshot':
      return `throws away what it has of snapshot ${effect.snapshotId.endOffset}-${effect.snapshotId.epoch}`;
    case 'advanceHighWatermark':
      return `high watermark is ${effect.highWatermark}`;
    case 'leadershipReady':
      return `is ready to lead e${effect.epoch}: all before ${effect.epochStartOffset} is committed`;
    case 'leadershipLost':
      return `leads e${effect.epoch} no longer`;
    case 'proposalRefused':
      return `refuses the proposal: ${effect.reason}`;
    case 'transferAnswered':
      return `transfer ${effect.outcome.kind}${'reason' in effect.outcome ? `: ${effect.outcome.reason}` : ''}${'successorId' in effect.outcome ? `: n${effect.outcome.successorId}` : ''}`;
    case 'handOverBegun':
      return 'takes no proposals for a moment';
    case 'handOverAbandoned':
      return 'takes proposals again';
    case 'readReady':
      return `read ${effect.token} is ready at ${effect.index}`;
    case 'readRefused':
      return `refuses read ${effect.token}: ${effect.reason}`;
    case 'votersChanged':
      return undefined;
    case 'shutdownComplete':
      return 'has shut down';
    case 'event':
      return effect.event.kind === 'described' && effect.event.level === 'debug' ? undefined : describeCoreEvent(effect.event);
    default:
      return undefined;
  }
}

export function describeRequest(request: RaftRequest): string {
  switch (request.kind) {
    case 'vote':
      return `${request.preVote ? 'pre-vote' : 'vote'} for e${request.candidateEpoch}? log ${request.endOffset} of e${request.lastEpoch} (${request.trigger}, attempt ${request.attempt})`;
    case 'beginQuorumEpoch':
      return `begin e${request.leaderEpoch}`;
    case 'endQuorumEpoch':
      return `end e${request.leaderEpoch}, successors ${request.preferredCandidates.map(({ id }) => `n${id}`).join(' ') || 'none'}`;
    case 'fetchSnapshot':
      return `fetch snapshot ${request.snapshotId.endOffset}-${request.snapshotId.epoch} from byte ${request.position}, in e${request.currentLeaderEpoch}`;
    case 'fetch':
      return `fetch at ${request.fetchOffset} of e${request.lastFetchedEpoch}, in e${request.currentLeaderEpoch}, hw ${request.highWatermark ?? '-'}${request.recovering ? ', recovering' : ''}${round(request.readRound)}`;
    case 'addRaftVoter':
      return `add voter n${request.voter.id}`;
    case 'removeRaftVoter':
      return `remove voter n${request.voter.id}`;
    case 'updateRaftVoter':
      return `update voter n${request.voter.id}`;
    case 'describeQuorum':
      return 'who are you?';
  }
}

export function describeResponse(response: RaftResponse): string {
  const error = response.error === 'NONE' ? '' : `${response.error}, ${hint(response)}`;
  switch (response.kind) {
    case 'vote':
      if (response.granted) return 'granted';
      return `refused: ${response.refusal ?? response.error}, ${hint(response)}`;
    case 'fetch': {
      if (error !== '') return error;
      if (response.snapshotId !== undefined) return `needs snapshot ${response.snapshotId.endOffset}-${response.snapshotId.epoch}`;
      if (response.diverging !== undefined) return `diverging: e${response.diverging.epoch} ends at ${response.diverging.endOffset}`;
      const { batches } = response;
      const data = batches.length === 0 ? 'nothing new' : `batches ${batches.map((batch) => `${batch.baseOffset}-${batch.endOffset} e${batch.epoch}`).join(', ')}`;
      return `${data}, hw ${response.highWatermark ?? '-'}${round(response.readRound)}`;
    }
    case 'fetchSnapshot':
      return error === '' ? `bytes ${response.position}-${response.position + response.bytes.length} of ${response.size}` : error;
    case 'addRaftVoter':
    case 'removeRaftVoter':
    case 'updateRaftVoter':
      return response.error === 'NONE' ? `done at ${response.endOffset}` : `${response.error}: ${response.message}`;
    case 'describeQuorum':
      return error === '' ? `n${response.replica.id}, directory ${response.replica.directoryId}` : error;
    default:
      return error === '' ? 'ok' : error;
  }
}

/** Said only where reads have been asked for. */
function round(number: number): string {
  return number === 0 ? '' : `, round ${number}`;
}

function hint({ leaderId, leaderEpoch }: LeaderHint): string {
  return `e${leaderEpoch} leader ${name(leaderId)}`;
}

function name(id: number | undefined): string {
  return id === undefined ? '-' : `n${id}`;
}
