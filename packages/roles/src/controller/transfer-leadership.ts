import type { TransferOutcome, TransferRefusal } from '@quorate/raft-core';
import type { RaftNode } from '@quorate/raft-node';
import type { NodeId } from '@quorate/records';
import type { TransferLeadershipResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { notController, RpcFailure, type FailureReason, type LeaderBoard } from '@quorate/rpc';

export interface TransferParts {
  readonly raft: Pick<RaftNode, 'status' | 'transferLeadership'>;
  readonly leader: Pick<LeaderBoard, 'view' | 'subscribe'>;
}

/**
 * Hands leadership over and waits until the next leader is known here: whoever asked may go on at once.
 *
 * @throws RpcFailure when this node does not lead, the voter cannot take over, or the time is up.
 */
export async function transferLeadership(parts: TransferParts, to: { readonly successorId: NodeId | undefined; readonly validateOnly: boolean }, deadlineMs: number): Promise<TransferLeadershipResponse> {
  const { nodeId, epoch } = parts.raft.status();
  const beganMs = performance.now();
  const outcome = await new Promise<TransferOutcome>((resolve) => parts.raft.transferLeadership(to, resolve));
  switch (outcome.kind) {
    case 'refused':
      throw refusal(parts, outcome.reason, to.successorId);
    case 'abandoned':
      throw new RpcFailure({ reason: 'REQUEST_TIMED_OUT', message: `node ${outcome.successorId} did not come to the end of the log in time; node ${nodeId} leads on`, metadata: { outcome: 'not_applied' } });
    case 'leads-already':
      return { previousLeaderId: nodeId, leaderId: nodeId, leaderEpoch: epoch, tookMs: 0 };
    case 'possible':
      return { previousLeaderId: nodeId, leaderId: outcome.successorId, leaderEpoch: epoch, tookMs: 0 };
    case 'ended': {
      const next = await nextLeader(parts.leader, epoch, deadlineMs);
      return { previousLeaderId: nodeId, ...next, tookMs: Math.round((performance.now() - beganMs) * 1000) / 1000 };
    }
  }
}

function nextLeader(board: TransferParts['leader'], afterEpoch: number, deadlineMs: number): Promise<{ readonly leaderId: number; readonly leaderEpoch: number }> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const { leaderId, leaderEpoch } = board.view.hint;
      if (leaderId === undefined || leaderEpoch <= afterEpoch) return;
      finish();
      resolve({ leaderId, leaderEpoch });
    };
    const timer = setTimeout(() => {
      finish();
      reject(new RpcFailure({ reason: 'LEADER_NOT_AVAILABLE', message: `epoch ${afterEpoch} was given up, and no next leader is known yet`, metadata: { leader_epoch: String(afterEpoch) }, retryAfterMs: 50 }));
    }, Math.max(0, deadlineMs - performance.now()) * 0.95);
    const stop = board.subscribe(look);
    const finish = (): void => {
      clearTimeout(timer);
      stop();
    };
    look();
  });
}

const WHY: Readonly<Record<Exclude<TransferRefusal, 'not-leader'>, { readonly reason: FailureReason; readonly say: (name: string) => string }>> = {
  busy: { reason: 'LEADER_NOT_AVAILABLE', say: () => 'a transfer, a shutdown or the beginning of the epoch is under way: try again in a moment' },
  'not-a-voter': { reason: 'VOTER_NOT_FOUND', say: (name) => `${name} is not a voter` },
  recovering: { reason: 'ELIGIBLE_LEADERS_NOT_AVAILABLE', say: (name) => `${name} repairs its log and may not lead` },
  behind: { reason: 'ELIGIBLE_LEADERS_NOT_AVAILABLE', say: (name) => `${name} has not held all of the log lately: writes would stand still until it does` },
  'no-successor': { reason: 'ELIGIBLE_LEADERS_NOT_AVAILABLE', say: () => 'there is no other voter that holds the log' },
};

function refusal({ leader }: TransferParts, reason: TransferRefusal, successorId: NodeId | undefined): RpcFailure {
  if (reason === 'not-leader') return notController(leader.view);
  const why = WHY[reason];
  return new RpcFailure({ reason: why.reason, message: why.say(`node ${successorId ?? '?'}`), metadata: { outcome: 'not_applied' }, ...(reason === 'busy' ? { retryAfterMs: 100 } : {}) });
}
