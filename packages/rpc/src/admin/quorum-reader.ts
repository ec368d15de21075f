import type { NodeId } from '@quorate/records';
import type { ControllerNode } from '@quorate/records/gen/quorate/admin/v1/cluster';
import type { AddVoterRequest, AddVoterResponse, DescribeQuorumResponse, Election, RemoveVoterRequest, RemoveVoterResponse, TransferLeadershipResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';

/** What is known of the quorum: on a controller its own view, elsewhere what the controllers answer. */
export interface QuorumReader {
  describe(deadlineMs: number): Promise<DescribeQuorumResponse>;
  /** All remembered, newest first, and the controllers that gave no answer. */
  elections(deadlineMs: number): Promise<{ readonly elections: readonly Election[]; readonly unreachable: readonly number[] }>;
  /** By rising id. */
  controllers(deadlineMs: number): Promise<readonly ControllerNode[]>;
}

/** Changes who the voters are and who of them leads: on a controller if it leads, elsewhere by asking the one that does. */
export interface QuorumChanger {
  /** @throws RpcFailure with Kafka's error; `metadata.outcome` is `not_applied` or `unknown`. */
  addVoter(request: AddVoterRequest, deadlineMs: number): Promise<AddVoterResponse>;
  removeVoter(request: RemoveVoterRequest, deadlineMs: number): Promise<RemoveVoterResponse>;
  /**
   * Hands leadership to that voter, or to the one that is furthest; settles when the next leader is known.
   *
   * @throws RpcFailure VOTER_NOT_FOUND, ELIGIBLE_LEADERS_NOT_AVAILABLE (not close enough, repairs its log, none other), NOT_CONTROLLER, or
   *   REQUEST_TIMED_OUT when the old leader leads on.
   */
  transferLeadership(to: { readonly successorId: NodeId | undefined; readonly validateOnly: boolean }, deadlineMs: number): Promise<TransferLeadershipResponse>;
}

export type QuorumAdmin = QuorumReader & QuorumChanger;
