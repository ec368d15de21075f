import type { NodeId } from '@quorate/records';
import type { CoreState } from './core-state.js';
import type { RequestId } from './input.js';
import type { RaftRequest } from './messages.js';
import type { Endpoint } from './replica-key.js';

/** Sends a request and remembers it until its answer, its failure, its time-out or the end of the role that sent it. */
export function sendRequest(
  core: CoreState,
  to: { readonly id: NodeId; readonly endpoints: readonly Endpoint[] },
  request: RaftRequest,
  timeoutMs: number = core.config.timers.requestTimeoutMs,
): RequestId {
  const requestId = core.requests.add(to.id, request, core.nowMs, core.nowMs + timeoutMs);
  core.outbox.emit({ kind: 'send', requestId, to: to.id, endpoints: to.endpoints, request });
  return requestId;
}
