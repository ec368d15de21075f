import type { BrokerEpoch, Offset } from '@quorate/records';
import { beforeEach, describe, expect, it } from 'vitest';
import { BrokerLifecycle, type ControllerCallFailure, type HeartbeatAnswer, type HeartbeatAsk } from './broker-lifecycle.js';

class World {
  nowMs = 0;
  alarm: { atMs: number; fire: () => void } | undefined;
  registration: ((result: { kind: 'registered'; brokerEpoch: BrokerEpoch; highWatermark: Offset } | ControllerCallFailure) => void) | undefined;
  beat: { ask: HeartbeatAsk; done: (result: HeartbeatAnswer | ControllerCallFailure) => void } | undefined;
  applied = 0;
  states: string[] = [];
  given: string | undefined;
  readonly lifecycle: BrokerLifecycle;

  constructor() {
    this.lifecycle = new BrokerLifecycle({
      heartbeatIntervalMs: 2000,
      registrationTimeoutMs: 10_000,
      channel: {
        register: (_previous, done) => {
          this.registration = done;
        },
        heartbeat: (ask, done) => {
          expect(this.beat).toBeUndefined();
          this.beat = { ask, done };
        },
      },
      timers: {
        nowMs: () => this.nowMs,
        arm: (atMs, fire) => {
          this.alarm = atMs === undefined ? undefined : { atMs, fire };
        },
      },
      appliedOffset: () => this.applied as Offset,
      heardHighWatermark: () => undefined,
      changed: (state) => {
        if (this.states.at(-1) !== state) this.states.push(state);
      },
      gaveUp: (reason, message) => {
        this.given = `${reason}: ${message}`;
      },
    });
    this.lifecycle.start();
  }

  register(brokerEpoch = 7): void {
    const done = this.registration;
    this.registration = undefined;
    done?.({ kind: 'registered', brokerEpoch: brokerEpoch as BrokerEpoch, highWatermark: 8 as Offset });
  }

  fail(error: string): void {
    const failure: ControllerCallFailure = { kind: 'failed', error, message: 'because' };
    const { registration, beat } = this;
    this.registration = undefined;
    this.beat = undefined;
    registration?.(failure);
    beat?.done(failure);
  }

  answer(answer: Partial<HeartbeatAnswer>): void {
    const beat = this.beat;
    if (beat === undefined) throw new Error('no heartbeat is under way');
    this.beat = undefined;
    beat.done({ kind: 'beaten', isCaughtUp: true, isFenced: false, shouldShutDown: false, highWatermark: 8 as Offset, ...answer });
  }

  /** Time passes up to the next alarm. */
  ring(): number {
    if (this.alarm === undefined) throw new Error('nothing is planned');
    const waitedMs = this.alarm.atMs - this.nowMs;
    this.nowMs = this.alarm.atMs;
    const { fire } = this.alarm;
    this.alarm = undefined;
    fire();
    return waitedMs;
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

describe('BrokerLifecycle', () => {
  it('registers, catches up, is unfenced, and then beats at its interval', () => {
    world.register();
    expect(world.beat?.ask).toMatchObject({ brokerEpoch: 7, wantShutDown: false });
    world.answer({ isCaughtUp: false, isFenced: true });
    expect(world.ring()).toBe(10);
    world.applied = 8;
    world.answer({ isFenced: true });
    expect(world.ring()).toBe(10);
    world.answer({});

    expect(world.states).toEqual(['STARTING', 'RECOVERY', 'RUNNING']);
    expect(world.ring()).toBe(2000);
    expect(world.beat?.ask.currentMetadataOffset).toBe(8);
  });

  it('asks again at once when metadata was applied while it waits to be unfenced', () => {
    world.register();
    world.answer({ isCaughtUp: false, isFenced: true });

    world.lifecycle.applied();

    expect(world.beat).toBeDefined();
  });

  it('keeps trying while the session of its previous process lasts, and gives up after the registration timeout', () => {
    for (let attempt = 0; attempt < 100 && world.given === undefined; attempt += 1) {
      world.fail('DUPLICATE_BROKER_REGISTRATION');
      if (world.given === undefined) world.ring();
    }

    expect(world.nowMs).toBeGreaterThanOrEqual(10_000);
    expect(world.given).toContain('initial.broker.registration.timeout.ms=10000');
  });

  it.each(['INVALID_REGISTRATION', 'UNSUPPORTED_VERSION', 'INCONSISTENT_CLUSTER_ID'])('gives up at once when it is refused for good (%s)', (error) => {
    const broker = new World();

    broker.fail(error);

    expect(broker.given).toBe(`refusedByCluster: the active controller refuses this broker: ${error}: because`);
    expect(broker.alarm).toBeUndefined();
  });

  it('registers anew when its registration is gone', () => {
    world.register();
    world.answer({});
    world.ring();
    world.fail('BROKER_ID_NOT_REGISTERED');
    world.ring();
    world.register(20);

    expect(world.states).toEqual(['STARTING', 'RECOVERY', 'RUNNING', 'STARTING']);
    expect(world.beat?.ask.brokerEpoch).toBe(20);
  });

  it('goes on beating through failures, never slower than its interval', () => {
    world.register();
    world.answer({});
    for (let attempt = 0; attempt < 10; attempt += 1) {
      expect(world.ring()).toBeLessThanOrEqual(2000);
      world.fail('NOT_CONTROLLER');
    }

    expect(world.lifecycle.state).toBe('RUNNING');
  });

  it('leaves in order: asks until its leaderships have moved', () => {
    world.register();
    world.answer({});
    let stopped = false;
    world.lifecycle.shutDown(() => {
      stopped = true;
    });
    expect(world.beat?.ask.wantShutDown).toBe(true);
    world.answer({});
    expect(world.ring()).toBe(50);
    world.answer({ shouldShutDown: true, isFenced: true });

    expect(stopped).toBe(true);
    expect(world.states.slice(-2)).toEqual(['PENDING_CONTROLLED_SHUTDOWN', 'SHUTTING_DOWN']);
    expect(world.alarm).toBeUndefined();
  });

  it('may go at once when it was never registered', () => {
    let stopped = false;
    world.lifecycle.shutDown(() => {
      stopped = true;
    });

    expect(stopped).toBe(true);
  });
});
