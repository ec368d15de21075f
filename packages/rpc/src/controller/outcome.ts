import type { Reply } from '@quorate/controller-core';
import type { SubmitOutcome } from '@quorate/controller-node';
import type { Offset } from '@quorate/records';
import { RpcFailure } from '../rpc-failure.js';
import type { LeaderBoard, LeaderView } from './leader-view.js';

/** Another controller may lead in a moment: this long until the next try makes sense. */
const ELECTION_RETRY_MS = 50;

/**
 * What came of a command, for the caller: reply and offset, or a failure that says how sure it is that nothing happened.
 * `metadata.outcome` is `not_applied` or `unknown`.
 */
export function committedOrThrow<R extends Reply>(outcome: SubmitOutcome<R>, leader: Pick<LeaderBoard, 'view'>): { readonly reply: R; readonly offset: Offset } {
  switch (outcome.kind) {
    case 'committed':
      return outcome;
    case 'not-controller':
      throw notController(leader.view);
    case 'timed-out':
      throw outcome.started
        ? new RpcFailure({ reason: 'REQUEST_TIMED_OUT', message: 'the write was begun but not committed in time; it may still commit', metadata: { outcome: 'unknown' } })
        : new RpcFailure({ reason: 'REQUEST_TIMED_OUT', message: 'the deadline passed before the write was begun', metadata: { outcome: 'not_applied' } });
    case 'outcome-unknown':
      throw new RpcFailure({
        reason: 'OUTCOME_UNKNOWN',
        message: 'leadership was lost before the write was committed, or its request id is older than the window: it may have happened',
        metadata: { outcome: 'unknown' },
      });
    case 'failed':
      if (outcome.error === 'NONE') throw new Error('a failure without an error');
      throw new RpcFailure({ reason: outcome.error, message: outcome.message, metadata: { outcome: 'not_applied' } });
  }
}

/** Says who leads; UNAVAILABLE when nobody does, or when the leader is this node and not yet ready. */
export function notController({ nodeId, hint }: LeaderView): RpcFailure {
  const { leaderId, leaderEpoch, leaderEndpoints } = hint;
  const endpoint = leaderEndpoints[0];
  if (leaderId === undefined || leaderId === nodeId) {
    return new RpcFailure({
      reason: 'LEADER_NOT_AVAILABLE',
      message: `node ${nodeId} knows no active controller in epoch ${leaderEpoch}`,
      metadata: { leader_epoch: String(leaderEpoch), outcome: 'not_applied' },
      retryAfterMs: ELECTION_RETRY_MS,
    });
  }
  return new RpcFailure({
    reason: 'NOT_CONTROLLER',
    message: `node ${nodeId} is not the active controller; node ${leaderId} leads epoch ${leaderEpoch}`,
    metadata: {
      leader_id: String(leaderId),
      leader_epoch: String(leaderEpoch),
      ...(endpoint === undefined ? {} : { endpoint: `${endpoint.host}:${endpoint.port}` }),
      outcome: 'not_applied',
    },
  });
}
