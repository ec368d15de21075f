import type { BrokerHeartbeatReply, RegisterBrokerCommand, RegisterBrokerReply } from '@quorate/controller-core';
import type { SubmitOutcome } from '@quorate/controller-node';
import type { BrokerEpoch, NodeId, Offset, Uuid } from '@quorate/records';
import { uuidFromBytes } from '@quorate/records';
import type { CallOutcome, ClientLink } from './client-link.js';
import { CLUSTER_ID, SESSION_TIMEOUT_MS } from './node.js';
import type { SimNode } from './node.js';
import type { Random } from './random.js';
import type { World } from './world.js';

const HEARTBEAT_MS = SESSION_TIMEOUT_MS / 5;
const RETRY_MS = 100;

/** A broker as far as the controller can tell: it registers, then sends heartbeats, and says that it has applied all it heard of. */
export class SimBroker {
  readonly id: NodeId;
  readonly #world: World;
  readonly #random: Random;
  readonly #link: ClientLink;
  readonly #directoryId: Uuid;
  readonly #incarnationId: Uuid;
  #target: SimNode;
  #epoch: BrokerEpoch | undefined;
  #heardOffset = 0 as Offset;
  /** Sends nothing: its session ends. */
  isSilent = false;

  constructor(id: NodeId, parts: { world: World; random: Random; link: ClientLink }) {
    this.id = id;
    this.#world = parts.world;
    this.#random = parts.random;
    this.#link = parts.link;
    this.#directoryId = uuidFromBytes(this.#random.bytes(16));
    this.#incarnationId = uuidFromBytes(this.#random.bytes(16));
    this.#target = this.#random.pick(this.#link.nodes);
  }

  start(): void {
    this.#world.after(this.#random.between(0, RETRY_MS), () => this.#beat());
  }

  #beat(): void {
    if (this.isSilent) return this.#again(HEARTBEAT_MS);
    if (this.#epoch === undefined) this.#link.submit(this.#target, this.#registration(), { timeoutMs: 1000 }, (outcome) => this.#registered(outcome));
    else
      this.#link.submit(
        this.#target,
        { kind: 'brokerHeartbeat', brokerId: this.id, brokerEpoch: this.#epoch, currentMetadataOffset: this.#heardOffset, wantFence: false, wantShutDown: false, offlineLogDirs: [] },
        { timeoutMs: HEARTBEAT_MS / 2 },
        (outcome) => this.#beaten(outcome),
      );
  }

  #registered(outcome: CallOutcome<SubmitOutcome<RegisterBrokerReply>>): void {
    if (outcome.kind === 'committed' && outcome.reply.error === 'NONE') {
      this.#epoch = outcome.reply.brokerEpoch;
      this.#heardOffset = outcome.offset;
      return this.#again(0);
    }
    this.#lookElsewhere(outcome);
  }

  #beaten(outcome: CallOutcome<SubmitOutcome<BrokerHeartbeatReply>>): void {
    if (outcome.kind !== 'committed') return this.#lookElsewhere(outcome);
    this.#heardOffset = outcome.offset;
    if (outcome.reply.error === 'STALE_BROKER_EPOCH' || outcome.reply.error === 'BROKER_ID_NOT_REGISTERED') this.#epoch = undefined;
    this.#again(HEARTBEAT_MS);
  }

  #lookElsewhere(outcome: CallOutcome<SubmitOutcome>): void {
    const leaderId = outcome.kind === 'not-controller' ? outcome.leaderId : undefined;
    this.#target = this.#link.nodes.find(({ id }) => id === leaderId) ?? this.#random.pick(this.#link.nodes);
    this.#again(RETRY_MS);
  }

  #again(afterMs: number): void {
    this.#world.after(afterMs, () => this.#beat());
  }

  #registration(): RegisterBrokerCommand {
    return {
      kind: 'registerBroker',
      clusterId: CLUSTER_ID,
      brokerId: this.id,
      incarnationId: this.#incarnationId,
      endpoints: [{ name: 'PLAINTEXT', host: `b${this.id}`, port: 9092, securityProtocol: 0 }],
      features: [
        { name: 'metadata.version', minSupported: 1, maxSupported: 25 },
        { name: 'kraft.version', minSupported: 0, maxSupported: 1 },
      ],
      rack: undefined,
      logDirs: [this.#directoryId],
      previousBrokerEpoch: undefined,
    };
  }
}
