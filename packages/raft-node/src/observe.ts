import type { CoreEvent } from '@quorate/raft-core';
import type { ElectionLog } from './election-log.js';

/** Told everything that happens, as data; `nowMs` is monotonic. Logs, spans, metrics and the simulator's trace hang here. */
export type Observe = (event: CoreEvent, nowMs: number) => void;

/** Keeps elections and votes in the election log, then passes the event on. */
export function observeInto(elections: ElectionLog, listener: Observe): Observe {
  return (event, nowMs) => {
    elections.record(event, nowMs);
    listener(event, nowMs);
  };
}

/** An event of the host itself, in the core's own form. */
export function described(
  name: string,
  level: 'debug' | 'info' | 'warn' | 'error',
  attributes: Readonly<Record<string, string | number | boolean>>,
): CoreEvent {
  return { kind: 'described', name, level, attributes };
}
