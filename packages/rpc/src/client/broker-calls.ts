import { Metadata, type ServiceError } from '@grpc/grpc-js';
import type { ClusterIdentity } from '@quorate/raft-core';
import type { BrokerHeartbeatRequest, BrokerHeartbeatResponse, RegisterBrokerRequest, RegisterBrokerResponse } from '@quorate/records/gen/quorate/controller/v1/controller';
import { errorFromStatus } from '../error-from-status.js';
import { RpcFailure } from '../rpc-failure.js';
import { clusterToWire } from '../wire/raft-parts.js';
import type { ControllerLink } from './controller-link.js';
import type { ActiveLeader, LeaderTracker } from './leader-tracker.js';

/** A call, and whoever repeats it, gives up after this long. */
const CALL_MS = 2000;

/**
 * What a broker asks of the active controller. One try each: the broker's own life decides when to try again. A call that
 * hangs at an old leader fails as soon as a newer one is known.
 */
export class BrokerCalls {
  readonly #tracker: LeaderTracker;

  constructor(tracker: LeaderTracker) {
    this.#tracker = tracker;
  }

  register(request: Omit<RegisterBrokerRequest, 'cluster'>): Promise<RegisterBrokerResponse> {
    return this.#call((link, cluster, deadline, done) => link.controller.registerBroker({ ...request, cluster }, new Metadata(), { deadline }, done));
  }

  heartbeat(request: Omit<BrokerHeartbeatRequest, 'cluster'>): Promise<BrokerHeartbeatResponse> {
    return this.#call((link, cluster, deadline, done) => link.controller.brokerHeartbeat({ ...request, cluster }, new Metadata(), { deadline }, done));
  }

  async #call<T>(start: Start<T>): Promise<T> {
    const { leader, cluster } = await this.#leaderOrThrow();
    return new Promise((resolve, reject) => {
      const call = start(leader.link, clusterToWire(cluster), Date.now() + CALL_MS, (error, answer) => {
        stopWatching();
        if (error === null) resolve(answer);
        else reject(errorFromStatus(error));
      });
      const stopWatching = this.#tracker.subscribe(() => {
        const now = this.#tracker.leader;
        if (now !== undefined && now.epoch > leader.epoch) call.cancel();
      });
    });
  }

  /** Waits a moment for a leader: asking again by the clock would find it later. */
  #leaderOrThrow(): Promise<KnownLeader> {
    const known = this.#known();
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const stopWatching = this.#tracker.subscribe(() => {
        const now = this.#known();
        if (now !== undefined) finish(() => resolve(now));
      });
      const timer = setTimeout(() => {
        finish(() => reject(new RpcFailure({ reason: 'LEADER_NOT_AVAILABLE', message: 'no active controller can be reached', retryAfterMs: 50 })));
      }, CALL_MS);
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        stopWatching();
        settle();
      };
    });
  }

  #known(): KnownLeader | undefined {
    const { leader, cluster } = this.#tracker;
    return leader === undefined || cluster === undefined ? undefined : { leader, cluster };
  }
}

interface KnownLeader {
  readonly leader: ActiveLeader;
  readonly cluster: ClusterIdentity;
}

type Start<T> = (link: ControllerLink, cluster: RegisterBrokerRequest['cluster'], deadline: number, done: (error: ServiceError | null, answer: T) => void) => { cancel(): void };
