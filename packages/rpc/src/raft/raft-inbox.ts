import type { FetchResponse, RaftRequest, RaftResponse, ReplyToken } from '@quorate/raft-core';
import type { TransportReceiver } from '@quorate/raft-node';
import type { FetchRequest as WireFetch, FetchResponse as WireFetched } from '@quorate/records/gen/quorate/raft/v1/raft';
import type { RaftServiceService } from '../gen/quorate/raft/v1/raft_service.js';
import { RpcFailure } from '../rpc-failure.js';
import type { CallContext } from '../server/call-context.js';
import type { HandlersOf, StreamPair } from '../server/handlers.js';
import { beginRequestFromWire, endRequestFromWire, fetchRequestFromWire, voteRequestFromWire } from '../wire/raft-requests.js';
import { beginResponseToWire, endResponseToWire, fetchResponseToWire, voteResponseToWire } from '../wire/raft-responses.js';
import { requireMessage } from '../wire/read-fields.js';

/** Fetches of one stream that wait for an answer; a peer that sends more is broken or hostile. */
const MAX_PENDING_FETCHES = 64;

/** A request that waits for the node's answer. */
interface Waiting {
  readonly answer: (response: RaftResponse) => void;
  readonly refuse: (error: RpcFailure) => void;
}

/**
 * The receiving side of Raft: each request gets a token, each answer finds its call by it. A token whose caller is gone is
 * told as cancelled, and its answer ignored.
 */
export class RaftInbox {
  readonly #waiting = new Map<ReplyToken, Waiting>();
  #receiver: TransportReceiver | undefined;
  #nextToken = 1;

  open(receiver: TransportReceiver): void {
    this.#receiver = receiver;
  }

  /** Whoever still waits for an answer is told to ask elsewhere; nothing is delivered any more. */
  close(): void {
    this.#receiver = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { refuse } of waiting) refuse(notOpen());
  }

  reply(token: ReplyToken, response: RaftResponse): void {
    const waiting = this.#waiting.get(token);
    this.#waiting.delete(token);
    waiting?.answer(response);
  }

  /** Handlers of `RaftService`. */
  handlers(): HandlersOf<typeof RaftServiceService> {
    return {
      vote: (message, context) => this.#ask(voteRequestFromWire(message), context, (response) => voteResponseToWire(expectKind('vote', response))),
      beginQuorumEpoch: (message, context) => this.#ask(beginRequestFromWire(message), context, (response) => beginResponseToWire(expectKind('beginQuorumEpoch', response))),
      endQuorumEpoch: (message, context) => this.#ask(endRequestFromWire(message), context, (response) => endResponseToWire(expectKind('endQuorumEpoch', response))),
      fetch: (stream) => this.#serveFetches(stream),
      fetchSnapshot: (stream) => stream.end(new RpcFailure({ reason: 'METHOD_NOT_SERVED', message: 'snapshots are not sent over the wire yet' })),
    };
  }

  #ask<T>(request: RaftRequest, context: CallContext, toWire: (response: RaftResponse) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const token = this.#take({ answer: (response) => resolve(toWire(response)), refuse: reject });
      context.signal.addEventListener('abort', () => this.#cancel(token), { once: true });
      try {
        this.#deliver(token, request);
      } catch (error) {
        this.#waiting.delete(token);
        reject(error);
      }
    });
  }

  #serveFetches(stream: StreamPair<WireFetch, WireFetched>): void {
    const tokens = new Set<ReplyToken>();
    stream.onMessage((message) => {
      if (tokens.size >= MAX_PENDING_FETCHES) throw new RpcFailure({ reason: 'LIMIT_EXCEEDED', message: `${tokens.size} fetches of this stream wait for an answer, its limit` });
      const request = fetchRequestFromWire(requireMessage('query', message.query));
      const token = this.#take({
        answer: (response) => {
          tokens.delete(token);
          stream.send({ correlationId: message.correlationId, result: fetchResponseToWire(expectKind('fetch', response) as FetchResponse) });
        },
        refuse: (error) => stream.end(error),
      });
      tokens.add(token);
      this.#deliver(token, request);
    });
    const forget = (): void => {
      for (const token of tokens) this.#cancel(token);
      tokens.clear();
    };
    stream.onEnd(() => {
      forget();
      stream.end();
    });
    stream.onClosed(forget);
  }

  #take(waiting: Waiting): ReplyToken {
    const token = this.#nextToken++;
    this.#waiting.set(token, waiting);
    return token;
  }

  #deliver(token: ReplyToken, request: RaftRequest): void {
    if (this.#receiver === undefined) throw notOpen();
    this.#receiver.request(token, request);
  }

  #cancel(token: ReplyToken): void {
    if (this.#waiting.delete(token)) this.#receiver?.requestCancelled(token);
  }
}

function notOpen(): RpcFailure {
  return new RpcFailure({ reason: 'BROKER_NOT_AVAILABLE', message: 'this controller is starting or stopping', retryAfterMs: 50 });
}

function expectKind<K extends RaftResponse['kind']>(kind: K, response: RaftResponse): Extract<RaftResponse, { kind: K }> {
  if (response.kind !== kind) throw new Error(`a ${kind} request was answered with a ${response.kind} response`);
  return response as Extract<RaftResponse, { kind: K }>;
}
