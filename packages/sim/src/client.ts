import type { ItemError } from '@quorate/controller-core';
import type { SubmitOutcome } from '@quorate/controller-node';
import type { MetadataImage } from '@quorate/metadata-image';
import type { NodeId, Offset } from '@quorate/records';
import type { Linearizable, OpenOperation } from './checks/linearizable.js';
import type { CallOutcome, ClientLink } from './client-link.js';
import type { FaultPlan } from './fault-plan.js';
import { isDryRun } from './history/topic-model.js';
import type { TopicAnswer } from './history/topic-model.js';
import { readLinearizably } from './linearizable-read.js';
import type { Invariants } from './invariants.js';
import type { SimNode } from './node.js';
import { WALL_EPOCH_MS } from './process.js';
import type { Random } from './random.js';
import { makeRequestId } from './request-id.js';
import type { Trace } from './trace.js';
import { violated } from './violation.js';
import { Workload } from './workload.js';
import type { Task, TopicsCommand } from './workload.js';
import type { World } from './world.js';

/** How long one attempt may take, and all of them together. */
const ATTEMPT_TIMEOUT_MS = 1500;
const OPERATION_TIMEOUT_MS = 12_000;
const RETRY_MS = 60;

/** A task under way; one entry of the history for each of its topics. */
interface Operation extends Task {
  readonly entries: readonly OpenOperation[];
  readonly requestId: Uint8Array;
  readonly giveUpMs: number;
  attempts: number;
}

/** The last write that was acknowledged: its client may ask for nothing older. */
interface OwnWrite {
  readonly entry: OpenOperation;
  readonly offset: Offset;
}

/**
 * A client that creates, deletes, grows and describes topics, one operation at a time, each write under a request id that
 * it keeps through its retries. It remembers what it was told, and writes all of it into the history.
 */
export class SimClient {
  readonly #name: string;
  readonly #world: World;
  readonly #random: Random;
  readonly #link: ClientLink;
  readonly #invariants: Invariants;
  readonly #history: Linearizable;
  readonly #trace: Trace;
  readonly #thinkMs: number;
  readonly #workload: Workload;
  #target: SimNode;
  #stopped = false;
  readonly #ownWrites = new Map<string, OwnWrite>();
  /** Operations acknowledged so far. */
  acknowledgedCount = 0;

  constructor(parts: { name: string; world: World; random: Random; link: ClientLink; invariants: Invariants; history: Linearizable; trace: Trace; plan: FaultPlan }) {
    this.#name = parts.name;
    this.#world = parts.world;
    this.#random = parts.random;
    this.#link = parts.link;
    this.#invariants = parts.invariants;
    this.#history = parts.history;
    this.#trace = parts.trace;
    this.#thinkMs = parts.plan.thinkMs;
    this.#workload = new Workload(parts.name, parts.random.fork('workload'), parts.plan);
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
    const task = this.#workload.next();
    const { command, call, topics } = task;
    if (task.fate !== undefined) for (const topic of topics) this.#invariants.acknowledged.began(topic);
    for (const topic of topics) this.#invariants.atomic.asked(topic, call);
    if (command === undefined) return this.#describe(topics[0]!);
    const requestId = makeRequestId(this.#random, WALL_EPOCH_MS + this.#world.nowMs);
    const entries = topics.map((topic) => this.#history.invoked(this.#name, topic, call));
    this.#attempt({ ...task, entries, requestId, giveUpMs: this.#world.nowMs + OPERATION_TIMEOUT_MS, attempts: 0 }, command);
  }

  #attempt(operation: Operation, command: TopicsCommand): void {
    operation.attempts += 1;
    if (operation.attempts > 1) this.#trace.tally('repeated requests');
    this.#link.submit<TopicsCommand>(this.#target, command, { requestId: operation.requestId, timeoutMs: ATTEMPT_TIMEOUT_MS }, (outcome) =>
      this.#answered(operation, command, outcome as CallOutcome<SubmitOutcome>),
    );
  }

