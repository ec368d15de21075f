import { requestsOf, uuidFromBytes } from '@quorate/records';
import type { EncodedBatch, ItemOutcome, Offset, Uuid } from '@quorate/records';
import { Fifo } from '@quorate/raft-node';
import { requestIdTimeMs } from './request-id.js';

/** How long the outcome of a request is kept, in milliseconds of append time. */
export const REQUEST_WINDOW_MS = 15 * 60_000;
/** At most this many outcomes are kept. */
export const REQUEST_WINDOW_SIZE = 100_000;
/** From one batch to the next the window grows older by at most this, in milliseconds: more is a clock that jumped, or a log at rest. */
export const LONGEST_STEP_MS = 60_000;

export type WindowAnswer =
  /** Never seen, and it would still be known if it had been. */
  | { readonly kind: 'new' }
  | { readonly kind: 'known'; readonly outcomes: readonly ItemOutcome[]; readonly endOffset: Offset }
  /** Older than the window: it may have been carried out and forgotten. */
  | { readonly kind: 'forgotten' }
  /** Its time lies so far ahead that it could be forgotten before it is old. */
  | { readonly kind: 'from-the-future' };

interface Entry {
  readonly outcomes: readonly ItemOutcome[];
  readonly endOffset: Offset;
}

interface Kept {
  readonly id: Uuid;
  readonly idTimeMs: number;
  /** Age of the log up to which it is kept. */
  readonly untilAgeMs: number;
}

/**
 * Outcomes of the last requests, rebuilt by every node from the batches that are committed, so that a repeat
 * is recognized after a failover too. Equal logs give equal windows: the only clock is the append time in the batches.
 *
 * One leader whose clock is an hour ahead must neither empty the window nor have the requests of the next hour refused. So
 * the log grows older by small steps only, and never while append times lie behind what they once were; and whether an
 * unknown id may have been forgotten is told from what *was* forgotten, not from the newest append time alone.
 */
export class RequestWindow {
  readonly #entries = new Map<Uuid, Entry>();
  readonly #kept = new Fifo<Kept>();
  #latestAppendMs = 0;
  /** How old the log has grown, in milliseconds. */
  #ageMs = 0;
  /** An unknown id whose time is not after this may have been known once. */
  #forgottenUpToMs = -1;

  get size(): number {
    return this.#entries.size;
  }

  /** Takes in one committed batch. */
  observe(batch: EncodedBatch): void {
    this.#ageMs += Math.min(Math.max(0, batch.appendTimeMs - this.#latestAppendMs), LONGEST_STEP_MS);
    this.#latestAppendMs = Math.max(this.#latestAppendMs, batch.appendTimeMs);
    if (!batch.isControl) {
      for (const { requestId, items } of requestsOf(batch)) this.#remember(requestId, batch, items);
    }
    this.#forgetOld();
  }

  /** @param wallMs - now, milliseconds since 1970; only decides what counts as the future, and as too old to be answered for. */
  lookUp(requestId: Uint8Array, wallMs: number): WindowAnswer {
    const entry = this.#entries.get(uuidFromBytes(requestId));
    if (entry !== undefined) return { kind: 'known', ...entry };
    const idTimeMs = requestIdTimeMs(requestId);
    const oldestMs = Math.min(wallMs, this.#latestAppendMs) - REQUEST_WINDOW_MS;
    if (idTimeMs <= Math.max(this.#forgottenUpToMs, oldestMs)) return { kind: 'forgotten' };
    if (idTimeMs > Math.max(wallMs, this.#latestAppendMs) + REQUEST_WINDOW_MS) return { kind: 'from-the-future' };
    return { kind: 'new' };
  }

  #remember(requestId: Uint8Array, batch: EncodedBatch, items: readonly ItemOutcome[]): void {
    const id = uuidFromBytes(requestId);
    const idTimeMs = requestIdTimeMs(requestId);
    const outcomes = items.map((item) => ({ ...item, topicId: item.topicId === undefined ? undefined : Uint8Array.from(item.topicId) }));
    this.#entries.set(id, { outcomes, endOffset: batch.endOffset });
    // A clock that runs ahead makes ids that stay young for longer; they are kept for as long as they look young.
    const youngForMs = Math.max(0, idTimeMs - batch.appendTimeMs) + REQUEST_WINDOW_MS;
    this.#kept.push({ id, idTimeMs, untilAgeMs: this.#ageMs + youngForMs });
  }

  #forgetOld(): void {
    for (let oldest = this.#kept.peek(); oldest !== undefined; oldest = this.#kept.peek()) {
      const tooMany = this.#kept.length > REQUEST_WINDOW_SIZE;
      if (!tooMany && oldest.untilAgeMs >= this.#ageMs) return;
      this.#forgottenUpToMs = Math.max(this.#forgottenUpToMs, oldest.idTimeMs);
      this.#kept.shift();
      this.#entries.delete(oldest.id);
    }
  }
}
