import { status, type ClientDuplexStream, type StatusObject } from '@grpc/grpc-js';
import type { FetchRequest, FetchSnapshotRequest, RaftResponse, RequestId } from '@quorate/raft-core';
import type {
  FetchRequest as WireFetch,
  FetchResponse as WireFetched,
  FetchSnapshotRequest as WireFetchSnapshot,
  FetchSnapshotResponse as WireFetchedSnapshot,
} from '@quorate/records/gen/quorate/raft/v1/raft';
import { fetchRequestToWire, fetchSnapshotRequestToWire } from '../wire/raft-requests.js';
import { fetchResponseFromWire, fetchSnapshotResponseFromWire } from '../wire/raft-responses.js';
import { readOffset, requireMessage } from '../wire/read-fields.js';
import { failureOf, type PeerEvents } from './peer-connection.js';
import type { DialOutcome } from './warm-channel.js';

/** What a stream carries: which request, and how it and its answer look on the wire. */
export interface StreamMessages<Request, Asked, Answer> {
  /** For the log. */
  readonly name: string;
  ask(correlationId: number, request: Request): Asked;
  /** @throws WireFormatError when the answer cannot be what it claims to be. */
  read(answer: Answer, events: Pick<PeerEvents, 'problem' | 'imageIsWrong'>): RaftResponse;
}

export const FETCHES: StreamMessages<FetchRequest, WireFetch, WireFetched> = {
  name: 'Fetch',
  ask: (correlationId, request) => ({ correlationId, query: fetchRequestToWire(request) }),
  read: ({ result }, events) => {
    const message = requireMessage('result', result);
    if (message.wrongImageAt !== undefined) events.imageIsWrong(readOffset('result.wrong_image_at', message.wrongImageAt));
    return fetchResponseFromWire(message, (damage) => events.problem(`a batch in a Fetch answer was dropped: ${damage}`));
  },
};

export const SNAPSHOT_FETCHES: StreamMessages<FetchSnapshotRequest, WireFetchSnapshot, WireFetchedSnapshot> = {
  name: 'FetchSnapshot',
  ask: (correlationId, request) => ({ correlationId, query: fetchSnapshotRequestToWire(request) }),
  read: ({ result }) => fetchSnapshotResponseFromWire(requireMessage('result', result)),
};

interface Correlated {
  readonly correlationId: number;
}

interface Pending<Asked> {
  readonly requestId: RequestId;
  readonly message: Asked;
  /** Sent once more after its stream ended; the second time it fails. */
  isRepeated: boolean;
}

export interface FetchStreamConfig<Request, Asked, Answer> {
  readonly messages: StreamMessages<Request, Asked, Answer>;
  readonly open: () => ClientDuplexStream<Asked, Answer>;
  /** Looks whether the peer is there, dialling once if need be. */
  readonly redial: (done: (outcome: DialOutcome) => void) => void;
  readonly events: PeerEvents;
}

/**
 * The fetches of one kind to one peer: one stream, answers matched by correlation id.
 *
 * A stream that breaks is not yet a lost leader: one immediate redial decides. If the peer is there, what waits for an
 * answer is sent again on a new stream and nobody notices; if not, the connection is reported lost first and the requests
 * failed after that. An end that the peer planned (status OK, a cancelled stream) is followed by a new stream where
 * something still waits, and by nothing otherwise.
 */
export class FetchStream<Request, Asked, Answer extends Correlated> {
  readonly #config: FetchStreamConfig<Request, Asked, Answer>;
  readonly #pending = new Map<number, Pending<Asked>>();
  #stream: ClientDuplexStream<Asked, Answer> | undefined;
  #nextCorrelationId = 1;
  #redialling = false;
  #closed = false;

  constructor(config: FetchStreamConfig<Request, Asked, Answer>) {
    this.#config = config;
  }

  send(requestId: RequestId, request: Request): void {
    if (this.#closed) return;
    const correlationId = this.#nextCorrelationId;
    this.#nextCorrelationId = (correlationId % 0xffff_ffff) + 1;
    const pending: Pending<Asked> = { requestId, message: this.#config.messages.ask(correlationId, request), isRepeated: false };
    this.#pending.set(correlationId, pending);
    // While a redial is under way everything pending goes out, or fails, when it ends.
    if (!this.#redialling) this.#openStream().write(pending.message);
  }

  end(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#pending.clear();
    stream?.end();
  }

  close(): void {
    this.#closed = true;
    this.end();
  }

  #openStream(): ClientDuplexStream<Asked, Answer> {
    if (this.#stream !== undefined) return this.#stream;
    const stream = this.#config.open();
    this.#stream = stream;
    stream.on('data', (message: Answer) => this.#handleAnswer(message));
    stream.on('error', () => undefined);
    stream.on('status', (over: StatusObject) => {
      if (this.#stream !== stream) return;
      this.#stream = undefined;
      this.#handleOver(over);
    });
    return stream;
  }

  #handleAnswer(message: Answer): void {
    const pending = this.#pending.get(message.correlationId);
    if (pending === undefined) return;
    this.#pending.delete(message.correlationId);
    const { events, messages } = this.#config;
    let response: RaftResponse;
    try {
      response = messages.read(message, events);
    } catch (error) {
      events.problem(`a ${messages.name} answer cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      events.requestFailed(pending.requestId, 'unavailable');
      return;
    }
    events.response(pending.requestId, response);
  }

  #handleOver(over: StatusObject): void {
    if (this.#closed) return;
    if (over.code === status.OK || over.code === status.CANCELLED) return this.#sendPendingAgain();
    if (over.code !== status.UNAVAILABLE && over.code !== status.INTERNAL) {
      const failure = failureOf(over.code);
      if (failure === undefined) this.#config.events.problem(`a ${this.#config.messages.name} stream ended with status ${over.code}: ${over.details}`);
      return this.#failPending(failure ?? 'unavailable');
    }
    this.#redialling = true;
    this.#config.redial((outcome) => {
      this.#redialling = false;
      if (this.#closed) return;
      if (outcome === 'up') return this.#sendPendingAgain();
      this.#config.events.connectionLost();
      this.#failPending('unavailable');
    });
  }

  #sendPendingAgain(): void {
    for (const [correlationId, pending] of [...this.#pending]) {
      if (pending.isRepeated) {
        this.#pending.delete(correlationId);
        this.#config.events.requestFailed(pending.requestId, 'unavailable');
        continue;
      }
      pending.isRepeated = true;
      this.#openStream().write(pending.message);
    }
  }

  #failPending(failure: 'unavailable' | 'timed-out' | 'unsupported'): void {
    const failed = [...this.#pending.values()];
    this.#pending.clear();
    for (const { requestId } of failed) this.#config.events.requestFailed(requestId, failure);
  }
}
