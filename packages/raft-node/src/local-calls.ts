import type { RaftResponse, ReplyToken } from '@quorate/raft-core';

/**
 * Requests to the core that come from this process and not over the transport. Their tokens are negative, those of a
 * transport positive. Answers are kept until the loop has carried out all effects, so that whoever is told may call the node.
 */
export class LocalCalls {
  readonly #waiting = new Map<ReplyToken, (response: RaftResponse) => void>();
  #answers: (() => void)[] = [];
  #nextToken: ReplyToken = -1;

  add(done: (response: RaftResponse) => void): ReplyToken {
    const token = this.#nextToken--;
    this.#waiting.set(token, done);
    return token;
  }

  /** @returns whether the token is one of ours. */
  answered(token: ReplyToken, response: RaftResponse): boolean {
    const done = this.#waiting.get(token);
    if (done === undefined) return false;
    this.#waiting.delete(token);
    this.#answers.push(() => done(response));
    return true;
  }

  /** Tells those that were answered. */
  tell(): void {
    if (this.#answers.length === 0) return;
    for (const answer of this.#answers.splice(0)) answer();
  }
}
