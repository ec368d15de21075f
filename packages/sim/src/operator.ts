import type { RaftRequest, ReplicaKey } from '@quorate/raft-core';
import { ZERO_UUID } from '@quorate/records';
import type { NodeId } from '@quorate/records';
import { CLUSTER_ID } from './node.js';
import { SimProcess } from './process.js';
import type { Random } from './random.js';
import { portOf } from './rpc-bus.js';
import type { RpcBus, SimTransport } from './rpc-bus.js';
import type { Trace } from './trace.js';
import type { World } from './world.js';

/** Address on the network; no node's. */
const OPERATOR_ID = 401 as NodeId;

/** Whoever changes the voter set from outside. It asks once and looks at the answer only to count it. */
export class Operator {
  readonly #transport: SimTransport;
  readonly #trace: Trace;
  #requestId = 0;

  constructor(parts: { readonly world: World; readonly random: Random; readonly bus: RpcBus; readonly trace: Trace }) {
    const process = new SimProcess(parts.world, parts.random, { rate: 1, offsetMs: 0 }, 0);
    this.#transport = parts.bus.transport(OPERATOR_ID, process);
    this.#trace = parts.trace;
    this.#transport.open({
      request: () => {},
      requestCancelled: () => {},
      response: (_requestId, _from, response) => {
        if (response.kind === 'removeRaftVoter') this.#trace.tally(`voter removal answered ${response.error}`);
      },
      requestFailed: () => {},
      connectionLost: () => {},
      connectionUp: () => {},
    });
  }

  removeVoter(leader: NodeId, voter: ReplicaKey): void {
    const request: RaftRequest = { kind: 'removeRaftVoter', clusterId: CLUSTER_ID, recoveryId: ZERO_UUID, voter, validateOnly: false };
    this.#transport.send(++this.#requestId, { id: leader, endpoints: [{ name: 'CONTROLLER', host: `n${leader}`, port: portOf(leader) }] }, request);
  }
}
