import { credentials } from '@grpc/grpc-js';
import { QuorumServiceClient } from '@quorate/rpc';

/** Who leads, as the gateway answers. */
export interface LeaderAnswer {
  readonly leaderId: number | undefined;
  readonly epoch: number;
  readonly clusterId: string;
}

const WITHIN_MS = 5000;

/** Asks QuorumService at that address; undefined when nobody answers in time. */
export function askLeader(address: string): Promise<LeaderAnswer | undefined> {
  const client = new QuorumServiceClient(address, credentials.createInsecure());
  return new Promise((resolve) => {
    client.describeQuorum({}, { deadline: Date.now() + WITHIN_MS } as never, (error: unknown, answer) => {
      client.close();
      resolve(error !== null && error !== undefined ? undefined : { leaderId: answer.leaderId, epoch: answer.leaderEpoch, clusterId: answer.clusterId });
    });
  });
}
