import { checkTopic } from '../history/linearizability.js';
import type { TopicOperation } from '../history/linearizability.js';
import type { TopicAnswer, TopicCall } from '../history/topic-model.js';
import { violated } from '../violation.js';

/** An operation under way. */
export interface OpenOperation {
  readonly topic: string;
  readonly client: string;
  readonly call: TopicCall;
  invokedAt: number;
  /** Every write answered before this one was invoked has an offset up to here. */
  readonly offsetFloor: number;
  answeredAt: number;
  answer: TopicAnswer | undefined;
  offset: number | undefined;
  after: OpenOperation | undefined;
}

/**
 * How far back the answer may look. `now`: it holds at some moment between call and answer. `past`: it is true of some
 * committed state, perhaps an older one; of one that holds `after`, where that is given.
 */
export interface Freshness {
  readonly from: 'now' | 'past';
  readonly after?: OpenOperation | undefined;
}

const NOW: Freshness = { from: 'now' };

/**
 * There is one order of everything that clients did that explains every answer and agrees with real time. Holds what they
 * asked about topics and were told, in the order in which it happened; judged at the end.
 */
export class Linearizable {
  readonly #byTopic = new Map<string, OpenOperation[]>();
  #clock = 0;
  #highestOffset = 0;

  /** Number of operations, those without an answer included. */
  get size(): number {
    return [...this.#byTopic.values()].reduce((sum, operations) => sum + operations.length, 0);
  }

  invoked(client: string, topic: string, call: TopicCall): OpenOperation {
    const operation: OpenOperation = {
      topic,
      client,
      call,
      invokedAt: ++this.#clock,
      offsetFloor: this.#highestOffset,
      answeredAt: Number.POSITIVE_INFINITY,
      answer: undefined,
      offset: undefined,
      after: undefined,
    };
    const known = this.#byTopic.get(topic);
    if (known === undefined) this.#byTopic.set(topic, [operation]);
    else known.push(operation);
    return operation;
  }

  /**
   * @param offset - end of what the answer speaks of; what is answered later about now never lies before it.
   * An operation that its client gives up is never answered.
   */
  answered(operation: OpenOperation, answer: TopicAnswer, offset: number, { from, after }: Freshness = NOW): void {
    operation.answeredAt = ++this.#clock;
    operation.answer = answer;
    operation.offset = offset;
    operation.after = after;
    if (from === 'past') {
      operation.invokedAt = after?.invokedAt ?? 0;
      return;
    }
    if (offset < operation.offsetFloor) {
      violated('linearizable', `${describe(operation.topic, operation)} at offset ${offset}, after somebody was told of offset ${operation.offsetFloor}`);
    }
    this.#highestOffset = Math.max(this.#highestOffset, offset);
  }

  /** @returns how many topics had too many possible orders to decide. */
  check(): number {
    let undecided = 0;
    for (const [topic, operations] of this.#byTopic) {
      const verdict = checkTopic(operations);
      if (verdict.kind === 'undecided') undecided += 1;
      if (verdict.kind === 'not-linearizable') violated('linearizable', explain(topic, operations, verdict.longest));
    }
    return undecided;
  }
}

/** The last operations that could be put in order, and the ones that then had no place. */
function explain(topic: string, operations: readonly OpenOperation[], longest: readonly TopicOperation[]): string {
  const placed = new Set<TopicOperation>(longest);
  const left = operations.filter((operation) => !placed.has(operation) && operation.answer !== undefined);
  const lines = [
    `no order of the ${operations.length} operations on topic ${topic} explains what its clients were told`,
    `the longest order that does ends with`,
    ...longest.slice(-6).map((operation) => `  ${describe(topic, operation)}`),
    `and has no place for`,
    ...left.slice(0, 6).map((operation) => `  ${describe(topic, operation)}`),
  ];
  return lines.join('\n');
}

function describe(topic: string, { client, call, invokedAt, answeredAt, answer, offset }: TopicOperation): string {
  const { kind, ...asked } = call;
  const details = Object.entries(asked).map(([name, value]) => `${name}=${value}`);
  const told = answer === undefined ? 'never answered' : Object.entries(answer).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${value}`).join(' ');
  return [`[${invokedAt}, ${answeredAt}] ${client} ${kind} ${topic}`, ...details, `-> ${told}`, offset === undefined ? '' : `(offset ${offset})`].join(' ').trimEnd();
}
