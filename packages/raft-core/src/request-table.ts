import type { NodeId } from '@quorate/records';
import type { RequestId } from './input.js';
import type { RaftRequest } from './messages.js';

/** A request of ours that has no answer yet. */
export interface OpenRequest {
  readonly requestId: RequestId;
  readonly to: NodeId;
  readonly request: RaftRequest;
  readonly sentMs: number;
  readonly deadlineMs: number;
}

/**
 * Requests in flight. Emptied whenever the role changes, so that an answer to what an earlier role asked finds nothing here
 * and is dropped.
 */
export class RequestTable {
  readonly #open = new Map<RequestId, OpenRequest>();
  #lastId = 0;

  add(to: NodeId, request: RaftRequest, sentMs: number, deadlineMs: number): RequestId {
    this.#lastId += 1;
    this.#open.set(this.#lastId, { requestId: this.#lastId, to, request, sentMs, deadlineMs });
    return this.#lastId;
  }

  /** The request with that id, which is then no longer open. */
  take(requestId: RequestId): OpenRequest | undefined {
    const open = this.#open.get(requestId);
    this.#open.delete(requestId);
    return open;
  }

  find(matches: (open: OpenRequest) => boolean): OpenRequest | undefined {
    for (const open of this.#open.values()) if (matches(open)) return open;
    return undefined;
  }

  takeExpired(nowMs: number): readonly OpenRequest[] {
    const expired = [...this.#open.values()].filter((open) => open.deadlineMs <= nowMs);
    for (const open of expired) this.#open.delete(open.requestId);
    return expired;
  }

  clear(): void {
    this.#open.clear();
  }

  get nextDeadlineMs(): number | undefined {
    let earliest: number | undefined;
    for (const { deadlineMs } of this.#open.values()) if (earliest === undefined || deadlineMs < earliest) earliest = deadlineMs;
    return earliest;
  }
}
