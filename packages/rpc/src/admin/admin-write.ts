import type { AdminAnswer, AdminWrite } from '@quorate/records/gen/quorate/controller/v1/controller';

/** What an admin write asks, and what it is answered with, as they travel: `$case` names the kind. */
export type WriteBody = NonNullable<AdminWrite['write']>;
export type AnswerBody = Exclude<NonNullable<AdminAnswer['answer']>, { $case: 'failure' }>;

/** The answer that belongs to a kind of write. */
export type AnswerTo<W extends WriteBody> = Extract<AnswerBody, { $case: W['$case'] }>;

export interface WriteOptions {
  /** UUIDv7, 16 bytes; the same for every repetition. */
  readonly requestId: Uint8Array;
  /** When the caller stops waiting: milliseconds of `performance.now()`. */
  readonly deadlineMs: number;
}

/** Where writes go: on a controller its own loop, elsewhere the active controller over the network. */
export interface AdminWriter {
  /** Settles when the write is committed; rejects with RpcFailure when it failed as a whole. */
  write<W extends WriteBody>(body: W, options: WriteOptions): Promise<AnswerTo<W>>;
}
