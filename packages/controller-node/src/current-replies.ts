import type { Command } from '@quorate/controller-core';
import type { MetadataLog } from '@quorate/raft-node';
import type { Offset } from '@quorate/records';
import type { PendingReply } from './pending-replies.js';

/**
 * Replies of which nobody can be misled: the leader's own tasks, and heartbeats. What a heartbeat is answered is advice for
 * the next two seconds; whether a broker is fenced is told by the log alone.
 */
const ADVICE: ReadonlySet<Command['kind']> = new Set<Command['kind']>(['brokerHeartbeat', 'expireSessions', 'noOp', 'activate']);

export function isAdvice(kind: Command['kind']): boolean {
  return ADVICE.has(kind);
}

/**
 * A refusal, a no-op or a dry run writes nothing, so no commit proves that the state it was computed from was the newest: a
 * leader that has been deposed and does not know it would tell what was true once. So each of them waits until a majority
 * has confirmed our epoch after the decision. One question at a time is asked for all of them; it costs a round of Fetches.
 */
export class CurrentReplies {
  readonly #log: MetadataLog;
  readonly #confirmed: () => void;
  #waiting: PendingReply[] = [];
  #isAsking = false;
  #proposedEnd = 0 as Offset;

  /** @param confirmed - some replies have become current. */
  constructor(log: MetadataLog, confirmed: () => void) {
    this.#log = log;
    this.#confirmed = confirmed;
  }

  add(reply: PendingReply): void {
    this.#waiting.push(reply);
  }

  /** Asks for what waits. A reply behind which something has been proposed need not ask: that commit will do. */
  ask(proposedEnd: Offset): void {
    this.#proposedEnd = proposedEnd;
    if (this.#isAsking || this.#waiting.length === 0) return;
    const asking = this.#waiting.filter(({ endOffset }) => endOffset >= proposedEnd);
    this.#waiting = [];
    if (asking.length === 0) return;
    this.#isAsking = true;
    this.#log.readIndex((outcome) => {
      this.#isAsking = false;
      // Refused: leadership is gone, and the controller is told so by itself.
      if (outcome.kind === 'refused') return;
      for (const reply of asking) reply.isCurrent = true;
      this.#confirmed();
      this.ask(this.#proposedEnd);
    });
  }
}
