import type { CreatePartitionsCommand, CreateTopicsCommand, DeleteTopicsCommand } from '@quorate/controller-core';
import type { TopicCall } from './history/topic-model.js';
import type { FaultPlan } from './fault-plan.js';
import type { Random } from './random.js';

/** Names that all clients create, delete and grow, so that their requests contradict each other. */
export const SHARED_NAMES: readonly string[] = ['shared-a', 'shared-b', 'shared-c'];

export type TopicsCommand = CreateTopicsCommand | DeleteTopicsCommand | CreatePartitionsCommand;

/** One thing a client will ask for. */
export interface Task {
  /** Undefined: it asks what a topic looks like. */
  readonly command: TopicsCommand | undefined;
  readonly call: TopicCall;
  readonly topics: readonly string[];
  /** What an acknowledgement promises; undefined: others work on the same topics, nothing is expected. */
  readonly fate: 'created' | 'deleted' | 'grown' | undefined;
}

/** A topic that a client made and nobody else touches. */
interface OwnTopic {
  readonly name: string;
  partitions: number;
}

/** Decides what one client asks for next. Names of its own are never used twice, so that a second outcome of one request would show. */
export class Workload {
  readonly #name: string;
  readonly #random: Random;
  readonly #plan: FaultPlan;
  #serial = 0;
  readonly #own: OwnTopic[] = [];

  constructor(name: string, random: Random, plan: FaultPlan) {
    this.#name = name;
    this.#random = random;
    this.#plan = plan;
  }

  next(): Task {
    if (this.#random.chance(0.35)) return this.#shared();
    if (this.#plan.kinds.has('oversize-batch') && this.#random.chance(0.1)) return this.#oversize();
    if (this.#own.length === 0 || this.#random.chance(0.6)) return this.#creation();
    return this.#random.chance(0.7) ? this.#deletion() : this.#growth();
  }

  /** The client was told that it happened. */
  acknowledged(task: Task): void {
    if (task.fate === 'created' && task.call.kind === 'create') for (const name of task.topics) this.#own.push({ name, partitions: task.call.partitions });
    if (task.fate === 'grown' && task.call.kind === 'grow') this.#own.push({ name: task.topics[0]!, partitions: task.call.total });
  }

  #shared(): Task {
    const name = this.#random.pick(SHARED_NAMES);
    const kind = this.#random.pick(['create', 'create', 'delete', 'grow', 'describe', 'describe'] as const);
    const validateOnly = this.#random.chance(0.15);
    switch (kind) {
      case 'create':
        return { ...creation([name], { partitions: this.#random.pick([1, 2]), replicationFactor: 1, validateOnly }), fate: undefined };
      case 'delete':
        return { ...deletion(name, validateOnly), fate: undefined };
      case 'grow':
        return { ...growth(name, this.#random.pick([2, 3, 4, 5])), fate: undefined };
      case 'describe':
        return { command: undefined, call: { kind: 'describe' }, topics: [name], fate: undefined };
    }
  }

  #creation(): Task {
    const topics = Array.from({ length: this.#random.chance(0.2) ? 3 : 1 }, () => `${this.#name}-${this.#serial++}`);
    const partitions = this.#random.pick([1, 1, 3, 12, 60]);
    return { ...creation(topics, { partitions, replicationFactor: 1 + this.#random.below(this.#plan.brokerCount), validateOnly: false }), fate: 'created' };
  }

  /** One record of it is larger than a batch may be: refused, unless a leader with other limits takes it. */
  #oversize(): Task {
    const configs = [{ name: 'leader.replication.throttled.replicas', value: Array.from({ length: 600 }, () => '0:1').join(',') }];
    return { ...creation([`${this.#name}-${this.#serial++}`], { partitions: 1, replicationFactor: 1, validateOnly: false, configs }), fate: 'created' };
  }

  #deletion(): Task {
    return { ...deletion(this.#takeOwn().name, false), fate: 'deleted' };
  }

  #growth(): Task {
    const { name, partitions } = this.#takeOwn();
    return { ...growth(name, partitions + 1 + this.#random.below(4)), fate: 'grown' };
  }

  /** One that is not worked on meanwhile: should the outcome stay unknown, it is never touched again. */
  #takeOwn(): OwnTopic {
    return this.#own.splice(this.#random.below(this.#own.length), 1)[0]!;
  }
}

type Asked = Omit<Task, 'fate'>;

interface NewTopics {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly validateOnly: boolean;
  readonly configs?: CreateTopicsCommand['topics'][number]['configs'];
}

function creation(topics: readonly string[], { partitions, replicationFactor, validateOnly, configs = [] }: NewTopics): Asked {
  const asked = topics.map((name) => ({ name, partitionCount: partitions, replicationFactor, assignments: [], configs }));
  return { command: { kind: 'createTopics', topics: asked, validateOnly, atomic: true }, call: { kind: 'create', partitions, validateOnly }, topics };
}

function deletion(name: string, validateOnly: boolean): Asked {
  return { command: { kind: 'deleteTopics', topics: [{ name, topicId: undefined }], validateOnly, atomic: true }, call: { kind: 'delete', validateOnly }, topics: [name] };
}

function growth(name: string, total: number): Asked {
  const command: CreatePartitionsCommand = { kind: 'createPartitions', topics: [{ name, totalCount: total, assignments: [] }], validateOnly: false, atomic: true };
  return { command, call: { kind: 'grow', total }, topics: [name] };
}
