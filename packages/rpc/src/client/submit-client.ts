import type { ClientDuplexStream } from '@grpc/grpc-js';
import { REQUEST_WINDOW_MS, requestIdTimeMs } from '@quorate/controller-node';
import type { AdminAnswer, AdminWrite, SubmitRequest, SubmitResponse } from '@quorate/records/gen/quorate/controller/v1/controller';
import type { AdminWriter, AnswerTo, WriteBody, WriteOptions } from '../admin/admin-write.js';
import { commandFromWrite } from '../admin/command-from-write.js';
import { errorFromStatusProto } from '../error-from-status.js';
import { invalidRequest, RpcFailure } from '../rpc-failure.js';
import type { ActiveLeader, LeaderTracker } from './leader-tracker.js';

type Stream = ClientDuplexStream<SubmitRequest, SubmitResponse>;

/** One caller. A second one with the same request id waits for the same answer. */
interface Waiter {
  readonly deadlineMs: number;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: RpcFailure) => void;
  timer: NodeJS.Timeout | undefined;
}

interface PendingWrite {
  readonly key: string;
  readonly requestId: Uint8Array;
  readonly body: WriteBody;
  readonly waiters: Set<Waiter>;
  /** It has left us at least once: from then on a missing answer means "unknown". */
  wasSent: boolean;
  /** It went out on the present stream. */
  isOut: boolean;
  unknownAnswers: number;
}

/** Writes in one message; a single large one goes alone. */
const MAX_WRITES_A_MESSAGE = 256;
const LARGE_ITEMS = 100;
/** Writes that wait in this process; more are refused at once. */
const MAX_PENDING = 20_000;
/** The same leader is asked again after this long, in milliseconds. */
const RETRY_MS = 20;
/** "Unknown" is asked again, under the same request id, so often. */
const MAX_UNKNOWN_ANSWERS = 5;
/** setTimeout counts in 32 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Writes to the active controller over one stream, wherever that controller is at the moment. A failover is invisible to
 * the caller: what has no answer is sent again, with the same request id, to whoever leads the newest epoch, until the
 * caller's deadline. A leader that hangs is abandoned as soon as a newer epoch is known.
 */
