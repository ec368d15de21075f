import type { Command, Reply } from '@quorate/controller-core';
import type { ActiveController } from './active-controller.js';
import type { SubmitOutcome } from './outcome.js';

export interface PeriodicTasksOptions {
  /** `metadata.max.idle.interval.ms`; 0 disables. */
  readonly maxIdleIntervalMs: number;
  /** `broker.session.timeout.ms`: no session that begins from now on can end sooner than this. */
  readonly sessionTimeoutMs: number;
}

/** A task that was refused (the queue was full) is tried again after this, in milliseconds. */
const RETRY_MS = 100;

/**
 * What the active controller does of its own accord: a NoOp record when nothing else was written, and the fencing of
 * brokers whose session is over, one a decision. Begins when the activation is committed.
 */
export class PeriodicTasks {
  readonly #active: ActiveController;
  readonly #options: PeriodicTasksOptions;
  readonly #running = new Set<Command['kind']>();
  #sessionCheckMs: number;
  /** Nothing is begun before this. */
  #notBeforeMs = 0;

  constructor(active: ActiveController, options: PeriodicTasksOptions, nowMs: number) {
    this.#active = active;
    this.#options = options;
    this.#sessionCheckMs = this.#nextSessionCheck(nowMs);
  }

  nextMs(): number {
    const noOpMs = this.#running.has('noOp') ? Number.POSITIVE_INFINITY : this.#nextNoOpMs();
    const sessionMs = this.#running.has('expireSessions') ? Number.POSITIVE_INFINITY : this.#sessionCheckMs;
    return Math.max(Math.min(noOpMs, sessionMs), this.#notBeforeMs);
  }

  run(nowMs: number): void {
    if (nowMs < this.#notBeforeMs) return;
    if (nowMs >= this.#nextNoOpMs()) this.#begin({ kind: 'noOp' }, nowMs, () => {});
    if (nowMs >= this.#sessionCheckMs) this.#checkSessions(nowMs);
  }

  #nextNoOpMs(): number {
    return this.#options.maxIdleIntervalMs === 0 ? Number.POSITIVE_INFINITY : this.#active.lastProposalMs + this.#options.maxIdleIntervalMs;
  }

  #checkSessions(nowMs: number): void {
    this.#sessionCheckMs = this.#nextSessionCheck(nowMs);
    if (this.#sessionCheckMs <= nowMs) this.#expireSessions(nowMs);
  }

  #expireSessions(nowMs: number): void {
    this.#begin({ kind: 'expireSessions' }, nowMs, (reply) => {
      if (reply.kind === 'expireSessions' && reply.more) this.#expireSessions(nowMs);
    });
  }

  /** Sessions only ever get longer, so the soonest end known now is soon enough; a new one lasts a whole timeout. */
  #nextSessionCheck(nowMs: number): number {
    const latestMs = nowMs + this.#options.sessionTimeoutMs;
    return Math.min(this.#active.controller.nextExpiryMs() ?? latestMs, latestMs);
  }

  #begin(command: Command, nowMs: number, then: (reply: Reply) => void): void {
    if (this.#running.has(command.kind)) return;
    this.#running.add(command.kind);
    this.#active.submit(command, { deadlineMs: Number.POSITIVE_INFINITY }, (outcome: SubmitOutcome) => {
      this.#running.delete(command.kind);
      if (outcome.kind === 'committed') then(outcome.reply);
      else this.#notBeforeMs = nowMs + RETRY_MS;
    });
  }
}
