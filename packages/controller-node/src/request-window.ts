import { keptRequestsOf, outcomeOf, uuidFromBytes } from '@quorate/records';
import type { EncodedBatch, ItemOutcome, KeptRequest, Offset, RequestOutcome, Uuid } from '@quorate/records';
import { Fifo } from '@quorate/raft-node';
import { requestIdTimeMs } from './request-id.js';

/** How long the outcome of a request is kept, in milliseconds of append time. */
export const REQUEST_WINDOW_MS = 15 * 60_000;
/** At most this many outcomes are kept. */
export const REQUEST_WINDOW_SIZE = 100_000;
/** From one batch to the next the window grows older by at most this, in milliseconds: more is a clock that jumped, or a log at rest. */
export const LONGEST_STEP_MS = 60_000;

/** While no id was ever carried out, nothing can have been forgotten, and an id is refused only if it is older than this. */
const UNPROVED_CLOCK_MS = 24 * 60 * 60_000;

export type WindowAnswer =
  /** Never seen, and it would still be known if it had been. */
  | { readonly kind: 'new' }
  | { readonly kind: 'known'; readonly outcomes: readonly ItemOutcome[]; readonly endOffset: Offset }
  /** Older than the window: it may have been carried out and forgotten. */
  | { readonly kind: 'forgotten' }
  /** Its time lies so far ahead that it could be forgotten before it is old. */
  | { readonly kind: 'from-the-future' };

interface Kept {
  readonly id: Uuid;
  /** Id and outcomes, in bytes of our own. */
  readonly message: Uint8Array;
  readonly endOffset: Offset;
  readonly idTimeMs: number;
  readonly appendTimeMs: number;
  /** Age of the log up to which it is kept. */
  readonly untilAgeMs: number;
}

/** Requests of one append time, as a snapshot holds them. */
export interface HeldRequests {
  readonly appendTimeMs: number;
  readonly requests: readonly RequestOutcome[];
}

/** A snapshot holds at most so many requests, or items of them, in one batch. */
const HELD_AT_A_TIME = 1024;

/**
 * Outcomes of the last requests, rebuilt by every node from the batches that are committed, so that a repeat
 * is recognized after a failover too. Equal logs give equal windows: the only clock is the append time in the batches.
 *
 * One leader whose clock is an hour ahead must neither empty the window nor have the requests of the next hour refused. So
 * the log grows older by small steps only, and never while append times lie behind what they once were; and whether an
 * unknown id may have been forgotten is told from what *was* forgotten, not from the newest append time alone. Nor may a
 * leader whose clock is ahead, and stays so, refuse everything as too old: an id is old only beside the newest id that was
 * carried out, whatever the leader's clock says.
 */
export class RequestWindow {
  readonly #entries = new Map<Uuid, Kept>();
  readonly #kept = new Fifo<Kept>();
  #latestAppendMs = 0;
  /** How old the log has grown, in milliseconds. */
  #ageMs = 0;
  /** An unknown id whose time is not after this may have been known once. */
  #forgottenUpToMs = -1;
  /** The newest time in an id that was ever carried out; clients' clocks, where the others are leaders'. */
  #latestIdMs: number | undefined;

  get size(): number {
    return this.#entries.size;
  }

  /** Takes in one committed batch. */
  observe(batch: EncodedBatch): void {
    this.#growOlder(batch.appendTimeMs);
    if (!batch.isControl) {
      for (const request of keptRequestsOf(batch)) this.#remember(request, batch);
    }
    this.#forgetOld();
  }

