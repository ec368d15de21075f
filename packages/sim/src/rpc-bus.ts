import type { NodeEndpoints, RaftRequest, RaftResponse, ReplyToken, RequestId } from '@quorate/raft-core';
import type { Transport, TransportReceiver } from '@quorate/raft-node';
import type { NodeId } from '@quorate/records';
import type { Network } from './network.js';
import type { SimProcess } from './process.js';
import type { World } from './world.js';

/** Told what the nodes say to each other. */
export interface RpcObserver {
  requestSent(from: NodeId, to: NodeId, request: RaftRequest): void;
  replySent(from: NodeId, to: NodeId, request: RaftRequest, response: RaftResponse): void;
}

/** How long a dial into a partition is waited for (design §4: a redial not up within 20 ms). */
const DIAL_TIMEOUT_MS = 20;

/** Where a node listens in the simulator. */
export function portOf(id: NodeId): number {
  return 9000 + id;
}

/** All nodes' Raft RPCs over the simulated network, with the connections that carry them. */
export class RpcBus {
  readonly world: World;
  readonly network: Network;
  readonly observer: RpcObserver;
  readonly #transports = new Map<NodeId, SimTransport>();

  constructor(world: World, network: Network, observer: RpcObserver) {
    this.world = world;
    this.network = network;
    this.observer = observer;
  }

  /** The transport of one life of a node. */
  transport(id: NodeId, process: SimProcess): SimTransport {
    return new SimTransport(this, id, process);
  }

  listening(id: NodeId): SimTransport | undefined {
    return this.#transports.get(id);
  }

  opened(transport: SimTransport): void {
    this.#transports.set(transport.id, transport);
  }

  /** The node's connections break: peers that can still hear it notice, others do not. */
  closed(transport: SimTransport): void {
    if (this.#transports.get(transport.id) === transport) this.#transports.delete(transport.id);
    for (const peer of this.#transports.values()) {
      if (this.network.isConnected(peer.id, transport.id)) this.network.send(transport.id, peer.id, () => peer.peerGone(transport));
    }
  }

  /** Bootstrap servers have no id of their own, only an address. */
  resolve(to: NodeEndpoints): NodeId | undefined {
    return to.id >= 0 ? to.id : ((to.endpoints[0]?.port ?? 0) - 9000) as NodeId;
  }
}

interface Asked {
  readonly asker: SimTransport;
  readonly requestId: RequestId;
  /** The id that the asker used: a bootstrap server's is not the node's. */
  readonly askedAs: NodeId;
  readonly request: RaftRequest;
}

export class SimTransport implements Transport {
  readonly id: NodeId;
  readonly #bus: RpcBus;
  readonly #process: SimProcess;
  #receiver: TransportReceiver | undefined;
  #nextToken: ReplyToken = 1;
  readonly #asked = new Map<ReplyToken, Asked>();
  /** What we wait for, by request id: whom we asked. */
  readonly #waiting = new Map<RequestId, { readonly target: NodeId; readonly askedAs: NodeId }>();

  constructor(bus: RpcBus, id: NodeId, process: SimProcess) {
    this.#bus = bus;
    this.id = id;
    this.#process = process;
  }

  /** Requests that came and were not answered yet. */
  get parkedRequests(): number {
    return this.#asked.size;
  }

  open(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    this.#bus.opened(this);
  }

  close(): void {
    if (this.#receiver === undefined) return;
    this.#receiver = undefined;
    this.#bus.closed(this);
  }

  setPeers(): void {}

  send(requestId: RequestId, to: NodeEndpoints, request: RaftRequest): void {
    const target = this.#bus.resolve(to);
    if (target === undefined) return this.#tell((receiver) => receiver.requestFailed(requestId, to.id, 'unavailable'));
    this.#bus.observer.requestSent(this.id, target, request);
    this.#waiting.set(requestId, { target, askedAs: to.id });
    const { network } = this.#bus;
    network.send(this.id, target, () => {
      const peer = this.#bus.listening(target);
      if (peer === undefined) network.send(target, this.id, () => this.#failed(requestId, to.id));
      else peer.#arrived({ asker: this, requestId, askedAs: to.id, request });
    });
  }

  reply(token: ReplyToken, response: RaftResponse): void {
    const asked = this.#asked.get(token);
    if (asked === undefined) return;
    this.#asked.delete(token);
    this.#bus.observer.replySent(this.id, asked.asker.id, asked.request, response);
    this.#bus.network.send(this.id, asked.asker.id, () => asked.asker.#answered(asked, response));
  }

  checkConnection(peer: NodeEndpoints): void {
    const { network, world } = this.#bus;
    const target = this.#bus.resolve(peer);
    if (target === undefined) return;
    if (!network.isConnected(this.id, target)) {
      world.after(DIAL_TIMEOUT_MS, () => this.#tell((receiver) => receiver.connectionLost(peer.id)));
      return;
    }
    network.send(this.id, target, () => {
      const isUp = this.#bus.listening(target) !== undefined;
      network.send(target, this.id, () => this.#tell((receiver) => (isUp ? receiver.connectionUp(peer.id) : receiver.connectionLost(peer.id))));
    });
  }

  /** A peer's process ended: what we asked it fails, what it asked us is of no interest any more. */
  peerGone(peer: SimTransport): void {
    for (const [requestId, { target, askedAs }] of [...this.#waiting]) if (target === peer.id) this.#failed(requestId, askedAs);
    for (const [token, { asker }] of [...this.#asked]) {
      if (asker !== peer) continue;
      this.#asked.delete(token);
      this.#tell((receiver) => receiver.requestCancelled(token));
    }
    // The one immediate redial is part of losing a connection: a process that is back already was not lost.
    if (this.#bus.listening(peer.id) === undefined) this.#tell((receiver) => receiver.connectionLost(peer.id));
  }

  #arrived(asked: Asked): void {
    this.#tell((receiver) => {
      const token = this.#nextToken++;
      this.#asked.set(token, asked);
      receiver.request(token, asked.request);
    });
  }

  #answered(asked: Asked, response: RaftResponse): void {
    this.#tell((receiver) => {
      this.#waiting.delete(asked.requestId);
      receiver.response(asked.requestId, asked.askedAs, response);
    });
  }

  #failed(requestId: RequestId, askedAs: NodeId): void {
    this.#tell((receiver) => {
      if (this.#waiting.delete(requestId)) receiver.requestFailed(requestId, askedAs, 'unavailable');
    });
  }

  #tell(what: (receiver: TransportReceiver) => void): void {
    this.#process.deliver(() => {
      if (this.#receiver !== undefined) what(this.#receiver);
    });
  }
}
