import { afterAnswer, effectOf, isDryRun, keyOf, NO_TOPIC } from './topic-model.js';
import type { TopicAnswer, TopicCall, TopicState } from './topic-model.js';

/** One operation on one topic, as its client saw it. Times are positions in one order of all invocations and answers. */
export interface TopicOperation {
  readonly client: string;
  readonly call: TopicCall;
  readonly invokedAt: number;
  /** Infinity: never, so it may have happened at any time since, or not at all. */
  readonly answeredAt: number;
  /** Undefined when it was never answered. */
  readonly answer: TopicAnswer | undefined;
  /** Log offset that came with the answer: the order to try first. */
  readonly offset: number | undefined;
  /** The operation that this one must come after, whatever the clock says: a read that asks for its offset. */
  readonly after: TopicOperation | undefined;
}

export type Verdict =
  | { readonly kind: 'linearizable' }
  /** `longest`: as many operations in an order that makes sense as could be found. */
  | { readonly kind: 'not-linearizable'; readonly longest: readonly TopicOperation[] }
  /** Too many orders to try. */
  | { readonly kind: 'undecided' };

/** So many configurations are looked at before giving up; a history of a few hundred operations needs a few thousand. */
const MAX_CONFIGURATIONS = 200_000;

/**
 * Says whether there is one order of these operations on one topic that agrees with real time and gives every answer that
 * was given: Wing and Gong's search, with Lowe's memory of what was tried (set of operations done, state). An operation
 * without an answer may be put anywhere after its invocation, or left out.
 */
export function checkTopic(history: readonly TopicOperation[], maxConfigurations = MAX_CONFIGURATIONS): Verdict {
  return new Search(history, maxConfigurations).run();
}

/** One operation put into the order, with the others that could have been there instead. */
interface Choice {
  readonly index: number;
  readonly stateBefore: TopicState;
  readonly others: Generator<Step>;
}

interface Step {
  readonly index: number;
  readonly state: TopicState;
}

class Search {
  readonly #operations: readonly TopicOperation[];
  readonly #indexOf: ReadonlyMap<TopicOperation, number>;
  readonly #done: boolean[];
  /** Operations that were answered and have no place yet. */
  #owed: number;
  readonly #seen = new Set<string>();
  readonly #maxConfigurations: number;
  #longest: readonly TopicOperation[] = [];

  constructor(history: readonly TopicOperation[], maxConfigurations: number) {
    // What was never answered and cannot change anything has no place to find.
    const matters = history.filter(({ answer, call }) => answer !== undefined || (call.kind !== 'describe' && !isDryRun(call)));
    this.#operations = matters.sort((a, b) => a.invokedAt - b.invokedAt);
    this.#indexOf = new Map(this.#operations.map((operation, index) => [operation, index]));
    this.#done = this.#operations.map(() => false);
    this.#owed = this.#operations.filter(({ answer }) => answer !== undefined).length;
    this.#maxConfigurations = maxConfigurations;
  }

  run(): Verdict {
    const path: Choice[] = [];
    let state = NO_TOPIC;
    let steps = this.#steps(state);
    while (this.#owed > 0) {
      const next = steps.next();
      if (next.done !== true) {
        const { index, state: stateAfter } = next.value;
        this.#put(index);
        if (this.#isNew(stateAfter)) {
          path.push({ index, stateBefore: state, others: steps });
          if (path.length > this.#longest.length) this.#longest = path.map((choice) => this.#operations[choice.index]!);
          state = stateAfter;
          steps = this.#steps(state);
        } else {
          this.#take(index);
        }
        if (this.#seen.size > this.#maxConfigurations) return { kind: 'undecided' };
        continue;
      }
      const last = path.pop();
      if (last === undefined) return { kind: 'not-linearizable', longest: this.#longest };
      this.#take(last.index);
      state = last.stateBefore;
      steps = last.others;
    }
    return { kind: 'linearizable' };
  }

  /** Every operation that may come next, with what the state is then; the likeliest first. */
  *#steps(state: TopicState): Generator<Step> {
    for (const index of this.#candidates()) {
      const { call, answer, after } = this.#operations[index]!;
      const needed = after === undefined ? undefined : this.#indexOf.get(after);
      if (needed !== undefined && !this.#done[needed]) continue;
      const next = answer === undefined ? effectOf(state, call) : afterAnswer(state, call, answer);
      if (next !== undefined) yield { index, state: next };
    }
  }

  /** Nothing can come next that was invoked after something else, not yet placed, was answered. */
  #candidates(): number[] {
    const found: number[] = [];
    let firstAnswer = Number.POSITIVE_INFINITY;
    for (const [index, { invokedAt, answeredAt }] of this.#operations.entries()) {
      if (invokedAt > firstAnswer) break;
      if (this.#done[index]) continue;
      found.push(index);
      firstAnswer = Math.min(firstAnswer, answeredAt);
    }
    const likely = found.filter((index) => this.#operations[index]!.invokedAt < firstAnswer);
    return likely.sort((a, b) => this.#rank(a) - this.#rank(b));
  }

  #rank(index: number): number {
    const { offset, answeredAt } = this.#operations[index]!;
    return offset ?? answeredAt;
  }

  #isNew(state: TopicState): boolean {
    const key = `${this.#done.map((done) => (done ? '1' : '0')).join('')} ${keyOf(state)}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }

  #put(index: number): void {
    this.#done[index] = true;
    if (this.#operations[index]!.answer !== undefined) this.#owed -= 1;
  }

  #take(index: number): void {
    this.#done[index] = false;
    if (this.#operations[index]!.answer !== undefined) this.#owed += 1;
  }
}
