import type { Network } from './network.js';
import type { SimNode } from './node.js';
import { Violation } from './violation.js';
import type { World } from './world.js';

/** What a hand-written scenario can see and do. */
export interface Stage {
  readonly world: World;
  readonly network: Network;
  readonly nodes: readonly SimNode[];
  /** Who leads the newest epoch and is active; undefined when nobody is. */
  readonly leader: SimNode | undefined;
  /** End of what any node has delivered as committed. */
  readonly committedEnd: number;
}

/** Waits until something is so, then does something. */
export interface Step {
  /** For the trace, and for the failure when it never becomes so. */
  readonly what: string;
  readonly when: (stage: Stage) => boolean;
  readonly then?: (stage: Stage) => void;
}

const LOOK_EVERY_MS = 5;
/** A step that takes longer never comes. */
const STEP_WITHIN_MS = 20_000;

/** Plays the steps of a scenario, one after the other. */
export class Scenario {
  readonly #stage: Stage;
  readonly #steps: readonly Step[];
  readonly #note: (what: string) => void;
  #next = 0;
  #sinceMs = 0;

  constructor(stage: Stage, steps: readonly Step[], note: (what: string) => void) {
    this.#stage = stage;
    this.#steps = steps;
    this.#note = note;
  }

  get isDone(): boolean {
    return this.#next === this.#steps.length;
  }

  start(): void {
    const { world } = this.#stage;
    world.after(LOOK_EVERY_MS, () => {
      this.#look();
      if (!this.isDone) this.start();
    });
  }

  #look(): void {
    const step = this.#steps[this.#next]!;
    const { nowMs } = this.#stage.world;
    if (!step.when(this.#stage)) {
      if (nowMs - this.#sinceMs > STEP_WITHIN_MS) throw new Violation('liveness', 'scenario', `"${step.what}" has not come within ${STEP_WITHIN_MS} ms`);
      return;
    }
    this.#note(`STEP ${step.what}`);
    step.then?.(this.#stage);
    this.#next += 1;
    this.#sinceMs = nowMs;
  }
}

/** Cuts both directions between two groups. */
export function cutBetween(network: Network, groupA: readonly SimNode[], groupB: readonly SimNode[]): void {
  for (const a of groupA) {
    for (const b of groupB) {
      network.block(a.id, b.id);
      network.block(b.id, a.id);
    }
  }
}
