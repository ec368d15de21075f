import type { CreateTopicsCommand, DeleteTopicsCommand, ItemError } from '@quorate/controller-core';
import type { SubmitOutcome } from '@quorate/controller-node';
import type { NodeId, Offset } from '@quorate/records';
import type { CallOutcome, ClientLink } from './client-link.js';
import type { Invariants } from './invariants.js';
import type { SimNode } from './node.js';
import { WALL_EPOCH_MS } from './process.js';
import type { Random } from './random.js';
import { makeRequestId } from './request-id.js';
import type { Trace } from './trace.js';
import { violated } from './violation.js';
import type { World } from './world.js';

/** How long one attempt may take, and all of them together. */
const ATTEMPT_TIMEOUT_MS = 1500;
const OPERATION_TIMEOUT_MS = 12_000;
const RETRY_MS = 60;

/** Names that all clients create and delete, so that their requests contradict each other. */
const SHARED_NAMES = ['shared-a', 'shared-b', 'shared-c'];

type TopicsCommand = CreateTopicsCommand | DeleteTopicsCommand;

interface Operation {
  readonly command: TopicsCommand;
  readonly topics: readonly string[];
  /** Undefined: others work on the same topics, nothing is expected. */
  readonly fate: 'created' | 'deleted' | undefined;
  readonly requestId: Uint8Array;
  readonly giveUpMs: number;
  attempts: number;
}

/**
 * A client that creates and deletes topics, one operation at a time, each under a request id that it keeps through its
 * retries, and remembers what it was told. Names are never used twice, so a second outcome of one request would show.
 */
export class SimClient {
  readonly #name: string;
  readonly #world: World;
  readonly #random: Random;
  readonly #link: ClientLink;
  readonly #invariants: Invariants;
  readonly #trace: Trace;
  readonly #thinkMs: number;
  readonly #brokerCount: number;
  #target: SimNode;
  #serial = 0;
  #stopped = false;
  readonly #created: string[] = [];
  /** Operations acknowledged so far. */
  acknowledgedCount = 0;

  constructor(parts: { name: string; world: World; random: Random; link: ClientLink; invariants: Invariants; trace: Trace; thinkMs: number; brokerCount: number }) {
    this.#name = parts.name;
    this.#world = parts.world;
    this.#random = parts.random;
    this.#link = parts.link;
    this.#invariants = parts.invariants;
    this.#trace = parts.trace;
    this.#thinkMs = parts.thinkMs;
    this.#brokerCount = parts.brokerCount;
    this.#target = this.#random.pick(this.#link.nodes);
  }

  start(): void {
    this.#world.after(this.#random.exponential(this.#thinkMs), () => this.#operate());
  }

  /** Begins nothing new; what is under way goes on. */
  stop(): void {
    this.#stopped = true;
  }

  #operate(): void {
    if (this.#stopped) return;
    const requestId = makeRequestId(this.#random, WALL_EPOCH_MS + this.#world.nowMs);
    const operation = { ...this.#chooseOperation(), requestId, giveUpMs: this.#world.nowMs + OPERATION_TIMEOUT_MS, attempts: 0 };
    if (operation.fate !== undefined) for (const topic of operation.topics) this.#invariants.acknowledged.began(topic);
    this.#attempt(operation);
  }

  #chooseOperation(): Pick<Operation, 'command' | 'topics' | 'fate'> {
    if (this.#random.chance(0.15)) return this.#sharedOperation();
    return this.#created.length > 0 && this.#random.chance(0.3) ? this.#deletion() : this.#creation();
  }

  #sharedOperation(): Pick<Operation, 'command' | 'topics' | 'fate'> {
    const name = this.#random.pick(SHARED_NAMES);
    const topic = { name, partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] };
    const creates = this.#random.chance(0.5);
    const command: TopicsCommand = creates
      ? { kind: 'createTopics', topics: [topic], validateOnly: this.#random.chance(0.2), atomic: true }
      : { kind: 'deleteTopics', topics: [{ name, topicId: undefined }], validateOnly: this.#random.chance(0.2), atomic: true };
    return { command, topics: [name], fate: undefined };
  }

  #creation(): Pick<Operation, 'command' | 'topics' | 'fate'> {
    const topics = Array.from({ length: this.#random.chance(0.2) ? 3 : 1 }, () => `${this.#name}-${this.#serial++}`);
    const partitionCount = this.#random.pick([1, 1, 3, 12, 60]);
    for (const topic of topics) this.#invariants.atomic.asked(topic, partitionCount);
    const replicationFactor = 1 + this.#random.below(this.#brokerCount);
    return {
      command: {
        kind: 'createTopics',
        topics: topics.map((name) => ({ name, partitionCount, replicationFactor, assignments: [], configs: [] })),
        validateOnly: false,
        atomic: true,
      },
      topics,
      fate: 'created',
    };
  }

  #deletion(): Pick<Operation, 'command' | 'topics' | 'fate'> {
    const name = this.#created.splice(this.#random.below(this.#created.length), 1)[0]!;
    return { command: { kind: 'deleteTopics', topics: [{ name, topicId: undefined }], validateOnly: false, atomic: true }, topics: [name], fate: 'deleted' };
  }

  #attempt(operation: Operation): void {
    operation.attempts += 1;
    if (operation.attempts > 1) this.#trace.tally('repeated requests');
    this.#link.submit<TopicsCommand>(this.#target, operation.command, { requestId: operation.requestId, timeoutMs: ATTEMPT_TIMEOUT_MS }, (outcome) =>
      this.#answered(operation, outcome as CallOutcome<SubmitOutcome>),
    );
  }

