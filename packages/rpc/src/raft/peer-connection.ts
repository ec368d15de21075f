import { credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import type { Endpoint, FetchRequest, FetchSnapshotRequest, RaftRequest, RaftResponse, RequestFailure, RequestId } from '@quorate/raft-core';
import type { Offset } from '@quorate/records';
import { INTERNAL_CHANNEL, target } from '../channel-options.js';
import { RaftServiceClient } from '../gen/quorate/raft/v1/raft_service.js';
import { beginRequestToWire, endRequestToWire, voteRequestToWire } from '../wire/raft-requests.js';
import { beginResponseFromWire, endResponseFromWire, voteResponseFromWire } from '../wire/raft-responses.js';
import { addRequestToWire, changeResponseFromWire, removeRequestToWire, updateRequestToWire } from '../wire/raft-voter-changes.js';
import { FETCHES, FetchStream, SNAPSHOT_FETCHES } from './fetch-stream.js';
import { WarmChannel, type DialOutcome } from './warm-channel.js';

/** What a connection to one peer tells. */
export interface PeerEvents {
  response(requestId: RequestId, response: RaftResponse): void;
  requestFailed(requestId: RequestId, failure: RequestFailure): void;
  connectionLost(): void;
  connectionUp(): void;
  /** Most voters agree that our image is wrong at that offset. */
  imageIsWrong(at: Offset): void;
  /** Something that should not be: a damaged batch, an answer that cannot be read. For the log. */
  problem(message: string): void;
}

export interface PeerOptions {
  /** After this long a unary call is given up, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** How long a redial may take before the peer counts as lost, in milliseconds. */
  readonly redialMs: number;
}

type UnaryRequest = Exclude<RaftRequest, { readonly kind: 'fetch' | 'fetchSnapshot' | 'describeQuorum' }>;

/** One peer: a warm channel, unary calls for votes, one long-lived stream for fetches, one for snapshots. */
export class PeerConnection {
  readonly endpoint: Endpoint;
  readonly #client: RaftServiceClient;
  readonly #channel: WarmChannel;
  readonly #events: PeerEvents;
  readonly #options: PeerOptions;
  readonly #fetches;
  readonly #snapshots;
  #closed = false;

  constructor(endpoint: Endpoint, events: PeerEvents, options: PeerOptions) {
    this.endpoint = endpoint;
    this.#options = options;
    // Whatever still arrives for a closed connection is nobody's business.
    this.#events = whileOpen(() => !this.#closed, events);
    this.#client = new RaftServiceClient(target(endpoint), credentials.createInsecure(), INTERNAL_CHANNEL);
    this.#channel = new WarmChannel(this.#client.getChannel());
    const shared = { redial: (done: (outcome: DialOutcome) => void) => this.#channel.dial(options.redialMs, done), events: this.#events };
    this.#fetches = new FetchStream({ ...shared, messages: FETCHES, open: () => this.#client.fetch() });
    this.#snapshots = new FetchStream({ ...shared, messages: SNAPSHOT_FETCHES, open: () => this.#client.fetchSnapshot() });
  }

  ask(requestId: RequestId, request: UnaryRequest): void {
    const answer = <T>(read: (message: T) => RaftResponse) => (error: ServiceError | null, message: T | undefined): void => {
      if (error === null && message !== undefined) this.#deliver(requestId, () => read(message));
      else this.#fail(requestId, error);
    };
    const options = { deadline: Date.now() + this.#options.requestTimeoutMs };
    switch (request.kind) {
      case 'vote':
        this.#client.vote(voteRequestToWire(request), new Metadata(), options, answer(voteResponseFromWire));
        return;
      case 'beginQuorumEpoch':
        this.#client.beginQuorumEpoch(beginRequestToWire(request), new Metadata(), options, answer(beginResponseFromWire));
        return;
      case 'endQuorumEpoch':
        this.#client.endQuorumEpoch(endRequestToWire(request), new Metadata(), options, answer(endResponseFromWire));
        return;
      case 'addRaftVoter':
        this.#client.addRaftVoter(addRequestToWire(request), new Metadata(), options, answer((message) => changeResponseFromWire(request.kind, message)));
        return;
      case 'removeRaftVoter':
        this.#client.removeRaftVoter(removeRequestToWire(request), new Metadata(), options, answer((message) => changeResponseFromWire(request.kind, message)));
        return;
      case 'updateRaftVoter':
        this.#client.updateRaftVoter(updateRequestToWire(request), new Metadata(), options, answer((message) => changeResponseFromWire(request.kind, message)));
    }
  }

  fetch(requestId: RequestId, request: FetchRequest): void {
    this.#fetches.send(requestId, request);
  }

  fetchSnapshot(requestId: RequestId, request: FetchSnapshotRequest): void {
    this.#snapshots.send(requestId, request);
  }

  /** We fetch from somebody else now: ends the streams in an orderly way. */
  endFetches(): void {
    this.#fetches.end();
    this.#snapshots.end();
  }

  /** The peer has sent us a request: whoever speaks can be reached. */
  heard(): void {
    this.#channel.heard();
  }

  /** Answers with `connectionUp` or `connectionLost`. */
  check(): void {
    this.#channel.dial(this.#options.redialMs, (outcome) => (outcome === 'up' ? this.#events.connectionUp() : this.#events.connectionLost()));
  }

  close(): void {
    this.#closed = true;
    this.#fetches.close();
    this.#snapshots.close();
    this.#channel.close();
    this.#client.close();
  }

  #deliver(requestId: RequestId, read: () => RaftResponse): void {
    let response: RaftResponse;
    try {
      response = read();
    } catch (error) {
      this.#events.problem(`an answer cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      this.#events.requestFailed(requestId, 'unavailable');
      return;
    }
    this.#events.response(requestId, response);
  }

  #fail(requestId: RequestId, error: ServiceError | null): void {
    const failure = failureOf(error?.code ?? status.UNKNOWN);
    if (failure === undefined) this.#events.problem(`a request was answered with status ${error?.code}: ${error?.details}`);
    this.#events.requestFailed(requestId, failure ?? 'unavailable');
  }
}

/** What a failed call means to the core; undefined for a status that should not come. */
export function failureOf(code: number): RequestFailure | undefined {
  switch (code) {
    case status.UNAVAILABLE:
    case status.CANCELLED:
      return 'unavailable';
    case status.DEADLINE_EXCEEDED:
      return 'timed-out';
    case status.UNIMPLEMENTED:
      return 'unsupported';
    default:
      return undefined;
  }
}

function whileOpen(isOpen: () => boolean, events: PeerEvents): PeerEvents {
  return {
    response: (requestId, response) => isOpen() && events.response(requestId, response),
    requestFailed: (requestId, failure) => isOpen() && events.requestFailed(requestId, failure),
    connectionLost: () => isOpen() && events.connectionLost(),
    connectionUp: () => isOpen() && events.connectionUp(),
    imageIsWrong: (at) => isOpen() && events.imageIsWrong(at),
    problem: (message) => isOpen() && events.problem(message),
  };
}