  /**
   * What a snapshot keeps of it, oldest first, as it is now, however long the walk takes. One more id may stand at the end,
   * without any item, which no request that wrote something lacks: it is a mark, and its time is how far back ids may have
   * been forgotten.
   */
  hold(): Generator<HeldRequests> {
    const forgotten = this.#forgottenUpToMs < 0 ? [] : [{ appendTimeMs: this.#latestAppendMs, requests: [{ requestId: markOf(this.#forgottenUpToMs), firstRecord: 0, items: [] }] }];
    return heldRequests(this.#kept.toArray(), forgotten);
  }

  /**
   * Takes in one batch of a snapshot; those without requests change nothing. Requests are kept for at least as long as by
   * who replayed the whole log, and are answered with the offset where the snapshot ends.
   */
  load(batch: EncodedBatch, snapshotEndOffset: Offset): void {
    if (batch.isControl) return;
    const requests = keptRequestsOf(batch);
    if (requests.length === 0) return;
    this.#growOlder(batch.appendTimeMs);
    for (const request of requests) {
      const isMark = outcomeOf(request.message).items.length === 0;
      if (isMark) this.#forgotten(requestIdTimeMs(request.requestId));
      else this.#remember(request, { appendTimeMs: batch.appendTimeMs, endOffset: snapshotEndOffset });
    }
    this.#forgetOld();
  }

  /** @param lastContainedTimestampMs - append time of the last batch that the snapshot contains. */
  loaded(lastContainedTimestampMs: number): void {
    this.#growOlder(lastContainedTimestampMs);
    this.#forgetOld();
  }

  /** @param wallMs - now, milliseconds since 1970; only decides what counts as the future, and as too old to be answered for. */
  lookUp(requestId: Uint8Array, wallMs: number): WindowAnswer {
    const entry = this.#entries.get(uuidFromBytes(requestId));
    if (entry !== undefined) return { kind: 'known', outcomes: outcomeOf(entry.message).items, endOffset: entry.endOffset };
    const idTimeMs = requestIdTimeMs(requestId);
    if (idTimeMs <= Math.max(this.#forgottenUpToMs, this.#oldestMs(wallMs))) return { kind: 'forgotten' };
    if (idTimeMs > Math.max(wallMs, this.#latestAppendMs) + REQUEST_WINDOW_MS) return { kind: 'from-the-future' };
    return { kind: 'new' };
  }

  /** Ids up to here are too old to be answered for. Before the first id there is only the leader's word, which may be hours off. */
  #oldestMs(wallMs: number): number {
    const leadersMs = Math.min(wallMs, this.#latestAppendMs);
    return this.#latestIdMs === undefined ? leadersMs - UNPROVED_CLOCK_MS : Math.min(leadersMs, this.#latestIdMs) - REQUEST_WINDOW_MS;
  }

  #forgotten(idTimeMs: number): void {
    this.#forgottenUpToMs = Math.max(this.#forgottenUpToMs, idTimeMs);
    this.#sawId(idTimeMs);
  }

  #sawId(idTimeMs: number): void {
    this.#latestIdMs = Math.max(this.#latestIdMs ?? idTimeMs, idTimeMs);
  }

  #growOlder(appendTimeMs: number): void {
    this.#ageMs += Math.min(Math.max(0, appendTimeMs - this.#latestAppendMs), LONGEST_STEP_MS);
    this.#latestAppendMs = Math.max(this.#latestAppendMs, appendTimeMs);
  }

  #remember({ requestId, message }: KeptRequest, { appendTimeMs, endOffset }: Pick<EncodedBatch, 'appendTimeMs' | 'endOffset'>): void {
    const id = uuidFromBytes(requestId);
    const idTimeMs = requestIdTimeMs(requestId);
    this.#sawId(idTimeMs);
    // A clock that runs ahead makes ids that stay young for longer; they are kept for as long as they look young.
    const youngForMs = Math.max(0, idTimeMs - appendTimeMs) + REQUEST_WINDOW_MS;
    const kept = { id, message, endOffset, idTimeMs, appendTimeMs, untilAgeMs: this.#ageMs + youngForMs };
    this.#entries.set(id, kept);
    this.#kept.push(kept);
  }

  #forgetOld(): void {
    for (let oldest = this.#kept.peek(); oldest !== undefined; oldest = this.#kept.peek()) {
      const tooMany = this.#kept.length > REQUEST_WINDOW_SIZE;
      if (!tooMany && oldest.untilAgeMs >= this.#ageMs) return;
      this.#forgotten(oldest.idTimeMs);
      this.#kept.shift();
      this.#entries.delete(oldest.id);
    }
  }
}

/** A UUIDv7 of that time that is nobody's: all its random bits are 0. */
function markOf(timeMs: number): Uint8Array {
  const bytes = new Uint8Array(16);
  for (let at = 5, rest = timeMs; at >= 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  bytes[6] = 0x70;
  bytes[8] = 0x80;
  return bytes;
}

function* heldRequests(kept: readonly Kept[], last: readonly HeldRequests[]): Generator<HeldRequests> {
  for (let at = 0; at < kept.length; ) {
    const { appendTimeMs } = kept[at]!;
    const requests: RequestOutcome[] = [];
    for (let size = 0; at < kept.length && kept[at]!.appendTimeMs === appendTimeMs && size < HELD_AT_A_TIME; at++) {
      const { requestId, items } = outcomeOf(kept[at]!.message);
      requests.push({ requestId, firstRecord: 0, items });
      size += 1 + items.length;
    }
    yield { appendTimeMs, requests };
  }
  yield* last;
}
