import type { ControllerNode } from '@quorate/records/gen/quorate/admin/v1/cluster';
import type { DescribeQuorumResponse, Election } from '@quorate/records/gen/quorate/admin/v1/quorum';

/** What is known of the quorum: on a controller its own view, elsewhere what the controllers answer. */
export interface QuorumReader {
  describe(deadlineMs: number): Promise<DescribeQuorumResponse>;
  /** All remembered, newest first, and the controllers that gave no answer. */
  elections(deadlineMs: number): Promise<{ readonly elections: readonly Election[]; readonly unreachable: readonly number[] }>;
  /** By rising id. */
  controllers(deadlineMs: number): Promise<readonly ControllerNode[]>;
}
