import type { FetchRequest, ImageDigest, RaftRequest, RaftResponse, ReplyToken } from '@quorate/raft-core';
import type { TransportReceiver } from '@quorate/raft-node';
import type { NodeId, Offset } from '@quorate/records';
import type {
  FetchRequest as WireFetch,
  FetchResponse as WireFetched,
  FetchSnapshotRequest as WireFetchSnapshot,
  FetchSnapshotResponse as WireFetchedSnapshot,
} from '@quorate/records/gen/quorate/raft/v1/raft';
import type { RaftServiceService } from '../gen/quorate/raft/v1/raft_service.js';
import { MAX_SNAPSHOT_CHUNK_BYTES } from '../limits.js';
import { RpcFailure } from '../rpc-failure.js';
import type { CallContext } from '../server/call-context.js';
import type { HandlersOf, StreamPair } from '../server/handlers.js';
import { beginRequestFromWire, endRequestFromWire, fetchRequestFromWire, fetchSnapshotRequestFromWire, voteRequestFromWire } from '../wire/raft-requests.js';
import { beginResponseToWire, endResponseToWire, fetchResponseToWire, fetchSnapshotResponseToWire, voteResponseToWire } from '../wire/raft-responses.js';
import { addRequestFromWire, changeResponseToWire, describeRequestFromWire, describeResponseToWire, removeRequestFromWire, updateRequestFromWire } from '../wire/raft-voter-changes.js';
import { requireMessage } from '../wire/read-fields.js';

/** Fetches of one stream that wait for an answer; a peer that sends more is broken or hostile. */
const MAX_PENDING_FETCHES = 64;
/** Pieces of a snapshot that one stream may wait for: each may be a megabyte. */
const MAX_PENDING_SNAPSHOT_FETCHES = 4;
/** Streams that fetch snapshots at a time; a hundred brokers and spare controllers that start together stay below it. */
const MAX_SNAPSHOT_STREAMS = 256;

/** A request that waits for the node's answer. */
interface Waiting {
  readonly answer: (response: RaftResponse) => void;
  readonly refuse: (error: RpcFailure) => void;
}

/** Compares what the images of those who fetch sum up to. */
export interface DigestJudge {
  heard(replicaId: NodeId | undefined, digest: ImageDigest): void;
  /** Whether most voters agree that this image is wrong. */
  isWrong(replicaId: NodeId | undefined, digest: ImageDigest): boolean;
}

export interface RaftInboxOptions {
  /** Largest piece of a snapshot that is handed out in one answer, in bytes. */
  readonly fetchSnapshotMaxBytes: number;
  /** Told of each request before it is delivered. */
  readonly heard: (request: RaftRequest) => void;
  readonly digests?: DigestJudge | undefined;
}

/** What one kind of stream carries. */
interface ServedStream<Asked, Answer, Request extends RaftRequest> {
  readonly maxPending: number;
  readonly request: (message: Asked) => Request;
  readonly answer: (correlationId: number, response: RaftResponse, request: Request) => Answer;
}

/**
 * The receiving side of Raft: each request gets a token, each answer finds its call by it. A token whose caller is gone is
 * told as cancelled, and its answer ignored.
 */
export class RaftInbox {
  readonly #fetchSnapshotMaxBytes: number;
  readonly #digests: DigestJudge | undefined;
  readonly #waiting = new Map<ReplyToken, Waiting>();
  readonly #heard: (request: RaftRequest) => void;
  #receiver: TransportReceiver | undefined;
  #nextToken = 1;
  #snapshotStreams = 0;

  constructor({ fetchSnapshotMaxBytes, heard, digests }: RaftInboxOptions) {
    this.#digests = digests;
    this.#fetchSnapshotMaxBytes = Math.min(fetchSnapshotMaxBytes, MAX_SNAPSHOT_CHUNK_BYTES);
    this.#heard = heard;
  }

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
      addRaftVoter: (message, context) => this.#ask(addRequestFromWire(message), context, (response) => changeResponseToWire(expectKind('addRaftVoter', response))),
      removeRaftVoter: (message, context) => this.#ask(removeRequestFromWire(message), context, (response) => changeResponseToWire(expectKind('removeRaftVoter', response))),
      updateRaftVoter: (message, context) => this.#ask(updateRequestFromWire(message), context, (response) => changeResponseToWire(expectKind('updateRaftVoter', response))),
      describeQuorum: (message, context) => this.#ask(describeRequestFromWire(message), context, (response) => describeResponseToWire(expectKind('describeQuorum', response))),
      fetch: (stream) =>
        this.#serveStream<WireFetch, WireFetched, FetchRequest>(stream, {
          maxPending: MAX_PENDING_FETCHES,
          request: (message) => this.#judged(fetchRequestFromWire(requireMessage('query', message.query))),
          answer: (correlationId, response, request) => ({ correlationId, result: fetchResponseToWire(expectKind('fetch', response), this.#wrongImageAt(request)) }),
        }),
      fetchSnapshot: (stream) => this.#serveSnapshots(stream),
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

  #judged(request: FetchRequest): FetchRequest {
    if (request.imageDigest !== undefined) this.#digests?.heard(request.replica.id, request.imageDigest);
    return request;
  }

  #wrongImageAt({ replica, imageDigest }: FetchRequest): Offset | undefined {
    return imageDigest !== undefined && this.#digests?.isWrong(replica.id, imageDigest) === true ? imageDigest.lastStableOffset : undefined;
  }

  #serveSnapshots(stream: StreamPair<WireFetchSnapshot, WireFetchedSnapshot>): void {
    if (this.#snapshotStreams >= MAX_SNAPSHOT_STREAMS) {
      throw new RpcFailure({ reason: 'LIMIT_EXCEEDED', message: `${this.#snapshotStreams} streams fetch snapshots, the limit`, retryAfterMs: 1000 });
    }
    this.#snapshotStreams += 1;
    stream.onClosed(() => {
      this.#snapshotStreams -= 1;
    });
    this.#serveStream(stream, {
      maxPending: MAX_PENDING_SNAPSHOT_FETCHES,
      request: (message) => {
        const request = fetchSnapshotRequestFromWire(requireMessage('query', message.query));
        return { ...request, maxBytes: Math.min(request.maxBytes, this.#fetchSnapshotMaxBytes) };
      },
      answer: (correlationId, response) => ({ correlationId, result: fetchSnapshotResponseToWire(expectKind('fetchSnapshot', response)) }),
    });
  }

  /** Who does not read its answers is not read either: what waits for it in memory stays bounded. */
  #serveStream<Asked extends { readonly correlationId: number }, Answer, Request extends RaftRequest>(
    stream: StreamPair<Asked, Answer>,
    { maxPending, request: readRequest, answer }: ServedStream<Asked, Answer, Request>,
  ): void {
    const tokens = new Set<ReplyToken>();
    stream.onMessage((message) => {
      if (tokens.size >= maxPending) throw new RpcFailure({ reason: 'LIMIT_EXCEEDED', message: `${tokens.size} fetches of this stream wait for an answer, its limit` });
      const request = readRequest(message);
      const token = this.#take({
        answer: (response) => {
          tokens.delete(token);
          if (!stream.send(answer(message.correlationId, response, request))) stream.pause();
        },
        refuse: (error) => stream.end(error),
      });
      tokens.add(token);
      this.#deliver(token, request);
    });
    stream.onDrain(() => stream.resume());
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
    this.#heard(request);
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
