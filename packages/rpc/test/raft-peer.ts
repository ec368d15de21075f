import type { NodeEndpoints, RaftRequest, RaftResponse, ReplyToken, RequestFailure, RequestId } from '@quorate/raft-core';
import type { TransportReceiver } from '@quorate/raft-node';
import type { NodeId } from '@quorate/records';
import { RaftServiceService } from '../src/gen/quorate/raft/v1/raft_service.js';
import { CONTROLLER_LIMITS } from '../src/limits.js';
import { GrpcTransport } from '../src/raft/grpc-transport.js';
import { RpcServer } from '../src/server/rpc-server.js';
import { until } from './until.js';

/** Everything that a transport delivered, in order. */
export class Inbox implements TransportReceiver {
  readonly requests: { readonly token: ReplyToken; readonly request: RaftRequest }[] = [];
  readonly responses: { readonly requestId: RequestId; readonly from: NodeId; readonly response: RaftResponse }[] = [];
  readonly cancelled: ReplyToken[] = [];
  /** Everything but requests and responses, as text. */
  readonly events: string[] = [];
  readonly eventTimesMs: number[] = [];

  request(token: ReplyToken, request: RaftRequest): void {
    this.requests.push({ token, request });
  }
  requestCancelled(token: ReplyToken): void {
    this.cancelled.push(token);
  }
  response(requestId: RequestId, from: NodeId, response: RaftResponse): void {
    this.responses.push({ requestId, from, response });
  }
  requestFailed(requestId: RequestId, from: NodeId, failure: RequestFailure): void {
    this.#note(`request ${requestId} to ${from} failed: ${failure}`);
  }
  connectionLost(peer: NodeId): void {
    this.#note(`connection to ${peer} lost`);
  }
  connectionUp(peer: NodeId): void {
    this.#note(`connection to ${peer} up`);
  }

  #note(event: string): void {
    this.events.push(event);
    this.eventTimesMs.push(performance.now());
  }
}

/** One controller's transport with its server, on a free port of loopback. */
export class RaftPeer {
  readonly id: NodeId;
  readonly inbox = new Inbox();
  readonly problems: string[] = [];
  readonly server: RpcServer;
  readonly transport: GrpcTransport;
  /** Digests of those who fetch from it, and what it makes of them. */
  readonly heardDigests: { readonly replicaId: NodeId | undefined; readonly at: number }[] = [];
  imagesAreWrong = false;
  /** Offsets at which its leader calls its own image wrong. */
  readonly wrongImages: number[] = [];
  port = 0;

  constructor(id: number, requestTimeoutMs = 5000) {
    this.id = id as NodeId;
    this.server = new RpcServer({ limits: CONTROLLER_LIMITS, finished: () => undefined });
    this.transport = new GrpcTransport({ requestTimeoutMs, fetchSnapshotMaxBytes: 1024 * 1024, digests: { heard: (replicaId, { lastStableOffset }) => void this.heardDigests.push({ replicaId, at: lastStableOffset }), isWrong: () => this.imagesAreWrong }, imageIsWrong: (at) => void this.wrongImages.push(at), problem: (peer, message) => this.problems.push(`${peer}: ${message}`) });
    this.server.add(RaftServiceService, this.transport.handlers());
  }

  /** Listening, and open for messages. */
  static async start(id: number, requestTimeoutMs?: number): Promise<RaftPeer> {
    const peer = new RaftPeer(id, requestTimeoutMs);
    await peer.listen();
    peer.transport.open(peer.inbox);
    return peer;
  }

  async listen(): Promise<void> {
    this.port = await this.server.listen('127.0.0.1', 0);
  }

  /** Where it listens, or where a wire to it does. */
  at(port = this.port): NodeEndpoints {
    return endpointsOf(this.id, port);
  }

  /** The `n`th request that came in, from 1. */
  nthRequest(n: number): Promise<{ readonly token: ReplyToken; readonly request: RaftRequest }> {
    return until(`request ${n} at node ${this.id}`, () => this.inbox.requests[n - 1]);
  }

  async stop(): Promise<void> {
    this.transport.close();
    await this.server.stop(0);
  }
}

export function endpointsOf(id: number, port: number): NodeEndpoints {
  return { id: id as NodeId, endpoints: [{ name: 'CONTROLLER', host: '127.0.0.1', port }] };
}
