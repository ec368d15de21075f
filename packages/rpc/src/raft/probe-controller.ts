import { credentials, Metadata } from '@grpc/grpc-js';
import type { DescribeQuorumRequest, DescribeQuorumResponse, Endpoint, RequestFailure } from '@quorate/raft-core';
import { INTERNAL_CHANNEL, target } from '../channel-options.js';
import { RaftServiceClient } from '../gen/quorate/raft/v1/raft_service.js';
import { describeRequestToWire, describeResponseFromWire } from '../wire/raft-voter-changes.js';
import { failureOf } from './peer-connection.js';

export type ProbeOutcome = { readonly response: DescribeQuorumResponse } | { readonly failure: RequestFailure };

/** Asks whoever is at that address who it is, once, over a connection that ends with the answer. */
export function probeController(endpoint: Endpoint, request: DescribeQuorumRequest, withinMs: number, done: (outcome: ProbeOutcome) => void): void {
  const client = new RaftServiceClient(target(endpoint), credentials.createInsecure(), INTERNAL_CHANNEL);
  client.describeQuorum(describeRequestToWire(request), new Metadata(), { deadline: Date.now() + withinMs }, (error, message) => {
    client.close();
    done(error === null ? readAnswer(() => describeResponseFromWire(message)) : { failure: failureOf(error.code) ?? 'unavailable' });
  });
}

function readAnswer(read: () => DescribeQuorumResponse): ProbeOutcome {
  try {
    return { response: read() };
  } catch {
    return { failure: 'unavailable' };
  }
}
