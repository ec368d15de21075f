import { Metadata } from '@grpc/grpc-js';
import type { Offset } from '@quorate/records';
import type { ReadIndexResponse } from '@quorate/records/gen/quorate/controller/v1/controller';
import { errorFromStatus } from '../error-from-status.js';
import { RpcFailure } from '../rpc-failure.js';
import { clusterToWire } from '../wire/raft-parts.js';
import { readOffset } from '../wire/read-fields.js';
import type { ActiveLeader, LeaderTracker } from './leader-tracker.js';

/** The same leader is asked again after this long, in milliseconds. */
const RETRY_MS = 20;
/** A question that has no answer after this long is asked anew. */
const QUESTION_MS = 2000;
/** Reads that wait in this process; more are refused at once. */
const MAX_WAITING = 20_000;

interface Reader {
  readonly resolve: (offset: Offset) => void;
  readonly reject: (error: RpcFailure) => void;
  readonly timer: NodeJS.Timeout;
}

interface Question {
  readonly leader: ActiveLeader;
  readonly readers: readonly Reader[];
  cancel(): void;
}

/**
 * Asks whoever is the active controller how much of the log a linearizable read needs. One question is under way at a time;
 * reads that come meanwhile share the next one, since an answer counts only for reads that came before it was asked. A
 * question may be repeated at will, so a failover costs time and nothing else.
 */
export class ReadIndexClient {
  readonly #tracker: LeaderTracker;
  readonly #unsubscribe: () => void;
  readonly #open = new Set<Reader>();
  #waiting: Reader[] = [];
  #question: Question | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isAsking = false;

  constructor(tracker: LeaderTracker) {
    this.#tracker = tracker;
    this.#unsubscribe = tracker.subscribe(() => this.#followLeader());
  }

  get waitingReads(): number {
    return this.#open.size;
  }

  /**
   * @param deadlineMs - monotonic milliseconds.
   * @returns the offset (exclusive) that an image must hold to answer linearizably.
   * @throws RpcFailure LEADER_NOT_AVAILABLE when no controller could prove in time that it leads.
   */
  readIndex(deadlineMs: number): Promise<Offset> {
    return new Promise((resolve, reject) => {
      if (this.#open.size >= MAX_WAITING) throw new RpcFailure({ reason: 'LIMIT_EXCEEDED', message: `${this.#open.size} linearizable reads wait, the limit`, retryAfterMs: 100 });
      const reader: Reader = { resolve, reject, timer: setTimeout(() => this.#fail(reader, this.#unproved()), Math.max(0, deadlineMs - performance.now())) };
      this.#open.add(reader);
      this.#waiting.push(reader);
      this.#askSoon();
    });
  }

  close(): void {
    this.#unsubscribe();
    clearTimeout(this.#retry);
    this.#question?.cancel();
    this.#question = undefined;
    for (const reader of [...this.#open]) this.#fail(reader, new RpcFailure({ reason: 'BROKER_NOT_AVAILABLE', message: 'this process is stopping', retryAfterMs: 100 }));
  }

  /** One turn of the loop: reads that arrived together ask together. */
  #askSoon(): void {
    if (this.#isAsking || this.#question !== undefined || this.#retry !== undefined) return;
    this.#isAsking = true;
    setImmediate(() => {
      this.#isAsking = false;
      this.#ask();
    });
  }

  #ask(): void {
    const { leader, cluster } = this.#tracker;
    this.#waiting = this.#waiting.filter((reader) => this.#open.has(reader));
    if (this.#waiting.length === 0 || this.#question !== undefined || leader === undefined || cluster === undefined) return;
    const readers = this.#waiting;
    this.#waiting = [];
    const call = leader.link.controller.readIndex({ cluster: clusterToWire(cluster) }, new Metadata(), { deadline: Date.now() + QUESTION_MS }, (error, answer) => {
      if (this.#question !== question) return;
      this.#question = undefined;
      if (error === null) this.#answered(readers, answer);
      else this.#failed(readers, errorFromStatus(error));
    });
    const question: Question = { leader, readers, cancel: () => call.cancel() };
    this.#question = question;
  }

  #answered(readers: readonly Reader[], answer: ReadIndexResponse): void {
    const offset = readOffset('offset', answer.offset);
    for (const reader of readers) {
      if (!this.#forget(reader)) continue;
      reader.resolve(offset);
    }
    this.#askSoon();
  }

  #failed(readers: readonly Reader[], failure: RpcFailure): void {
    if (!isWorthRepeating(failure)) {
      for (const reader of readers) this.#fail(reader, failure);
      return this.#askSoon();
    }
    this.#waiting = [...readers, ...this.#waiting];
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.#ask();
    }, RETRY_MS);
  }

  /** A newer leader: a question that hangs at the old one is asked there. */
  #followLeader(): void {
    const { leader } = this.#tracker;
    const question = this.#question;
    if (leader === undefined || question?.leader === leader) return;
    if (question !== undefined) {
      this.#question = undefined;
      question.cancel();
      this.#waiting = [...question.readers, ...this.#waiting];
    }
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#ask();
  }

  #fail(reader: Reader, failure: RpcFailure): void {
    if (this.#forget(reader)) reader.reject(failure);
  }

  #forget(reader: Reader): boolean {
    clearTimeout(reader.timer);
    return this.#open.delete(reader);
  }

  #unproved(): RpcFailure {
    return new RpcFailure({
      reason: 'LEADER_NOT_AVAILABLE',
      message: `no controller has proved in time that it leads (newest known epoch ${this.#tracker.knownEpoch}); without linearizable the read is answered from this process's image`,
      metadata: { leader_epoch: String(this.#tracker.knownEpoch) },
      retryAfterMs: 100,
    });
  }
}

function isWorthRepeating({ reason }: RpcFailure): boolean {
  switch (reason) {
    case 'INCONSISTENT_CLUSTER_ID':
    case 'INCONSISTENT_RECOVERY_ID':
    case 'METHOD_NOT_SERVED':
    case 'INVALID_REQUEST':
      return false;
    default:
      return true;
  }
}
