import type { ServiceError } from '@grpc/grpc-js';
import { errorFromStatus } from '../error-from-status.js';
import { RpcFailure } from '../rpc-failure.js';
import type { ControllerLink } from './controller-link.js';
import type { ActiveLeader, LeaderTracker } from './leader-tracker.js';

/** How long before the same leader is asked again, in milliseconds. */
const RETRY_MS = 50;

/** One unary call over that link. */
export type LeaderCall<T> = (link: ControllerLink, deadline: number, done: (error: ServiceError | null, answer: T) => void) => unknown;

/**
 * Asks the active controller, wherever it is. As long as nothing can have happened (nobody leads, or the one that was asked does
 * not) it is asked again until the deadline; a call whose connection broke may have been carried out and is not repeated.
 *
 * @throws RpcFailure; OUTCOME_UNKNOWN when the connection broke.
 */
export async function askLeader<T>(tracker: LeaderTracker, deadlineMs: number, call: LeaderCall<T>): Promise<T> {
  for (;;) {
    const leader = await leaderBefore(tracker, deadlineMs);
    const outcome = await asked(leader, deadlineMs, call);
    if (!('error' in outcome)) return outcome.answer;
    const { error } = outcome;
    if (error.reason === 'NETWORK_EXCEPTION') {
      throw new RpcFailure({ reason: 'OUTCOME_UNKNOWN', message: `node ${leader.nodeId} was lost before it answered (${error.message}): it may have happened`, metadata: { outcome: 'unknown' } });
    }
    const isElsewhere = error.reason === 'NOT_CONTROLLER' || error.reason === 'LEADER_NOT_AVAILABLE';
    if (!isElsewhere || performance.now() + RETRY_MS >= deadlineMs) throw error;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

function asked<T>({ link }: ActiveLeader, deadlineMs: number, call: LeaderCall<T>): Promise<{ readonly answer: T } | { readonly error: RpcFailure }> {
  return new Promise((resolve) => {
    call(link, Date.now() + Math.max(1, deadlineMs - performance.now()), (error, answer) => {
      resolve(error === null ? { answer } : { error: errorFromStatus(error) });
    });
  });
}

function leaderBefore(tracker: LeaderTracker, deadlineMs: number): Promise<ActiveLeader> {
  if (tracker.leader !== undefined) return Promise.resolve(tracker.leader);
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      stopWatching();
      settle();
    };
    const stopWatching = tracker.subscribe(() => {
      const { leader } = tracker;
      if (leader !== undefined) end(() => resolve(leader));
    });
    const timer = setTimeout(() => {
      end(() => reject(new RpcFailure({ reason: 'LEADER_NOT_AVAILABLE', message: 'no active controller can be reached', metadata: { outcome: 'not_applied' }, retryAfterMs: RETRY_MS })));
    }, Math.min(2 ** 31 - 1, Math.max(0, deadlineMs - performance.now())));
  });
}
