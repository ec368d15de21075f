import type { ReadToken } from '@quorate/raft-core';
import type { ReadIndexOutcome } from './state-machine.js';

type Done = (outcome: ReadIndexOutcome) => void;

/**
 * Linearizable reads between the state machine and the core. Those that come before the core has been asked share one
 * token; answers are kept until the loop has nothing else to carry out, because whoever hears them may propose.
 */
export class OpenReads {
  readonly #asked = new Map<ReadToken, Done[]>();
  #unasked: { readonly token: ReadToken; readonly readers: Done[] } | undefined;
  #answers: { readonly readers: readonly Done[]; readonly outcome: ReadIndexOutcome }[] = [];
  #lastToken = 0;

  /** @returns the token to ask the core about; undefined when that has been asked for already. */
  add(done: Done): ReadToken | undefined {
    if (this.#unasked !== undefined) {
      this.#unasked.readers.push(done);
      return undefined;
    }
    this.#lastToken += 1;
    this.#unasked = { token: this.#lastToken, readers: [done] };
    return this.#lastToken;
  }

  /** The core is about to be asked: who comes from now on needs another question. */
  asking(): void {
    if (this.#unasked === undefined) return;
    this.#asked.set(this.#unasked.token, this.#unasked.readers);
    this.#unasked = undefined;
  }

  answered(token: ReadToken, outcome: ReadIndexOutcome): void {
    const readers = this.#asked.get(token) ?? [];
    this.#asked.delete(token);
    this.#answers.push({ readers, outcome });
  }

  get hasAnswers(): boolean {
    return this.#answers.length > 0;
  }

  tellAnswers(): void {
    const answers = this.#answers;
    this.#answers = [];
    for (const { readers, outcome } of answers) for (const done of readers) done(outcome);
  }
}
