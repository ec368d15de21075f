import { violated } from '../violation.js';

/** A request id stands in the committed log once at most, however often a client repeated it (design §3). */
export class RequestAppliedOnce {
  readonly #appliedAt = new Map<string, number>();

  committed(requestId: string, baseOffset: number): void {
    const before = this.#appliedAt.get(requestId);
    if (before !== undefined && before !== baseOffset) violated('request-applied-once', `request ${requestId} is committed in the batches at ${before} and ${baseOffset}`);
    this.#appliedAt.set(requestId, baseOffset);
  }
}
