import type { BrokerEpoch, Offset } from '@quorate/records';

/** Kafka's broker states, with Kafka's numbers. */
export type BrokerLifecycleState = 'NOT_RUNNING' | 'STARTING' | 'RECOVERY' | 'RUNNING' | 'PENDING_CONTROLLED_SHUTDOWN' | 'SHUTTING_DOWN';

export const BROKER_STATE_NUMBER: Readonly<Record<BrokerLifecycleState, number>> = {
  NOT_RUNNING: 0,
  STARTING: 1,
  RECOVERY: 2,
  RUNNING: 3,
  PENDING_CONTROLLED_SHUTDOWN: 6,
  SHUTTING_DOWN: 7,
};

/** How a call to the active controller ended; `error` is Kafka's name. */
export type ControllerCallFailure = { readonly kind: 'failed'; readonly error: string; readonly message: string };

export interface HeartbeatAsk {
  readonly brokerEpoch: BrokerEpoch;
  readonly currentMetadataOffset: Offset;
  readonly wantFence: boolean;
  readonly wantShutDown: boolean;
}

export interface HeartbeatAnswer {
  readonly kind: 'beaten';
  readonly isCaughtUp: boolean;
  readonly isFenced: boolean;
  readonly shouldShutDown: boolean;
  readonly highWatermark: Offset;
}

/** Calls to the active controller, wherever it is; each completes once. */
export interface ControllerChannel {
  register(previousBrokerEpoch: BrokerEpoch | undefined, done: (result: { readonly kind: 'registered'; readonly brokerEpoch: BrokerEpoch; readonly highWatermark: Offset } | ControllerCallFailure) => void): void;
  heartbeat(ask: HeartbeatAsk, done: (result: HeartbeatAnswer | ControllerCallFailure) => void): void;
}

export interface BrokerLifecycleOptions {
  readonly heartbeatIntervalMs: number;
  /** `initial.broker.registration.timeout.ms`. */
  readonly registrationTimeoutMs: number;
  readonly channel: ControllerChannel;
  readonly timers: { nowMs(): number; arm(atMs: number | undefined, fire: () => void): void };
  /** End of what the image has applied. */
  readonly appliedOffset: () => Offset;
  /** Somebody says that the log is committed up to there. */
  readonly heardHighWatermark: (highWatermark: Offset) => void;
  readonly changed: (state: BrokerLifecycleState, reason: string) => void;
  /** Registration was not to be had in time, or is refused for a reason that waiting does not cure: the process should end. */
  readonly gaveUp: (reason: 'notRegistered' | 'refusedByCluster', message: string) => void;
}

/** While it waits to be caught up or unfenced, a broker asks this often, so that it serves soon after it could. */
const EAGER_MS = 10;
/** So often while it waits for its leaderships to move. */
const SHUTTING_DOWN_MS = 50;
/** Refusals of a registration that stay until a person changes something. */
const FOR_GOOD: ReadonlySet<string> = new Set(['INVALID_REGISTRATION', 'UNSUPPORTED_VERSION', 'INCONSISTENT_CLUSTER_ID', 'INCONSISTENT_RECOVERY_ID']);
const RETRY_FIRST_MS = 50;
const RETRY_LAST_MS = 1000;

/**
 * A broker's life as the controller sees it: registers, is caught up, is unfenced, beats, and leaves in order
 * (kraft: broker side of registration and liveness; KIP-500, KIP-631). Decides; the calls go out through ports.
 */
export class BrokerLifecycle {
  readonly #options: BrokerLifecycleOptions;
  #state: BrokerLifecycleState = 'NOT_RUNNING';
  #brokerEpoch: BrokerEpoch | undefined;
  #registeringSinceMs = 0;
  #retryMs = RETRY_FIRST_MS;
  #calling = false;
  #beatAgain = false;
  #wantShutDown = false;
  #stopped: (() => void) | undefined;
  #lastFailure = '';

  constructor(options: BrokerLifecycleOptions) {
    this.#options = options;
  }

  get state(): BrokerLifecycleState {
    return this.#state;
  }

  get brokerEpoch(): BrokerEpoch | undefined {
    return this.#brokerEpoch;
  }

  /** Whether the controller has unfenced this broker. */
  get isRunning(): boolean {
    return this.#state === 'RUNNING';
  }

  start(): void {
    this.#registeringSinceMs = this.#options.timers.nowMs();
    this.#enter('STARTING', 'start');
    this.#register();
  }