export class SubmitClient implements AdminWriter {
  readonly #tracker: LeaderTracker;
  readonly #pending = new Map<string, PendingWrite>();
  readonly #unsubscribe: () => void;
  #queue: PendingWrite[] = [];
  #leader: ActiveLeader | undefined;
  #stream: Stream | undefined;
  #isBlocked = false;
  #flushing = false;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(tracker: LeaderTracker) {
    this.#tracker = tracker;
    this.#unsubscribe = tracker.subscribe(() => this.#followLeader());
    this.#followLeader();
  }

  /** Writes without an answer yet. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  write<W extends WriteBody>(body: W, { requestId, deadlineMs }: WriteOptions): Promise<AnswerTo<W>> {
    return new Promise((resolve, reject) => {
      // Bad input is refused here already, before it travels.
      commandFromWrite(body);
      if (this.#closed) throw new RpcFailure({ reason: 'BROKER_NOT_AVAILABLE', message: 'this process is stopping', retryAfterMs: 100 });
      if (this.#pending.size >= MAX_PENDING) {
        throw new RpcFailure({ reason: 'LIMIT_EXCEEDED', message: `${this.#pending.size} writes wait for an answer, the limit`, retryAfterMs: 100 });
      }
      const waiter: Waiter = { deadlineMs, resolve, reject, timer: undefined };
      const key = Buffer.from(requestId).toString('latin1');
      const pending = this.#pending.get(key);
      if (pending !== undefined && pending.body.$case !== body.$case) {
        throw invalidRequest([{ field: 'request_id', description: 'is in use for another kind of write' }]);
      }
      if (pending !== undefined) return this.#addWaiter(pending, waiter);
      const added: PendingWrite = { key, requestId, body, waiters: new Set(), wasSent: false, isOut: false, unknownAnswers: 0 };
      this.#pending.set(key, added);
      this.#addWaiter(added, waiter);
      this.#enqueue(added);
    });
  }

  /** Waits until nothing is pending, at most so long; then refuses what is left and closes. */
  async drain(withinMs: number): Promise<void> {
    const untilMs = performance.now() + withinMs;
    while (this.#pending.size > 0 && performance.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 5));
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    clearTimeout(this.#retry);
    this.#dropStream();
    for (const pending of [...this.#pending.values()]) this.#settle(pending, ({ reject }) => reject(this.#timedOut(pending, 'this process is stopping')));
  }

  // ---- to the leader -------------------------------------------------------------------------------------------------

  #enqueue(pending: PendingWrite): void {
    this.#queue.push(pending);
    // While nobody leads, writes that gave up must not pile up here.
    if (this.#queue.length > 2 * MAX_PENDING) this.#queue = this.#queue.filter(({ key }) => this.#pending.has(key));
    if (this.#flushing) return;
    this.#flushing = true;
    // One turn of the loop: calls that arrived together leave together.
    setImmediate(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#queue.length === 0 || this.#isBlocked || this.#retry !== undefined) return;
    const stream = this.#openStream();
    if (stream === undefined) return;
    const queue = this.#queue;
    this.#queue = [];
    let writes: AdminWrite[] = [];
    const send = (): void => {
      if (writes.length > 0 && !stream.write({ writes })) this.#isBlocked = true;
      writes = [];
    };
    const nowMs = performance.now();
    for (const pending of queue) {
      if (this.#pending.get(pending.key) !== pending) continue;
      const isLarge = itemCount(pending.body) > LARGE_ITEMS;
      if (isLarge || writes.length >= MAX_WRITES_A_MESSAGE) send();
      pending.wasSent = true;
      pending.isOut = true;
      writes.push({ requestId: pending.requestId, timeoutMs: Math.max(1, Math.ceil(latestDeadlineMs(pending) - nowMs)), write: pending.body });
      if (isLarge) send();
    }
    send();
  }

  #openStream(): Stream | undefined {
    if (this.#stream !== undefined || this.#leader === undefined) return this.#stream;
    const stream = this.#leader.link.controller.submit();
    this.#stream = stream;
    this.#isBlocked = false;
    stream.on('data', (message: SubmitResponse) => {
      if (this.#stream === stream) for (const answer of message.answers) this.#handleAnswer(answer);
    });
    stream.on('drain', () => {
      if (this.#stream !== stream) return;
      this.#isBlocked = false;
      this.#flush();
    });
    stream.on('error', () => undefined);
    stream.on('status', () => {
      if (this.#stream !== stream) return;
      this.#stream = undefined;
      this.#requeueAll();
      this.#retryLater();
    });
    return stream;
  }

  /** A newer leader: what hangs at the old one is abandoned and sent again. */
  #followLeader(): void {
    const { leader } = this.#tracker;
    if (leader === this.#leader) return;
    this.#leader = leader;
    if (leader === undefined) return;
    this.#dropStream();
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#requeueAll();
    this.#flush();
  }

  #dropStream(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#isBlocked = false;
    stream?.cancel();
  }

  #requeueAll(): void {
    const isQueued = new Set(this.#queue);
    for (const pending of this.#pending.values()) {
      pending.isOut = false;
      if (!isQueued.has(pending)) this.#queue.push(pending);
    }
  }

  #retryLater(): void {
    if (this.#closed) return;
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.#flush();
    }, RETRY_MS);
  }

  // ---- answers -----------------------------------------------------------------------------------------------------------

  #handleAnswer({ requestId, answer }: AdminAnswer): void {
    const pending = this.#pending.get(Buffer.from(requestId).toString('latin1'));
    if (pending === undefined || answer === undefined || !pending.isOut) return;
    if (answer.$case !== 'failure') {
      this.#settle(pending, ({ resolve }) => resolve(answer as never));
      return;
    }
    const failure = errorFromStatusProto(answer.value);
    if (!this.#isWorthRepeating(failure, pending)) {
      this.#settle(pending, ({ reject }) => reject(failure));
      return;
    }
    pending.isOut = false;
    this.#queue.push(pending);
    this.#retryLater();
  }

  #isWorthRepeating(failure: RpcFailure, pending: PendingWrite): boolean {
    switch (failure.reason) {
      case 'NOT_CONTROLLER':
      case 'LEADER_NOT_AVAILABLE':
      case 'BROKER_NOT_AVAILABLE':
        return true;
      case 'OUTCOME_UNKNOWN':
        // An id that is older than the window gets the same answer for ever.
        return Date.now() - requestIdTimeMs(pending.requestId) < REQUEST_WINDOW_MS && ++pending.unknownAnswers <= MAX_UNKNOWN_ANSWERS;
      default:
        return false;
    }
  }

  #addWaiter(pending: PendingWrite, waiter: Waiter): void {
    const leftMs = waiter.deadlineMs - performance.now();
    // A little early, so that our answer, which says more, is there before the caller gives up.
    const afterMs = Math.min(leftMs - Math.min(20, leftMs / 10), LONGEST_TIMER_MS);
    pending.waiters.add(waiter);
    waiter.timer = setTimeout(() => {
      pending.waiters.delete(waiter);
      if (pending.waiters.size === 0) this.#pending.delete(pending.key);
      waiter.reject(this.#timedOut(pending, 'the deadline passed'));
    }, afterMs);
  }

  #timedOut(pending: PendingWrite, why: string): RpcFailure {
    if (pending.wasSent) {
      return new RpcFailure({ reason: 'REQUEST_TIMED_OUT', message: `${why} before the active controller answered; the write may have happened`, metadata: { outcome: 'unknown' } });
    }
    return new RpcFailure({
      reason: 'LEADER_NOT_AVAILABLE',
      message: `${why} while no active controller could be reached (newest known epoch ${this.#tracker.knownEpoch}); nothing was written`,
      metadata: { leader_epoch: String(this.#tracker.knownEpoch), outcome: 'not_applied' },
      retryAfterMs: 100,
    });
  }

  #settle(pending: PendingWrite, tell: (waiter: Waiter) => void): void {
    if (!this.#pending.delete(pending.key)) return;
    for (const waiter of pending.waiters) {
      clearTimeout(waiter.timer);
      tell(waiter);
    }
  }
}

function latestDeadlineMs(pending: PendingWrite): number {
  let latest = 0;
  for (const { deadlineMs } of pending.waiters) latest = Math.max(latest, deadlineMs);
  return latest;
}

function itemCount(body: WriteBody): number {
  return body.$case === 'unregisterBroker' ? 1 : body.value.topics.length;
}
