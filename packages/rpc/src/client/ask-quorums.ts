import { credentials } from '@grpc/grpc-js';
import type { Endpoint } from '@quorate/raft-core';
import { INTERNAL_CHANNEL, target } from '../channel-options.js';
import { QuorumServiceClient } from '../gen/quorate/admin/v1/quorum_service.js';

/** What one controller says of the quorum that it belongs to. */
export interface QuorumAnswer {
  readonly endpoint: Endpoint;
  readonly clusterId: string;
  /** Undefined while it knows of no leader. */
  readonly leaderId: number | undefined;
  readonly voters: readonly { readonly id: number; readonly directoryId: string }[];
}

/** Asks each address once, all together; whoever does not answer in time is left out. */
export async function askQuorums(endpoints: readonly Endpoint[], withinMs: number): Promise<readonly QuorumAnswer[]> {
  const answers = await Promise.all(endpoints.map((endpoint) => askQuorum(endpoint, Date.now() + withinMs)));
  return answers.filter((answer) => answer !== undefined);
}

function askQuorum(endpoint: Endpoint, deadline: number): Promise<QuorumAnswer | undefined> {
  const client = new QuorumServiceClient(target(endpoint), credentials.createInsecure(), INTERNAL_CHANNEL);
  return new Promise((resolve) => {
    client.describeQuorum({}, { deadline } as never, (error, answer) => {
      client.close();
      if (error !== null) return resolve(undefined);
      const { clusterId, leaderId, voters } = answer;
      resolve({ endpoint, clusterId, leaderId, voters: voters.map(({ replicaId, directoryId }) => ({ id: replicaId, directoryId })) });
    });
  });
}