  /** Metadata was applied: a broker that waits for it may ask again at once. */
  applied(): void {
    if (this.#state === 'RECOVERY' || (this.#state === 'STARTING' && this.#brokerEpoch !== undefined)) this.#beat();
  }

  /**
   * Controlled shutdown: asks until the controller has moved every leadership away, then calls `done`. Whoever calls sets
   * the limit; `abandon` ends it.
   */
  shutDown(done: () => void): void {
    if (this.#brokerEpoch === undefined || this.#state === 'SHUTTING_DOWN') {
      this.abandon();
      done();
      return;
    }
    this.#stopped = done;
    this.#wantShutDown = true;
    this.#enter('PENDING_CONTROLLED_SHUTDOWN', 'asked to stop');
    this.#beat();
  }

  /** No further call goes out. */
  abandon(): void {
    this.#options.timers.arm(undefined, () => undefined);
    this.#enter('SHUTTING_DOWN', 'stopping');
    this.#stopped = undefined;
  }

  #register(): void {
    this.#calling = true;
    this.#options.channel.register(undefined, (result) => {
      this.#calling = false;
      if (this.#state === 'SHUTTING_DOWN') return;
      if (result.kind === 'failed') {
        this.#registrationFailed(result);
        return;
      }
      this.#brokerEpoch = result.brokerEpoch;
      this.#retryMs = RETRY_FIRST_MS;
      this.#lastFailure = '';
      this.#options.heardHighWatermark(result.highWatermark);
      this.#beat();
    });
  }

  #registrationFailed(failure: ControllerCallFailure): void {
    if (FOR_GOOD.has(failure.error)) {
      this.#options.gaveUp('refusedByCluster', `the active controller refuses this broker: ${failure.error}: ${failure.message}`);
      return;
    }
    const elapsedMs = this.#options.timers.nowMs() - this.#registeringSinceMs;
    if (elapsedMs >= this.#options.registrationTimeoutMs) {
      this.#options.gaveUp('notRegistered', `no registration within initial.broker.registration.timeout.ms=${this.#options.registrationTimeoutMs}: ${failure.error}: ${failure.message}`);
      return;
    }
    this.#say(
      failure.error === 'DUPLICATE_BROKER_REGISTRATION'
        ? `the controller still holds a session of the previous process of this broker; trying again until it expires: ${failure.message}`
        : `registration failed, trying again: ${failure.error}: ${failure.message}`,
    );
    this.#later(this.#backOffMs(), () => this.#register());
  }

  #beat(): void {
    const brokerEpoch = this.#brokerEpoch;
    if (brokerEpoch === undefined || this.#state === 'SHUTTING_DOWN') return;
    if (this.#calling) {
      this.#beatAgain = true;
      return;
    }
    this.#calling = true;
    this.#beatAgain = false;
    this.#options.channel.heartbeat(
      { brokerEpoch, currentMetadataOffset: this.#options.appliedOffset(), wantFence: false, wantShutDown: this.#wantShutDown },
      (result) => {
        this.#calling = false;
        if (this.#state === 'SHUTTING_DOWN') return;
        if (result.kind === 'failed') this.#beatFailed(result);
        else this.#beaten(result);
      },
    );
  }

  #beaten(answer: HeartbeatAnswer): void {
    this.#retryMs = RETRY_FIRST_MS;
    this.#lastFailure = '';
    this.#options.heardHighWatermark(answer.highWatermark);
    if (answer.shouldShutDown) {
      const stopped = this.#stopped;
      this.abandon();
      stopped?.();
      return;
    }
    if (this.#state === 'STARTING' && answer.isCaughtUp) this.#enter('RECOVERY', 'caught up with the metadata');
    if (!this.#wantShutDown) {
      if (!answer.isFenced && this.#state !== 'RUNNING') this.#enter('RUNNING', 'unfenced');
      else if (answer.isFenced && this.#state === 'RUNNING') this.#enter('RECOVERY', 'fenced by the controller');
    }
    this.#later(this.#beatAgain ? 0 : this.#cadenceMs(), () => this.#beat());
  }

  #beatFailed(failure: ControllerCallFailure): void {
    if (failure.error === 'STALE_BROKER_EPOCH' || failure.error === 'BROKER_ID_NOT_REGISTERED') {
      // Unregistered by an operator, or another process took the id and has gone since: a new registration settles it.
      this.#brokerEpoch = undefined;
      if (this.#wantShutDown) {
        const stopped = this.#stopped;
        this.abandon();
        stopped?.();
        return;
      }
      this.#registeringSinceMs = this.#options.timers.nowMs();
      this.#enter('STARTING', `registration lost: ${failure.error}`);
      this.#later(this.#backOffMs(), () => this.#register());
      return;
    }
    this.#say(`heartbeat failed, trying again: ${failure.error}: ${failure.message}`);
    this.#later(Math.min(this.#backOffMs(), this.#options.heartbeatIntervalMs), () => this.#beat());
  }

  #cadenceMs(): number {
    if (this.#wantShutDown) return SHUTTING_DOWN_MS;
    return this.#state === 'RUNNING' ? this.#options.heartbeatIntervalMs : Math.min(EAGER_MS, this.#options.heartbeatIntervalMs);
  }

  #backOffMs(): number {
    const waitMs = this.#retryMs;
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LAST_MS);
    return waitMs;
  }

  #later(afterMs: number, run: () => void): void {
    this.#options.timers.arm(this.#options.timers.nowMs() + afterMs, run);
  }

  #enter(state: BrokerLifecycleState, reason: string): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.changed(state, reason);
  }

  /** Says a failure once, not at every retry. */
  #say(message: string): void {
    if (message === this.#lastFailure) return;
    this.#lastFailure = message;
    this.#options.changed(this.#state, message);
  }
}
