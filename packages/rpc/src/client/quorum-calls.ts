import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { AddVoterRequest, AddVoterResponse, DescribeQuorumResponse, RemoveVoterRequest, RemoveVoterResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { INTERNAL_CHANNEL, target } from '../channel-options.js';
import { errorFromStatus } from '../error-from-status.js';
import { QuorumServiceClient } from '../gen/quorate/admin/v1/quorum_service.js';

/** Calls of QuorumService to one address (gateway, broker or controller), for a tool that makes a few and ends. Failures are RpcFailures. */
export class QuorumCalls {
  readonly #client: QuorumServiceClient;
  readonly #withinMs: number;

  /** @param withinMs - deadline of each call, in milliseconds. */
  constructor(endpoint: { readonly host: string; readonly port: number }, withinMs: number) {
    this.#client = new QuorumServiceClient(target(endpoint), credentials.createInsecure(), INTERNAL_CHANNEL);
    this.#withinMs = withinMs;
  }

  describe(): Promise<DescribeQuorumResponse> {
    return this.#call((options, done) => this.#client.describeQuorum({}, new Metadata(), options, done));
  }

  addVoter(request: AddVoterRequest): Promise<AddVoterResponse> {
    return this.#call((options, done) => this.#client.addVoter(request, new Metadata(), options, done));
  }

  removeVoter(request: RemoveVoterRequest): Promise<RemoveVoterResponse> {
    return this.#call((options, done) => this.#client.removeVoter(request, new Metadata(), options, done));
  }

  close(): void {
    this.#client.close();
  }

  #call<T>(start: (options: { readonly deadline: number }, done: (error: ServiceError | null, answer: T) => void) => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      start({ deadline: Date.now() + this.#withinMs }, (error, answer) => (error === null ? resolve(answer) : reject(errorFromStatus(error))));
    });
  }
}
