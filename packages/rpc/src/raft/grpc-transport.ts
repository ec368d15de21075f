import type { DescribeQuorumRequest, Endpoint, NodeEndpoints, RaftRequest, RaftResponse, ReplyToken, RequestId } from '@quorate/raft-core';
import type { Transport, TransportReceiver } from '@quorate/raft-node';
import type { NodeId, Offset } from '@quorate/records';
import type { RaftServiceService } from '../gen/quorate/raft/v1/raft_service.js';
import type { HandlersOf } from '../server/handlers.js';
import { PeerConnection, type PeerOptions } from './peer-connection.js';
import { probeController } from './probe-controller.js';
import { RaftInbox, type DigestJudge } from './raft-inbox.js';

export interface GrpcTransportOptions {
  /** Given up after this long without an answer, in milliseconds (`controller.quorum.request.timeout.ms`). */
  readonly requestTimeoutMs: number;
  /** Largest piece of a snapshot that is handed out in one answer, in bytes (`controller.quorum.fetch.snapshot.max.bytes`). */
  readonly fetchSnapshotMaxBytes: number;
  /** Something about a peer that a person may want to know; not an error of ours. */
  readonly problem: (peer: NodeId, message: string) => void;
  /** A leader's Fetch answer named the offset up to which it has published on the feed. */
  readonly heardFeedOffset?: (offset: Offset) => void;
  /** A leader's Fetch answer named its high watermark, which may lie far beyond our log's end. */
  readonly heardHighWatermark?: (offset: Offset) => void;
  /** Compares what the images of those who fetch from us sum up to. */
  readonly digests?: DigestJudge;
  /** The leader says that most voters agree on another image than ours at that offset. */
  readonly imageIsWrong?: (at: Offset) => void;
}

/** A broken stream's one redial may take this long before the peer counts as lost. */
const REDIAL_MS = 20;

/** Raft over gRPC: votes as unary calls, fetches and snapshots on a long-lived stream each to the leader, one warm channel to each peer. */
export class GrpcTransport implements Transport {
  readonly #options: GrpcTransportOptions;
  readonly #inbox: RaftInbox;
  readonly #peers = new Map<NodeId, PeerConnection>();
  #receiver: TransportReceiver | undefined;
  #fetchingFrom: NodeId | undefined;
  #wanted: ReadonlySet<NodeId> = new Set();
  #closed = false;

  constructor(options: GrpcTransportOptions) {
    this.#options = options;
    this.#inbox = new RaftInbox({ fetchSnapshotMaxBytes: options.fetchSnapshotMaxBytes, heard: (request) => this.#heard(request), digests: options.digests });
  }

  /** What the server has to serve as `RaftService`. */
  handlers(): HandlersOf<typeof RaftServiceService> {
    return this.#inbox.handlers();
  }

  open(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    this.#inbox.open(receiver);
  }

