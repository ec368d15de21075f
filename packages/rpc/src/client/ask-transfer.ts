import { credentials, Metadata } from '@grpc/grpc-js';
import type { Endpoint } from '@quorate/raft-core';
import type { TransferLeadershipRequest, TransferLeadershipResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { INTERNAL_CHANNEL, target } from '../channel-options.js';
import { errorFromStatus } from '../error-from-status.js';
import { QuorumServiceClient } from '../gen/quorate/admin/v1/quorum_service.js';

/**
 * Asks one address (a gateway, a broker, or the controller that leads) to have leadership handed over.
 *
 * @throws RpcFailure with what it answered, or that it did not.
 */
export function askTransfer(endpoint: Pick<Endpoint, 'host' | 'port'>, request: TransferLeadershipRequest, withinMs: number): Promise<TransferLeadershipResponse> {
  const client = new QuorumServiceClient(target(endpoint), credentials.createInsecure(), INTERNAL_CHANNEL);
  return new Promise((resolve, reject) => {
    client.transferLeadership(request, new Metadata(), { deadline: Date.now() + withinMs }, (error, answer) => {
      client.close();
      if (error === null) resolve(answer);
      else reject(errorFromStatus(error));
    });
  });
}
