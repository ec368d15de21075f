/**
 * The waits of elections, all in milliseconds, as pure functions of a random number in [0, 1). Why these figures: design of
 * the elections in ARCHITECTURE.md; a Monte Carlo of them gave a leader 16 ms after a kill at the median, 30 at p99.
 */

/** A voter that has just lost its leader stands after a random time up to this. */
export const LOST_LEADER_DELAY_MS = 20;
/** A voter that has just started begins its first round after a random time up to this. */
export const START_UP_DELAY_MS = 50;
/** A voter that has granted gives the other one this long before it stands itself. */
export const GRANTED_WAIT_MS = 50;
/** First round ends after this, each further one after twice as long. */
export const FIRST_ROUND_LIMIT_MS = 100;
/** First repetition comes after a random time up to this, each further one after up to twice as long. */
export const FIRST_BACKOFF_MS = 50;
/** A voter's Fetch is parked at most this long, so that a live leader is never silent for longer. */
export const VOTER_PARK_LIMIT_MS = 150;
/** How long any Fetch asks to be parked (Kafka's long poll). */
export const FETCH_MAX_WAIT_MS = 500;
/** Parked fetches of observers and other readers are answered at most this often. */
export const READER_INTERVAL_MS = 2;
/** Wait before a failed request is sent again (Kafka's `retry.backoff.ms`); after some failures it doubles, up to the maximum. */
export const RETRY_BACKOFF_MS = 20;
const STEADY_RETRIES = 8;
export const MAX_RETRY_BACKOFF_MS = 500;
/** A graceful shutdown that is not done by then is called done. Kafka's value. */
export const SHUTDOWN_GRACE_MS = 5000;
/** A connection is not checked again within this time. */
export const CONNECTION_CHECK_INTERVAL_MS = 20;
/** An observer that has not fetched for this long is no longer described (KIP-595). */
export const OBSERVER_SESSION_MS = 300_000;
/** An observer that has not fetched for this long is not taken as caught up (KIP-853). */
export const CAUGHT_UP_SESSION_MS = 3_600_000;
/** An Unattached voter asks around for a leader only when it has waited this long. */
export const DISCOVERY_DELAY_MS = 100;

/** How long a round may take; `attempt` counts from 1. Never longer than an election timeout. */
export function roundLimitMs(attempt: number, electionTimeoutMs: number): number {
  return doubled(FIRST_ROUND_LIMIT_MS, attempt, Math.max(electionTimeoutMs, 1));
}

/** Random wait after the `attempt`-th lost round. */
export function backoffMs(attempt: number, electionBackoffMaxMs: number, random: number): number {
  return random * doubled(FIRST_BACKOFF_MS, attempt, electionBackoffMaxMs);
}

/** Wait after the `failures`-th failed request in a row, from 1. */
export function retryBackoffMs(failures: number): number {
  return doubled(RETRY_BACKOFF_MS, Math.max(1, failures - STEADY_RETRIES), MAX_RETRY_BACKOFF_MS);
}

/** Random in [T, 2T). */
export function electionTimeoutMs(timeoutMs: number, random: number): number {
  return timeoutMs * (1 + random);
}

/**
 * How long a preferred successor waits after EndQuorumEpoch: the first not at all, each further one twice as long as the
 * one before it, one that is not in the list the whole ceiling. Source: KIP-595.
 *
 * @param position - index in the list of `count` successors; -1 when absent.
 */
export function successionDelayMs(position: number, count: number, ceilingMs: number): number {
  if (position === 0) return 0;
  if (position < 0) return ceilingMs;
  return Math.min(ceilingMs, Math.floor(ceilingMs / 2 ** (count - 1)) * 2 ** (position - 1));
}

/** Check-quorum: how long a leader goes without hearing a majority. */
export function checkQuorumMs(fetchTimeoutMs: number): number {
  return fetchTimeoutMs * 1.5;
}

/** How often a node asks the leader to change its own place in the voter set: to correct its entry, or to join (KIP-853, KIP-1186). */
export function upkeepPeriodMs(fetchTimeoutMs: number): number {
  return Math.max(fetchTimeoutMs * 2, 1);
}

/** How long a leader goes without committing anything of what waits, while no majority gets any further. */
export function noProgressMs(fetchTimeoutMs: number): number {
  return fetchTimeoutMs * 2;
}

/** How often a voter that does not fetch is told who leads. */
export function beginQuorumIntervalMs(fetchTimeoutMs: number): number {
  return Math.max(fetchTimeoutMs / 2, 1);
}

function doubled(first: number, times: number, ceiling: number): number {
  return Math.min(ceiling, first * 2 ** Math.min(times - 1, 30));
}
