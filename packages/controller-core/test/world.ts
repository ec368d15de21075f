import { uuidFromBytes, uuidToBytes } from '@quorate/records';
import type { BrokerEpoch, MetadataRecord, NodeId, Offset, Uuid } from '@quorate/records';
import type { PartitionRow } from '@quorate/metadata-image';
import { Controller } from '../src/controller.js';
import { DEFAULT_CONTROLLER_CONFIG } from '../src/controller-config.js';
import type { ControllerConfig } from '../src/controller-config.js';
import type { BrokerHeartbeatCommand, BrokerHeartbeatReply, Command, CreatableTopic, DecideContext, Decision, RegisterBrokerCommand, ReplyTo } from '../src/command.js';
import { NaiveView } from './naive-view.js';

export const CLUSTER_ID = 'test-cluster';

/** mulberry32: uniform in [0, 1), the same numbers for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

export const node = (id: number): NodeId => id as NodeId;
export const nodes = (...ids: number[]): NodeId[] => ids as NodeId[];

/** A UUID that is told apart by its number; 100 and more are free for use. */
export function uuid(number: number): Uuid {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(12, number);
  bytes[0] = 1;
  return uuidFromBytes(bytes);
}

/** A controller over the naive view, with a log that commits at once and a clock moved by hand. */
export class World {
  readonly view = new NaiveView();
  readonly controller: Controller;
  readonly config: ControllerConfig;
  readonly log: MetadataRecord[] = [];
  readonly random: () => number;
  nowMs = 1_000;

  constructor(options: { readonly config?: Partial<ControllerConfig>; readonly metadataVersion?: number; readonly elr?: boolean; readonly seed?: number } = {}) {
    this.random = seededRandom(options.seed ?? 1);
    this.config = { ...DEFAULT_CONTROLLER_CONFIG, clusterId: CLUSTER_ID, ...options.config };
    this.controller = new Controller({ view: this.view, config: this.config });
    this.controller.activated(this.nowMs);
    this.write(feature('metadata.version', options.metadataVersion ?? 21));
    if (options.elr === true) this.write(feature('eligible.leader.replicas.version', 1));
  }

  get endOffset(): Offset {
    return this.log.length as Offset;
  }

  context(): DecideContext {
    return { nextOffset: this.endOffset, nowMs: this.nowMs, wallMs: 1_700_000_000_000 + this.nowMs, random: this.random };
  }

  decide<C extends Command>(command: C): Decision<ReplyTo<C>> {
    return this.controller.decide(command, this.context());
  }

  /** Replays the records, as the host does before it writes them. */
  write(...records: readonly MetadataRecord[]): void {
    for (const record of records) {
      this.controller.replay(record, { offset: this.endOffset, epoch: 1, wallMs: 0 });
      this.log.push(record);
    }
  }

  run<C extends Command>(command: C): ReplyTo<C> {
    const { records, reply } = this.decide(command);
    this.write(...records);
    return reply;
  }

  register(id: number, changes: Partial<RegisterBrokerCommand> = {}): BrokerEpoch {
    const reply = this.run(registration(id, changes));
    if (reply.brokerEpoch === undefined) throw new Error(`broker ${id} was refused: ${reply.error} ${reply.message}`);
    return reply.brokerEpoch;
  }

  heartbeat(id: number, changes: Partial<BrokerHeartbeatCommand> = {}): BrokerHeartbeatReply {
    const brokerEpoch = changes.brokerEpoch ?? this.view.broker(node(id))?.epoch ?? (0 as BrokerEpoch);
    this.controller.touch(node(id), brokerEpoch, this.nowMs);
    return this.run(heartbeat(id, { brokerEpoch, currentMetadataOffset: this.endOffset, ...changes }));
  }

  /** Registered and unfenced. */
  start(...ids: number[]): void {
    for (const id of ids) {
      this.register(id);
      this.heartbeat(id);
    }
  }

  fence(id: number): void {
    this.heartbeat(id, { wantFence: true });
  }

  create(name: string, ...replicas: number[][]): Uuid {
    const assignments = replicas.map((brokerIds, partitionId) => ({ partitionId, brokerIds: nodes(...brokerIds) }));
    const [created] = this.run({ kind: 'createTopics', topics: [topic(name, { assignments })], validateOnly: false, atomic: false }).topics;
    if (created?.topicId === undefined) throw new Error(`topic ${name} was refused: ${created?.error} ${created?.message}`);
    return created.topicId;
  }

  partition(name: string, partitionId = 0): PartitionRow {
    const found = this.view.topicByName(name);
    const row = found === undefined ? undefined : this.view.partition(found.topicId, partitionId);
    if (row === undefined) throw new Error(`there is no partition ${name}-${partitionId}`);
    return row;
  }

  /** Moves replicas to directories, as AssignReplicasToDirs does. */
  assign(topicId: Uuid, partitionId: number, directories: readonly Uuid[]): void {
    const value = { topicId: uuidToBytes(topicId), partitionId, directories: { ids: directories.map(uuidToBytes) } };
    this.write({ kind: 'PartitionChange', version: 1, value });
  }

  setConfig(resourceType: number, resourceName: string, name: string, value: string): void {
    this.write({ kind: 'Config', version: 0, value: { resourceType, resourceName, name, value } });
  }
}

export function feature(name: string, featureLevel: number): MetadataRecord {
  return { kind: 'FeatureLevel', version: 0, value: { name, featureLevel } };
}

export function registration(id: number, changes: Partial<RegisterBrokerCommand> = {}): RegisterBrokerCommand {
  return {
    kind: 'registerBroker',
    clusterId: CLUSTER_ID,
    brokerId: node(id),
    incarnationId: uuid(1_000 + id),
    endpoints: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 9_000 + id, securityProtocol: 0 }],
    features: [
      { name: 'metadata.version', minSupported: 7, maxSupported: 33 },
      { name: 'kraft.version', minSupported: 0, maxSupported: 1 },
      { name: 'eligible.leader.replicas.version', minSupported: 0, maxSupported: 1 },
    ],
    rack: undefined,
    logDirs: [uuid(100_000 + id)],
    previousBrokerEpoch: undefined,
    ...changes,
  };
}

export function heartbeat(id: number, changes: Partial<BrokerHeartbeatCommand> = {}): BrokerHeartbeatCommand {
  return {
    kind: 'brokerHeartbeat',
    brokerId: node(id),
    brokerEpoch: 0 as BrokerEpoch,
    currentMetadataOffset: 0 as Offset,
    wantFence: false,
    wantShutDown: false,
    offlineLogDirs: [],
    ...changes,
  };
}

export function topic(name: string, changes: Partial<CreatableTopic> = {}): CreatableTopic {
  return { name, partitionCount: undefined, replicationFactor: undefined, assignments: [], configs: [], ...changes };
}
