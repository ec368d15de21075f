import type { CoreEvent } from './core-event.js';
import type { Effect } from './effect.js';
import type { ElectionState } from './election-state.js';

/** Effects that tell others of our election state, or act on it: it must be durable before them. */
const GUARDED: ReadonlySet<Effect['kind']> = new Set<Effect['kind']>([
  'append', 'appendControl', 'truncate', 'recoverLog', 'send', 'reply', 'replyFetch', 'replyFetchSnapshot', 'installSnapshot', 'leadershipReady', 'shutdownComplete',
]);

/**
 * Collects the effects of one step. A changed election state is written once, just before the first effect that depends on
 * it: several changes in one step (a new epoch, then a vote in it) cost one write.
 */
export class Outbox {
  #effects: Effect[] = [];
  #unsaved: ElectionState | undefined;

  emit(effect: Effect): void {
    if (GUARDED.has(effect.kind)) this.#saveElectionState();
    this.#effects.push(effect);
  }

  event(event: CoreEvent): void {
    this.#effects.push({ kind: 'event', event });
  }

  /** Asks for a state to be durable before the next guarded effect, at the latest at the end of the step. */
  electionStateChanged(state: ElectionState): void {
    this.#unsaved = state;
  }

  /** All effects since the last call, in order. */
  take(): Effect[] {
    this.#saveElectionState();
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #saveElectionState(): void {
    if (this.#unsaved === undefined) return;
    this.#effects.push({ kind: 'persistElectionState', state: this.#unsaved });
    this.#unsaved = undefined;
  }
}