  #answered(operation: Operation, command: TopicsCommand, outcome: CallOutcome<SubmitOutcome>): void {
    if (outcome.kind === 'committed') return this.#acknowledged(operation, outcome);
    if (outcome.kind === 'failed' && outcome.error === 'RECORD_LIST_TOO_LARGE') return this.#tooLarge(operation, outcome.error);
    if (this.#world.nowMs >= operation.giveUpMs) {
      this.#note(operation, 'gives up');
      this.#trace.tally('operations given up');
      return this.start();
    }
    const leaderId = outcome.kind === 'not-controller' ? outcome.leaderId : undefined;
    this.#target = this.#link.nodes.find(({ id }) => id === leaderId) ?? this.#random.pick(this.#link.nodes);
    this.#world.after(this.#random.exponential(RETRY_MS), () => this.#attempt(operation, command));
  }

  #acknowledged(operation: Operation, { reply, offset }: Extract<SubmitOutcome, { kind: 'committed' }>): void {
    const results: readonly ItemError[] = 'topics' in reply ? reply.topics : [];
    const { entries, fate, topics } = operation;
    for (const [index, entry] of entries.entries()) this.#remember(operation, entry, answerOf(results[index]!), offset);
    this.#note(operation, `is told ${results.map(({ error }) => error).join(' ')} at ${offset}`);
    this.#refuseSecondOutcome(operation, results);
    if (results.every(({ error }) => error === 'NONE')) {
      if (fate !== undefined) {
        this.acknowledgedCount += 1;
        if (fate !== 'grown') for (const topic of topics) this.#invariants.acknowledged.acknowledged(topic, fate);
        else this.#invariants.acknowledged.acknowledged(topics[0]!, 'created');
        this.#workload.acknowledged(operation);
      }
      for (const entry of entries) this.#ownWrites.set(entry.topic, { entry, offset });
      if (this.#random.chance(0.2)) return this.#describe(topics[0]!);
    }
    this.start();
  }

  /** A batch that cannot be made is refused before anything of it is written: no trace of it may ever be seen. */
  #tooLarge(operation: Operation, error: string): void {
    this.#trace.tally('fault oversize-batch');
    this.#note(operation, `is told ${error}`);
    if (operation.attempts === 1 && !this.#link.mayDuplicate) for (const topic of operation.topics) this.#invariants.acknowledged.acknowledged(topic, 'deleted');
    this.start();
  }

  /**
   * Every answer is held to real time: one that wrote nothing waits for a majority to confirm the leader. But one that came
   * after another attempt leaves open what becomes of that one, for refusals are not remembered under their request id.
   */
  #remember({ attempts, call }: Operation, entry: OpenOperation, answer: TopicAnswer, offset: Offset): void {
    const isWritten = answer.error === 'NONE' && !isDryRun(call);
    if (isWritten || (attempts === 1 && !this.#link.mayDuplicate)) this.#history.answered(entry, answer, offset);
  }

  /** Nobody else works on these topics: an answer that says it is done already means that it was done twice. */
  #refuseSecondOutcome({ fate, topics, attempts }: Operation, results: readonly ItemError[]): void {
    if (fate === undefined) return;
    const wrong = { created: 'TOPIC_ALREADY_EXISTS', deleted: 'UNKNOWN_TOPIC_OR_PARTITION', grown: 'INVALID_PARTITIONS' }[fate];
    if (!results.some(({ error }) => error === wrong)) return;
    violated('request-applied-once', `${this.#name}: attempt ${attempts} of ${topics.join(', ')} is answered ${wrong}: an earlier attempt was carried out and not remembered`);
  }

  #describe(topic: string): void {
    if (this.#random.chance(0.5)) this.#describeOwn(topic);
    else this.#describeLatest(topic);
  }

  /** A linearizable read, of whoever may lead and on any node, sees what was acknowledged before it began, whoever wrote it. */
  #describeLatest(topic: string): void {
    const asked = this.#random.pick(this.#link.nodes);
    const reader = this.#random.chance(0.5) ? asked : this.#random.pick(this.#link.nodes);
    const entry = this.#history.invoked(this.#name, topic, { kind: 'describe' });
    readLinearizably(this.#link, { asked, reader, timeoutMs: ATTEMPT_TIMEOUT_MS, see: (image) => lookUp(image, topic) }, (outcome) => {
      if (outcome.kind === 'ready') {
        this.#trace.tally('linearizable reads');
        this.#history.answered(entry, outcome.seen, outcome.offset);
      }
      this.start();
    });
  }

  /** What was acknowledged at an offset is seen by every read that asks for that offset, on any node. */
  #describeOwn(topic: string): void {
    const node = this.#random.pick(this.#link.nodes);
    const own = this.#ownWrites.get(topic);
    const atLeastOffset = own?.offset ?? (0 as Offset);
    const entry = this.#history.invoked(this.#name, topic, { kind: 'describe' });
    this.#link.read(node, atLeastOffset, { timeoutMs: ATTEMPT_TIMEOUT_MS, see: (image) => lookUp(image, topic) }, (outcome) => {
      if (outcome.kind === 'ready') {
        this.#invariants.reads.answered(node.id, atLeastOffset, outcome.offset);
        this.#history.answered(entry, outcome.seen, outcome.offset, { from: 'past', after: own?.entry });
      }
      this.start();
    });
  }

  #note({ topics, call, attempts }: Operation, what: string): void {
    this.#trace.add(this.#world.nowMs, undefined, `${this.#name} ${call.kind} ${topics.join(',')} ${what} (attempt ${attempts})`);
  }
}

/** A topic as an image shows it. */
export function lookUp(image: MetadataImage, name: string): TopicAnswer {
  const topic = image.topicByName(name);
  return topic === undefined ? { error: 'UNKNOWN_TOPIC_OR_PARTITION' } : { error: 'NONE', topicId: topic.topicId, partitions: topic.partitionCount };
}

function answerOf(result: ItemError & { readonly topicId?: unknown }): TopicAnswer {
  return { error: result.error, topicId: typeof result.topicId === 'string' ? result.topicId : undefined };
}

/** Node ids of the simulated brokers. */
export function brokerIds(count: number): NodeId[] {
  return Array.from({ length: count }, (_, index) => (101 + index) as NodeId);
}