  #answered(operation: Operation, outcome: CallOutcome<SubmitOutcome>): void {
    if (outcome.kind === 'committed') return this.#acknowledged(operation, outcome);
    if (this.#world.nowMs >= operation.giveUpMs) {
      this.#note(operation, 'gives up');
      return this.start();
    }
    const leaderId = outcome.kind === 'not-controller' ? outcome.leaderId : undefined;
    this.#target = this.#link.nodes.find(({ id }) => id === leaderId) ?? this.#random.pick(this.#link.nodes);
    this.#world.after(this.#random.exponential(RETRY_MS), () => this.#attempt(operation));
  }

  #acknowledged(operation: Operation, { reply, offset }: Extract<SubmitOutcome, { kind: 'committed' }>): void {
    const results: readonly ItemError[] = 'topics' in reply ? reply.topics : [];
    if (operation.fate === undefined) {
      this.#note(operation, `is told ${results.map(({ error }) => error).join(' ')} at ${offset}`);
      return this.start();
    }
    const wrong = operation.fate === 'created' ? 'TOPIC_ALREADY_EXISTS' : 'UNKNOWN_TOPIC_OR_PARTITION';
    if (results.some(({ error }) => error === wrong)) {
      violated('request-applied-once', `${this.#name}: attempt ${operation.attempts} of ${operation.topics.join(', ')} is answered ${wrong}: an earlier attempt was carried out and not remembered`);
    }
    if (results.every(({ error }) => error === 'NONE')) {
      this.acknowledgedCount += 1;
      for (const topic of operation.topics) this.#invariants.acknowledged.acknowledged(topic, operation.fate);
      if (operation.fate === 'created') this.#created.push(...operation.topics);
      if (this.#random.chance(0.2)) this.#readOwnWrite(operation, offset);
    }
    this.#note(operation, `is told ${results.map(({ error }) => error).join(' ')} at ${offset}`);
    this.start();
  }

  /** What was acknowledged at an offset is seen by every read that asks for that offset, on any node. */
  #readOwnWrite(operation: Operation, offset: Offset): void {
    const node = this.#random.pick(this.#link.nodes);
    const [topic] = operation.topics;
    this.#link.read(node, offset, ATTEMPT_TIMEOUT_MS, (outcome) => {
      if (outcome.kind !== 'ready' || node.controller === undefined) return;
      if (outcome.offset < offset) violated('reads-are-fresh', `node ${node.id} answers a read of ${offset} at ${outcome.offset}`);
      if (operation.fate === 'deleted' && node.controller.image.appliedOffset >= offset && node.controller.image.topicByName(topic!) !== undefined) {
        violated('reads-are-fresh', `node ${node.id} shows topic ${topic} at ${node.controller.image.appliedOffset}, deleted before ${offset}`);
      }
    });
  }

  #note(operation: Operation, what: string): void {
    this.#trace.add(this.#world.nowMs, undefined, `${this.#name} ${operation.command.kind} ${operation.topics.join(',')} ${what} (attempt ${operation.attempts})`);
  }
}

/** Node ids of the simulated brokers. */
export function brokerIds(count: number): NodeId[] {
  return Array.from({ length: count }, (_, index) => (101 + index) as NodeId);
}