  setPeers(peers: readonly NodeEndpoints[]): void {
    if (this.#closed) return;
    this.#wanted = new Set(peers.map((peer) => peer.id));
    for (const id of [...this.#peers.keys()]) this.#dropUnlessNeeded(id);
    for (const peer of peers) this.#peer(peer);
  }

  send(requestId: RequestId, to: NodeEndpoints, request: RaftRequest): void {
    if (this.#closed) return;
    if (request.kind === 'describeQuorum') return this.#probe(requestId, to, request);
    const peer = this.#peer(to);
    if (peer === undefined) {
      // Completing at once is allowed; the node has no known address.
      this.#receiver?.requestFailed(requestId, to.id, 'unavailable');
      return;
    }
    if (request.kind !== 'fetch' && request.kind !== 'fetchSnapshot') return peer.ask(requestId, request);
    if (this.#fetchingFrom !== to.id) {
      const before = this.#fetchingFrom;
      this.#fetchingFrom = to.id;
      if (before !== undefined) {
        this.#peers.get(before)?.endFetches();
        this.#dropUnlessNeeded(before);
      }
    }
    if (request.kind === 'fetch') peer.fetch(requestId, request);
    else peer.fetchSnapshot(requestId, request);
  }

  reply(token: ReplyToken, response: RaftResponse): void {
    this.#inbox.reply(token, response);
  }

  checkConnection(peer: NodeEndpoints): void {
    if (this.#closed) return;
    const connection = this.#peer(peer);
    if (connection === undefined) this.#receiver?.connectionLost(peer.id);
    else connection.check();
  }

  close(): void {
    this.#closed = true;
    this.#receiver = undefined;
    this.#inbox.close();
    for (const id of [...this.#peers.keys()]) this.#drop(id);
  }

  /** By a connection of its own: the address is one that nobody has stored yet. */
  #probe(requestId: RequestId, to: NodeEndpoints, request: DescribeQuorumRequest): void {
    const endpoint = to.endpoints[0];
    if (endpoint === undefined) return this.#receiver?.requestFailed(requestId, to.id, 'unavailable');
    probeController(endpoint, request, this.#options.requestTimeoutMs, (outcome) => {
      if ('failure' in outcome) this.#receiver?.requestFailed(requestId, to.id, outcome.failure);
      else this.#receiver?.response(requestId, to.id, outcome.response);
    });
  }

  /** The connection to a node, made or moved to another address where need be; undefined without an address. */
  #peer({ id, endpoints }: NodeEndpoints): PeerConnection | undefined {
    const known = this.#peers.get(id);
    const endpoint = endpoints[0];
    if (endpoint === undefined || (known !== undefined && isSameAddress(known.endpoint, endpoint))) return known;
    if (known !== undefined) this.#drop(id);
    const connection = new PeerConnection(
      endpoint,
      {
        response: (requestId, response) => this.#handleResponse(requestId, id, response),
        requestFailed: (requestId, failure) => this.#receiver?.requestFailed(requestId, id, failure),
        connectionLost: () => this.#receiver?.connectionLost(id),
        connectionUp: () => this.#receiver?.connectionUp(id),
        imageIsWrong: (at) => this.#options.imageIsWrong?.(at),
        problem: (message) => this.#options.problem(id, message),
      },
      this.#peerOptions(),
    );
    this.#peers.set(id, connection);
    return connection;
  }

  /** Whoever asks us can be asked: a connection to it that waits for its next dial does not wait any longer. */
  #heard(request: RaftRequest): void {
    const sender = senderOf(request);
    if (sender !== undefined) this.#peers.get(sender)?.heard();
  }

  #handleResponse(requestId: RequestId, from: NodeId, response: RaftResponse): void {
    if (response.kind === 'fetch' && response.error === 'NONE' && response.highWatermark !== undefined) this.#options.heardHighWatermark?.(response.highWatermark);
    if (response.kind === 'fetch' && response.feedPublishedOffset !== undefined) this.#options.heardFeedOffset?.(response.feedPublishedOffset);
    this.#receiver?.response(requestId, from, response);
  }

  #peerOptions(): PeerOptions {
    return { requestTimeoutMs: this.#options.requestTimeoutMs, redialMs: REDIAL_MS };
  }

  /** A leader that is being removed leads on until that is committed, and is fetched from; discovered nodes (bootstrap servers have negative ids) stay. */
  #dropUnlessNeeded(id: NodeId): void {
    if (id >= 0 && id !== this.#fetchingFrom && !this.#wanted.has(id)) this.#drop(id);
  }

  #drop(id: NodeId): void {
    this.#peers.get(id)?.close();
    this.#peers.delete(id);
    if (this.#fetchingFrom === id) this.#fetchingFrom = undefined;
  }
}

function senderOf(request: RaftRequest): NodeId | undefined {
  switch (request.kind) {
    case 'vote':
      return request.candidate.id;
    case 'beginQuorumEpoch':
    case 'endQuorumEpoch':
      return request.leaderId;
    case 'fetch':
    case 'fetchSnapshot':
      return request.replica.id;
  }
}

function isSameAddress(a: Endpoint, b: Endpoint): boolean {
  return a.host === b.host && a.port === b.port;
}
